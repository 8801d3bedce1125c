import type { MemberId } from '@clique/crypto'
import type { CliqueProfile } from '../storage/cliques.ts'
import { placeOf } from '../storage/place.ts'
import { readUnrelayedSequences } from '../storage/records.ts'
import type { Store } from '../storage/store.ts'
import type { ConnectionState } from '../sync/connection-state.ts'
import type { FailureCode } from '../words/errors.ts'
import type { ConnectionView } from './connection-view.ts'
import type { Connections } from './connections.svelte.ts'

/** How one clique is connected. See `ConnectionView`. */
export class CliqueLine implements ConnectionView {
  readonly relayHost: string
  #waiting = $state(0)
  readonly #store: Store
  readonly #profile: CliqueProfile
  readonly #connections: Connections
  readonly #connected = $derived.by(() => new Set(this.#connections.of(this.#profile.clique).connected))
  readonly #stop: () => void

  constructor(
    store: Store,
    profile: CliqueProfile,
    connections: Connections,
    onFault: (error: unknown) => void,
  ) {
    this.#store = store
    this.#profile = profile
    this.#connections = connections
    const [relay] = profile.relays
    this.relayHost = relay === undefined ? '' : new URL(relay.url).host
    const count = () => void this.#count().catch(onFault)
    this.#stop = store.changes.listen((change) => {
      if (change.kind !== 'records' && change.kind !== 'relayed') return
      if (change.clique === profile.clique) count()
    })
    count()
  }

  get state(): ConnectionState {
    return this.#connections.of(this.#profile.clique).state
  }

  get trouble(): FailureCode | null {
    return this.#connections.of(this.#profile.clique).trouble
  }

  get clockOff(): boolean {
    return this.#connections.of(this.#profile.clique).clockOffMs !== null
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Members with a device that is linked to this one. */
  get connected(): ReadonlySet<MemberId> {
    return this.#connected
  }

  close(): void {
    this.#stop()
  }

  async #count(): Promise<void> {
    const { clique, conversation, device } = this.#profile
    const place = placeOf(clique, conversation)
    this.#waiting = (await readUnrelayedSequences(this.#store, place, device)).size
  }
}
