import type { DeviceId, MemberId, OperationId } from '@clique/crypto'
import type { MemberRow, Role } from './members-view.ts'

/** A name to show, of somebody who is or was a member. */
export interface Named {
  readonly id: MemberId
  readonly name: string
  readonly me: boolean
}

/** `quarantined`: listed without keys until an admin confirms them. `left` and `removed`: they are shown for what they wrote. */
export type PersonStatus = 'in' | 'quarantined' | 'left' | 'removed'

export interface PersonDevice {
  readonly id: DeviceId
  /** The one that this runs on. */
  readonly here: boolean
  /** `forked`: its key is proven to be in two places, so nobody takes anything from it any more. */
  readonly status: 'in' | 'out' | 'forked'
  /** When this device heard of it, in milliseconds since 1970; null where that was not kept. */
  readonly since: number | null
  /** Whether it can be removed here: a device of one's own that is in, also this one, as long as another is in. */
  readonly mayRemove: boolean
}

/** A decision that takes signatures of several people. */
export interface Signing {
  /** Signatures that are needed altogether, the one of whoever carries it out among them. */
  readonly needed: number
  /** Who has signed so far. */
  readonly signed: readonly Named[]
  /** My signature is among them. */
  readonly mine: boolean
  /** Whether mine would count at all: of whom this is decided by is fixed by whom the person had known. */
  readonly counts: boolean
  /** With mine there would be enough: `remove` or `recover` carries it out at once. */
  readonly enough: boolean
}

/**
 * Why somebody cannot be removed by me: it is me (`leave` instead), they are out already, or I am not in.
 * There is always a way for others: one alone, or several together.
 */
export type NoRemoval = 'me' | 'out' | 'not-in'

export type MayRemove =
  | { readonly kind: 'alone' }
  | ({ readonly kind: 'with-others' } & Signing)
  | { readonly kind: 'no'; readonly reason: NoRemoval }

/** What it takes to make this person an admin without one; null where they are one, or nobody needs to. */
export type MayRecover = Signing | null

/** What leaving leaves behind. `last-admin`: others stay, and none of them may admit, remove or change what admins may. */
export type Leaving = 'plain' | 'last-admin' | 'last-member'

/**
 * One member of a clique, former ones too, and what I may do about them. All getters are reactive. Every act resolves
 * when it is kept on this device, and rejects with a `code`; a roster that changed meanwhile shows as `not-allowed`,
 * `member-out`, `role-unchanged`, `countersign-repeated` or `device-out`.
 */
export interface PersonView {
  readonly row: MemberRow
  readonly status: PersonStatus
  /** When this device heard of their coming, in milliseconds since 1970; null where that was not kept. */
  readonly since: number | null
  /** Null for the founder. */
  readonly invitedBy: Named | null
  /** In the order in which they came, those that are out last. */
  readonly devices: readonly PersonDevice[]
  /** They are in quarantine and I may let them in. */
  readonly mayConfirm: boolean
  readonly mayRemove: MayRemove
  /** Roles that I may give them now, without the one that they have; empty where I may not. Of me: lesser ones. */
  readonly roles: readonly Role[]
  readonly mayRecover: MayRecover
  /** Null unless this is me and I am in. */
  readonly leaving: Leaving | null

  confirm(): Promise<void>
  /** Alone, or with the signatures that there are. Resolves to what `RemovalsView.receipt` knows. */
  remove(): Promise<OperationId>
  /** Adds my signature to the removal, for somebody else to carry it out. */
  signRemoval(): Promise<void>
  setRole(role: Role): Promise<void>
  signRecovery(): Promise<void>
  /** Makes them an admin with the signatures that there are. */
  recover(): Promise<void>
  removeDevice(device: DeviceId): Promise<OperationId>
  /** Of me only. The clique stays on this device, to be read. */
  leave(): Promise<void>
}
