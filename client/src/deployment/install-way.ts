/** How the app is installed here: by a button of ours, by the person through the share menu, or not at all. */
export type InstallWay = 'button' | 'share' | 'none'

export interface Platform {
  readonly userAgent: string
  readonly touchPoints: number
  /** The page runs as an installed app already. */
  readonly installed: boolean
  /** The browser has offered to install it. */
  readonly offered: boolean
}

/** iPhones and iPads have no offer, only their share menu, which every true browser there has had since iOS 16.4. */
export function installWay({ userAgent, touchPoints, installed, offered }: Platform): InstallWay {
  if (installed) return 'none'
  if (offered) return 'button'
  // An iPad says that it is a Mac; Macs have no touch screen.
  const isApple = /iPhone|iPod|iPad/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1)
  // Browsers inside other apps leave this word out, and have no such menu.
  return isApple && /Safari\//.test(userAgent) ? 'share' : 'none'
}
