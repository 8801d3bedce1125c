import type { ArchiveId, NamedCut } from '../epochs/rotation.ts'
import type {
  CliqueId,
  DeviceId,
  EpochId,
  InviteId,
  MailboxId,
  MemberId,
  OperationId,
  SpaceId,
} from '../ids.ts'
import type { EpochCommitments } from '../key-schedule.ts'
import type { CountersignPurpose, Policy, RelayAddress, SpaceKind } from './operation.ts'
import type { Role } from './roles.ts'

/** Author sequences of the invitations on the way from the founder; the founder's is empty. */
export type Rank = readonly number[]

/** `quarantined`: listed, but without keys and without a say until an admin has looked. */
export type MemberStatus = 'in' | 'quarantined' | 'out'

export interface Member {
  readonly id: MemberId
  readonly name: string
  readonly role: Role
  /** By which they speak: the one below, or a lesser one by a confirmation of somebody who is not above it. */
  readonly rank: Rank
  /** What the invitation gave, and by which others are above them. */
  readonly rankByLink: Rank
  readonly devices: readonly DeviceId[]
  readonly recoveryKey: Uint8Array
  readonly recoverySalt: Uint8Array
  readonly sealedRoot: Uint8Array
  /** The genesis, join or confirmation that admitted this person. */
  readonly since: OperationId
  /** What gave them the role that they have, or do with less than; null while it is the one that they came with. */
  readonly grant: OperationId | null
  /** What gave it besides, by which it holds: knowing of what had taken it, of which `grant` did not know. */
  readonly lifts: readonly OperationId[]
  /** By what they do with less than that; null where they do not. */
  readonly lessened: OperationId | null
  /** What took a role from them, whatever gave them one since, ascending. */
  readonly demotedBy: readonly OperationId[]
  /** Of these what took the effect of something that they did beside it and that gives others more. */
  readonly undoneBy: readonly OperationId[]
  /** The removals that ended their membership, and their leaving, ascending. */
  readonly endedBy: readonly OperationId[]
  /** Of these the leavings that have no effect but this one. */
  readonly said: readonly OperationId[]
  /** Whether one of these is strong enough that nothing of theirs outside its past counts. */
  readonly isBarred: boolean
  /** Null for the founder. */
  readonly invite: InviteId | null
  /** The device that made it. */
  readonly inviter: DeviceId | null
  readonly status: MemberStatus
  /** How the admission stands by itself, whatever ended the membership since. */
  readonly admission: MemberStatus
}

export interface Device {
  readonly id: DeviceId
  readonly member: MemberId
  readonly kem: Uint8Array
  readonly peer: string
  /** The operation that added it; null for the one that the member came with. */
  readonly since: OperationId | null
  /** The device that did; null for that one, and where a root did. */
  readonly addedBy: DeviceId | null
  /**
   * `forked`: two operations with one sequence are known, which proves a copied or broken key. `out`: it was removed, or
   * what added it has lost its effect.
   */
  readonly status: 'in' | 'forked' | 'out'
  /** The removals of this device, ascending. */
  readonly endedBy: readonly OperationId[]
  /** The two operations that prove a fork. */
  readonly proof: readonly [OperationId, OperationId] | null
  /** Their sequence; null where there is no fork. */
  readonly forkedAt: number | null
}

/** A device's last operation. */
export interface Tip {
  readonly sequence: number
  readonly operation: OperationId
}

export type InvitationStatus = 'open' | 'used' | 'revoked' | 'closed'

export interface Invitation {
  readonly id: InviteId
  readonly operation: OperationId
  readonly inviter: MemberId
  /** Made it, and knows its keys. */
  readonly device: DeviceId
  readonly kem: Uint8Array
  readonly mailbox: MailboxId
  readonly role: Role
  readonly uses: number
  readonly used: number
  /** Milliseconds since 1970. The fold has no clock: it takes effect by a `close-invite`. */
  readonly expiresAt: number
  readonly label: string
  readonly status: InvitationStatus
}

/** How somebody stands who is or was in a smaller audience. */
export interface Place {
  /** What put them in: the space's creation, or a change of its audience. */
  readonly since: OperationId
  /** The changes that took them out since, ascending; none while they are in. */
  readonly endedBy: readonly OperationId[]
  /** Those that had taken them out before somebody put them in again, ascending. */
  readonly endedBefore: readonly OperationId[]
}

export interface Space {
  readonly id: SpaceId
  readonly kind: SpaceKind
  /** Empty where the audience is smaller: then only who is in it can read the title (`titleOf`). */
  readonly title: string
  /** Who was put in and not taken out. Whoever is out of the clique is out of its spaces as well: ask `isInSpace`. */
  readonly audience: 'everyone' | ReadonlySet<MemberId>
  /** Null for the spaces that every clique begins with. */
  readonly creator: MemberId | null
  /** What created it; null for the spaces that every clique begins with. */
  readonly since: OperationId | null
  /** Of a smaller audience: everybody who is or was in it. */
  readonly places: ReadonlyMap<MemberId, Place>
}

/** Who can hold an epoch secret: `device:ID`, `recovery:MEMBER` or `invite:ID`. */
export type HolderId = `device:${DeviceId}` | `recovery:${MemberId}` | `invite:${InviteId}`

/** Who was known to an operation's author, and how they stood. */
export type View = Pick<RosterState, 'members' | 'devices' | 'invitations' | 'spaces'>

export interface EpochInfo {
  readonly id: EpochId
  readonly operation: OperationId
  /** Null for those of the whole clique. */
  readonly space: SpaceId | null
  readonly commitments: EpochCommitments
  readonly parents: readonly EpochId[]
  /** 1 at genesis, then one more than the deepest parent. Recomputed, never believed. */
  readonly depth: number
  /** Recipients and the author's device; of any where somebody who knows its secret began an epoch once more. */
  readonly holders: ReadonlySet<HolderId>
  /** Those of each: to whom the key may be handed on. */
  readonly named: ReadonlySet<HolderId>
  /** Labelled hash (hex) over these. */
  readonly circle: string
  /** What its author knew of the roster; of several where an epoch was begun more than once. */
  readonly views: readonly View[]
  readonly archive: ArchiveId
  /** `views` of the epoch that brought this archive. */
  readonly archiveViews: readonly View[]
  /** 0 in an epoch of a space. */
  readonly capabilityGeneration: number
  /** False when the operation that began it has lost its effect; then nobody sends under it. */
  readonly counts: boolean
}

export interface Complaint {
  readonly operation: OperationId
  readonly epoch: EpochId
  readonly device: DeviceId
  /** Devices that have answered. */
  readonly answeredBy: readonly DeviceId[]
}

/** Somebody's signature for a removal or for a new admin. */
export interface Countersign {
  readonly operation: OperationId
  readonly signer: MemberId
  readonly device: DeviceId
  readonly purpose: CountersignPurpose
  readonly member: MemberId
}

/** Whose word ended something; `device` is null for a root. */
export interface Ender {
  readonly member: MemberId
  readonly device: DeviceId | null
}

/** What a set of operations amounts to. A value: never changed once made. */
export interface RosterState {
  readonly clique: CliqueId
  readonly policy: Policy
  readonly relays: readonly RelayAddress[]
  readonly members: ReadonlyMap<MemberId, Member>
  readonly devices: ReadonlyMap<DeviceId, Device>
  /** Of the devices that have written anything. */
  readonly tips: ReadonlyMap<DeviceId, Tip>
  readonly invitations: ReadonlyMap<InviteId, Invitation>
  readonly spaces: ReadonlyMap<SpaceId, Space>
  /** Of every operation that an `endedBy` names, but for what a majority signed. */
  readonly enders: ReadonlyMap<OperationId, Ender>
  /** Of the clique, and of the spaces with a smaller audience. */
  readonly epochs: ReadonlyMap<EpochId, EpochInfo>
  /** Those of `epochs` that do not count, and some that did not for a while. */
  readonly fallenEpochs: ReadonlyMap<EpochId, EpochInfo>
  /** Epochs that no other follows, ascending. */
  readonly epochHeads: readonly EpochId[]
  readonly complaints: ReadonlyMap<OperationId, Complaint>
  readonly countersigns: ReadonlyMap<OperationId, Countersign>
  /** All that was named of each device that is out, in the order of space, sequence, record and author. */
  readonly cuts: ReadonlyMap<DeviceId, readonly NamedCut[]>
  /** Operations that nothing builds on yet, ascending. */
  readonly heads: readonly OperationId[]
  /** Hex. Equal states have equal hashes, whatever the order in which the operations came. */
  readonly hash: string
}
