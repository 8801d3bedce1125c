/** Milliseconds between two signs of life of the leading tab. */
const heartbeatMs = 1_000
/** A visible tab takes over after so long without one: a frozen tab holds its lock and does nothing. */
const silenceMs = 3_000

/** The parts of the browser that are used here, so that a test can stand in for them. */
export interface LeaderPlatform {
  readonly locks: LockManager
  openChannel(name: string): BroadcastChannel
  isVisible(): boolean
  /** Calls back when the tab becomes visible or resumes; returns the function that stops it. */
  onShown(listener: () => void): () => void
}

export const browserPlatform = (): LeaderPlatform => ({
  locks: navigator.locks,
  openChannel: (name) => new BroadcastChannel(name),
  isVisible: () => document.visibilityState === 'visible',
  onShown: (listener) => {
    const check = (): void => {
      if (document.visibilityState === 'visible') listener()
    }
    document.addEventListener('visibilitychange', check)
    document.addEventListener('resume', check)
    return () => {
      document.removeEventListener('visibilitychange', check)
      document.removeEventListener('resume', check)
    }
  },
})

/**
 * One tab of a browser profile leads: it alone owns the network. `lead` runs when this tab becomes the leader and
 * must stop all of it when `deposed` is aborted; the next leader does not wait for that, so two may overlap for a
 * moment, which only costs duplicates.
 */
export class Leadership {
  readonly #platform: LeaderPlatform
  readonly #name: string
  readonly #lead: (deposed: AbortSignal) => Promise<void>
  readonly #channel: BroadcastChannel
  readonly #stopWatching: () => void
  readonly #watch: ReturnType<typeof setInterval>
  readonly #closing = new AbortController()
  #lastHeard: number
  #term: AbortController | null = null
  #isStealing = false

  constructor(name: string, lead: (deposed: AbortSignal) => Promise<void>, platform = browserPlatform()) {
    this.#platform = platform
    this.#name = name
    this.#lead = lead
    this.#lastHeard = Date.now()
    this.#channel = platform.openChannel(`${name} heartbeat`)
    this.#channel.onmessage = () => (this.#lastHeard = Date.now())
    this.#stopWatching = platform.onShown(() => this.#check())
    this.#watch = setInterval(() => this.#beat(), heartbeatMs)
    void this.#queue()
  }

  get isLeading(): boolean {
    return this.#term !== null
  }

  close(): void {
    this.#closing.abort()
    this.#term?.abort()
    this.#term = null
    clearInterval(this.#watch)
    this.#stopWatching()
    this.#channel.close()
  }

  /** Waits in line for the lock; after losing it to a thief, waits again. */
  async #queue(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        await this.#platform.locks.request(this.#name, { signal: this.#closing.signal }, () => this.#hold())
      } catch (error) {
        // The lock was stolen, or this tab closes while waiting. Anything else would only come again.
        if (!isAbort(error)) {
          reportError(error)
          return this.#depose()
        }
      }
      this.#depose()
    }
  }

  async #steal(): Promise<void> {
    if (this.#isStealing) return
    this.#isStealing = true
    try {
      await this.#platform.locks.request(this.#name, { steal: true }, () => this.#hold())
    } catch (error) {
      if (!isAbort(error)) reportError(error)
    } finally {
      this.#isStealing = false
      this.#depose()
    }
  }

  /** Leads until deposed. The lock is held for as long as the promise is open. */
  async #hold(): Promise<void> {
    if (this.#closing.signal.aborted) return
    const term = new AbortController()
    this.#term?.abort()
    this.#term = term
    this.#beat()
    const over = new Promise<void>((resolve) =>
      term.signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    await Promise.all([over, this.#lead(term.signal).catch((error: unknown) => reportError(error))])
  }

  #depose(): void {
    this.#term?.abort()
    this.#term = null
  }

  #beat(): void {
    if (this.#term === null) return this.#check()
    this.#lastHeard = Date.now()
    this.#channel.postMessage('alive')
  }

  #check(): void {
    const silence = Date.now() - this.#lastHeard
    if (this.#term === null && this.#platform.isVisible() && silence > silenceMs) void this.#steal()
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}
