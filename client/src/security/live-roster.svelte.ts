import type { CliqueLog, RosterState } from '@clique/crypto'
import { createSubscriber } from 'svelte/reactivity'

/** Where the roster of one clique comes from: an open session. */
export interface RosterSource {
  readonly log: CliqueLog
  /** Returns the function that stops listening. */
  onRoster(listener: () => void): () => void
}

/** The roster as screens see it: reading it inside an effect or template follows it. */
export class LiveRoster {
  readonly #source: RosterSource
  readonly #follow: () => void

  constructor(source: RosterSource) {
    this.#source = source
    this.#follow = createSubscriber((update) => source.onRoster(update))
  }

  get log(): CliqueLog {
    this.#follow()
    return this.#source.log
  }

  get state(): RosterState {
    return this.log.state
  }
}
