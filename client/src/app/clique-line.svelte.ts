import type { SpaceId } from '@clique/crypto'
import type { CliqueProfile } from '../storage/cliques.ts'
import { placeOf } from '../storage/place.ts'
import { readUnrelayedSequences } from '../storage/unsent.ts'
import type { Store } from '../storage/store.ts'
import type { ConnectionState, LinkedMembers } from '../sync/connection-state.ts'
import type { FailureCode } from '../words/errors.ts'
import type { ConnectionView, Reach } from './connection-view.ts'
import type { Connections } from './connections.svelte.ts'

/** How one clique is connected. See `ConnectionView`. */
export class CliqueLine implements ConnectionView {
  readonly relayHost: string
  #waiting = $state(0)
  readonly #store: Store
  readonly #profile: CliqueProfile
  readonly #connections: Connections
  /** How many other people the clique has; read reactively. */
  readonly #others: () => number
  readonly #spaces: () => readonly SpaceId[]
  readonly #stop: () => void

  constructor(
    store: Store,
    profile: CliqueProfile,
    connections: Connections,
    others: () => number,
    /** The conversations that this member is in. */
    spaces: () => readonly SpaceId[],
    onFault: (error: unknown) => void,
  ) {
    this.#store = store
    this.#profile = profile
    this.#connections = connections
    this.#others = others
    this.#spaces = spaces
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
    const { trouble, files } = this.#connections.of(this.#profile.clique)
    return trouble ?? files.fetching ?? files.bringing
  }

  /** Why files that are wanted do not come, where it is not that nobody has them. */
  get fetching(): FailureCode | null {
    return this.#connections.of(this.#profile.clique).files.fetching
  }

  get clockOff(): boolean {
    return this.#connections.of(this.#profile.clique).clockOffMs !== null
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Who is linked to this device, and how. */
  get members(): LinkedMembers {
    return this.#connections.of(this.#profile.clique).members
  }

  get reach(): Reach {
    const direct = this.members.direct.length
    const relayed = this.members.relayed.length
    return { direct, relayed, away: Math.max(0, this.#others() - direct - relayed) }
  }

  close(): void {
    this.#stop()
  }

  async #count(): Promise<void> {
    const { clique, device } = this.#profile
    const waiting = this.#spaces().map((space) =>
      readUnrelayedSequences(this.#store, placeOf(clique, space), device),
    )
    this.#waiting = (await Promise.all(waiting)).reduce((sum, { size }) => sum + size, 0)
  }
}
