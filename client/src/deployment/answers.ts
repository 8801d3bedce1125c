/** What the service worker does with a request: the app's page, a file of the app, or nothing at all. */
export type Answer = 'page' | 'file' | 'leave'

export interface Asked {
  readonly method: string
  readonly mode: string
  readonly url: string
}

/** Parts that the build names by their content lie here and nothing else does. */
const hashedFolder = '/assets/'

/** All addresses of the app are fragments of this one. */
const pages: readonly string[] = ['/', '/index.html']

/**
 * Only what is known to be the app's own is answered. Everything else goes its way as if there were no service
 * worker: whatever a relay offers now or later, and every other host.
 */
export function answerTo(asked: Asked, origin: string, files: ReadonlySet<string>): Answer {
  const { protocol, origin: whose, pathname, search } = new URL(asked.url)
  const isOurs = whose === origin && /^https?:$/.test(protocol) && asked.method === 'GET'
  if (!isOurs) return 'leave'
  if (asked.mode === 'navigate') return pages.includes(pathname) ? 'page' : 'leave'
  if (search !== '') return 'leave'
  // Pages of an older version still ask for their own parts.
  return files.has(pathname) || isHashed(pathname) ? 'file' : 'leave'
}

export function isHashed(path: string): boolean {
  return path.startsWith(hashedFolder)
}
