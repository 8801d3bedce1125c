import type { CliqueId, KeyId, OperationId, OutOfReach } from '@clique/crypto'
import type { RecordId, RosterState, SpaceId, SpaceKey, Wanted } from '@clique/crypto'
import type { Store } from '../storage/store.ts'

export interface SpaceContext {
  readonly store: Store
  readonly clique: CliqueId
  readonly space: SpaceId
  /** Every content key of the space that this device may open. */
  keys(): ReadonlyMap<KeyId, SpaceKey>
  /** The roster of today. */
  roster(): RosterState
  /** That of these heads and what they build on. All of them are known. */
  rosterAt(heads: readonly OperationId[]): RosterState
  /** Keys of the space that this device is not meant to hold. */
  outOfReach(): OutOfReach
}

export interface ChainHead {
  readonly sequence: number
  readonly id: RecordId
  /** Under which it is sealed. */
  readonly keyId: KeyId
  readonly stretch?: number | undefined
}

/** What `weighRaises` found. */
export interface Weighed {
  readonly roster: RosterState
  readonly heard: number
  readonly believed: ReadonlySet<string>
}

/** What `weighWanted` found. */
export interface WeighedWanted extends Wanted {
  readonly weighed: Weighed | null
}
