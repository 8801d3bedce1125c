import type { DeviceId, EpochId, MemberId, OperationId, SpaceId } from '../ids.ts'

/** One device of one person, and what it has seen. */
export interface Player {
  readonly member: MemberId
  readonly device: DeviceId
  readonly isHostile: boolean
  seen: ReadonlySet<OperationId>
  /** Earlier views, for those who date back. */
  readonly past: ReadonlySet<OperationId>[]
}

/** Something written under an epoch by an honest device that knew this much. */
export interface Sent {
  readonly seen: ReadonlySet<OperationId>
  readonly epoch: EpochId
  /** Null for what the whole clique reads. */
  readonly space: SpaceId | null
}

/** How a sender chooses an epoch. */
export type Choice = 'safe' | 'deepest'
