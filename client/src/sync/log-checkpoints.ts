import type { DeviceId } from '@clique/crypto'
import type { LogWatch } from './log-watch.ts'
import type { Checkpoints } from './ports.ts'
import { maxCheckpoints } from './sync-messages.ts'
import type { RelayCheckpoint } from './sync-messages.ts'

interface WatchedRelay {
  readonly relay: { readonly peer: string }
  readonly log: LogWatch
}

/** The logs of all relays of a clique, as its links tell and hear of them. */
export class LogCheckpoints implements Checkpoints {
  readonly #relays: () => readonly WatchedRelay[]
  readonly #listeners = new Set<() => void>()

  constructor(relays: () => readonly WatchedRelay[]) {
    this.#relays = relays
  }

  async latest(): Promise<RelayCheckpoint[]> {
    const found: RelayCheckpoint[] = []
    for (const { relay, log } of this.#relays().slice(0, maxCheckpoints)) {
      const statement = await log.latest()
      if (statement !== null) found.push({ relay: relay.peer, statement })
    }
    return found
  }

  /** Of a relay that is none of this clique's nothing is known. */
  async heard(from: DeviceId, { relay, statement }: RelayCheckpoint): Promise<void> {
    const known = this.#relays().find((one) => one.relay.peer === relay)
    await known?.log.heard(from, statement)
  }

  onLatest(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
