import { fromTheStart } from './from-the-start.ts'
import type { InstallPrompt } from './from-the-start.ts'
import { installWay } from './install-way.ts'
import type { InstallWay } from './install-way.ts'

const storageKey = 'clique.install-hint'

/** The offer to install the app, as it stands in this browser. */
export class InstallOffer {
  #prompt = $state.raw<InstallPrompt | null>(fromTheStart.installPrompt)
  #installed = $state(isInstalled())
  #dismissed = $state(wasDismissed())
  readonly #end = new AbortController()

  constructor() {
    const { signal } = this.#end
    addEventListener('beforeinstallprompt', (event) => (this.#prompt = event as InstallPrompt), { signal })
    addEventListener('appinstalled', () => (this.#installed = true), { signal })
  }

  get way(): InstallWay {
    if (this.#dismissed) return 'none'
    const { userAgent, maxTouchPoints: touchPoints } = navigator
    return installWay({
      userAgent,
      touchPoints,
      installed: this.#installed,
      offered: this.#prompt !== null,
    })
  }

  /** Lets the browser ask. Its offer is good for one question. */
  async install(): Promise<void> {
    const prompt = this.#prompt
    this.#prompt = null
    fromTheStart.installPrompt = null
    try {
      await prompt?.prompt()
    } catch (error) {
      console.warn('The browser did not ask whether to install the app.', error)
    }
  }

  /** Not shown again in this browser. */
  dismiss(): void {
    this.#dismissed = true
    try {
      localStorage.setItem(storageKey, 'dismissed')
    } catch (error) {
      // A browser that keeps nothing shows the hint again next time.
      console.warn('That the hint was closed could not be kept.', error)
    }
  }

  close(): void {
    this.#end.abort()
  }
}

function isInstalled(): boolean {
  // Safari's own word for it is older than the common one.
  return (
    matchMedia('(display-mode: standalone)').matches ||
    ('standalone' in navigator && navigator.standalone === true)
  )
}

function wasDismissed(): boolean {
  try {
    return localStorage.getItem(storageKey) !== null
  } catch {
    return false
  }
}
