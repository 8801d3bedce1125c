import type { DeviceId, MemberId, OperationId } from '@clique/crypto'
import type { Named } from './person-view.ts'

/** Whether the other devices of one member have the keys that the one removed has not. */
export interface Confirmation {
  readonly member: Named
  /** Devices of theirs that are in. */
  readonly devices: number
  /** Those of them that have shown that they hold the new keys: they wrote or built something under them, or said so. */
  readonly confirmed: number
}

/**
 * `in-force`: the relay turns away whoever has only the old keys. `not-yet`: until a registered admin tells it, the person
 * still passes as a member there, and can fetch sealed things that they cannot open. `unknown`: it was not asked yet.
 */
export type ForceAtRelay = 'in-force' | 'not-yet' | 'unknown'

export interface RelayForce {
  readonly peer: string
  readonly url: string
  readonly force: ForceAtRelay
  /** This device can and will tell the relay by itself, as soon as it reaches it. */
  readonly byMe: boolean
}

/**
 * Whether this device hears how far an end comes. `ended`: it was put out or left meanwhile, so what it heard last is all.
 * `never`: this is what put it out, and how far that comes is told to others.
 */
export type Following = 'on' | 'ended' | 'never'

/** One end of a membership or device, and how far it has come. */
export interface RemovalReceipt {
  /** The operation: the same on every device. */
  readonly id: OperationId
  readonly kind: 'removed' | 'left' | 'device'
  /** Whom it ended, or whose device. */
  readonly member: Named
  /** Of a device: which. */
  readonly device: DeviceId | null
  /** Whoever signed for it, the one who carried it out first; of `left` the member alone. */
  readonly by: readonly Named[]
  /** When this device made or heard of it, in milliseconds since 1970 by its own clock; null where that was not kept. */
  readonly heardAt: number | null
  /** It was made on this device, not heard of. */
  readonly madeHere: boolean
  readonly following: Following
  /** New keys exist and I hold them. Of `left` and for a moment after a meeting of two sides, false until somebody made them. */
  readonly hasNewKeys: boolean
  /** The others who are in; me (with my other devices) first, then by name. Empty where there is nobody else. */
  readonly confirmations: readonly Confirmation[]
  /** All devices of the others have confirmed. */
  readonly isConfirmed: boolean
  /** In the order of the clique's relays. */
  readonly relays: readonly RelayForce[]
}

/**
 * What the person keeps is the same in every receipt and belongs in words beside it: everything up to then that they
 * had received, on their device; not the rest, nor anything later.
 */
export interface RemovalsView {
  readonly ready: boolean
  /** Newest first. */
  readonly receipts: readonly RemovalReceipt[]
  /** Null for one that is not known. */
  receipt(id: OperationId): RemovalReceipt | null
  /** What ended this member, or a device of theirs; newest first. */
  of(member: MemberId): readonly RemovalReceipt[]
}
