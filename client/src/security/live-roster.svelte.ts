import type { CliqueLog, RosterState } from '@clique/crypto'

/** Where the roster of one clique comes from: an open session. */
export interface RosterSource {
  readonly log: CliqueLog
  /** Returns the function that stops listening. */
  onRoster(listener: () => void): () => void
}

/** The roster as screens see it: null until the clique is open, then always the newest. */
export class LiveRoster {
  #log = $state.raw<CliqueLog | null>(null)
  #stop: (() => void) | null = null
  #isClosed = false

  follow(source: RosterSource): void {
    if (this.#isClosed) return
    this.#stop?.()
    this.#log = source.log
    this.#stop = source.onRoster(() => (this.#log = source.log))
  }

  get log(): CliqueLog | null {
    return this.#log
  }

  get state(): RosterState | null {
    return this.#log?.state ?? null
  }

  close(): void {
    this.#isClosed = true
    this.#stop?.()
  }
}
