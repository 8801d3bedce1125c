import type { RewrapPart, RotationPart } from '../epochs/rotation.ts'
import type { CliqueId, DeviceId, EpochId, InviteId, MemberId, OperationId, SpaceId } from '../ids.ts'
import type { Role } from './roles.ts'

/** Numbers on the wire. */
export const operationNumbers = {
  genesis: 1,
  invite: 2,
  'revoke-invite': 3,
  'close-invite': 4,
  join: 5,
  confirm: 6,
  'add-device': 7,
  'remove-device': 8,
  'rotate-kem': 9,
  'remove-member': 10,
  countersign: 11,
  leave: 12,
  'set-role': 13,
  'create-space': 14,
  'set-audience': 15,
  'rotate-epoch': 16,
  complain: 17,
  rewrap: 18,
  'set-relays': 19,
  'set-policy': 20,
  recover: 21,
} as const

/** In the order of their numbers. */
export const operationTypes = [
  'genesis',
  'invite',
  'revoke-invite',
  'close-invite',
  'join',
  'confirm',
  'add-device',
  'remove-device',
  'rotate-kem',
  'remove-member',
  'countersign',
  'leave',
  'set-role',
  'create-space',
  'set-audience',
  'rotate-epoch',
  'complain',
  'rewrap',
  'set-relays',
  'set-policy',
  'recover',
] as const satisfies readonly OperationType[]

export const accents = ['brick', 'amber', 'moss', 'teal', 'sky', 'iris', 'plum', 'rose'] as const
export type Accent = (typeof accents)[number]
export const histories = ['full', 'since-join'] as const
export type HistoryRule = (typeof histories)[number]
export const spaceKinds = ['channel', 'directory'] as const
export type SpaceKind = (typeof spaceKinds)[number]

export interface Policy {
  /** 1 to 64 characters. */
  readonly name: string
  readonly accent: Accent
  readonly history: HistoryRule
}

export interface RelayAddress {
  /** http or https origin, without a path. */
  readonly url: string
  /** PeerId as text; also verifies what the relay signs. */
  readonly peer: string
}

/** How a person enters: the same in genesis and join. */
export interface Newcomer {
  readonly member: MemberId
  /** 1 to 64 characters. */
  readonly name: string
  readonly device: DeviceId
  /** X-Wing public key, 1,216 bytes. */
  readonly kem: Uint8Array
  /** libp2p PeerId as text. */
  readonly peer: string
  /** X-Wing public key of the person's recovery kit for this clique. */
  readonly recoveryKey: Uint8Array
  /** 16 bytes; with the recovery words it gives the private half of `recoveryKey`. */
  readonly recoverySalt: Uint8Array
  /** The member root's seed, sealed to `recoveryKey`. */
  readonly sealedRoot: Uint8Array
}

export interface NewSpace {
  readonly id: SpaceId
  readonly kind: SpaceKind
  readonly title: string
}

export interface GenesisBody {
  readonly type: 'genesis'
  /** 32 random bytes, so that no two cliques have one id. */
  readonly salt: Uint8Array
  readonly founder: Newcomer
  readonly policy: Policy
  readonly relays: readonly RelayAddress[]
  readonly spaces: readonly NewSpace[]
  /** Seed of the control mailbox's Ed25519 key; fixed for the life of the clique. */
  readonly controlMailboxSeed: Uint8Array
  readonly rotation: RotationPart
}
export interface InviteBody {
  readonly type: 'invite'
  readonly invite: InviteId
  readonly kem: Uint8Array
  /** Ed25519 public key of the invitation mailbox. */
  readonly mailboxKey: Uint8Array
  readonly role: Role
  readonly uses: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** A note for the members: whom the link is for. May be empty. */
  readonly label: string
  readonly rotation: RotationPart
}
export interface RevokeInviteBody {
  readonly type: 'revoke-invite'
  readonly invite: InviteId
  readonly rotation: RotationPart
}
export interface CloseInviteBody {
  readonly type: 'close-invite'
  readonly invite: InviteId
  readonly rotation: RotationPart
}
export interface JoinBody {
  readonly type: 'join'
  readonly newcomer: Newcomer
  readonly rotation: RotationPart
}
/** An admin has looked at somebody in quarantine. */
export interface ConfirmBody {
  readonly type: 'confirm'
  readonly member: MemberId
  readonly rotation: RotationPart
}
export interface NewDevice {
  readonly device: DeviceId
  readonly kem: Uint8Array
  readonly peer: string
}
export interface AddDeviceBody extends NewDevice {
  readonly type: 'add-device'
  readonly rotation: RotationPart
}
/** The last operation that the author of a removal has of a device that it removes. */
export interface LastOperation {
  readonly device: DeviceId
  /** 0 for none. */
  readonly sequence: number
  /** Null for none. */
  readonly operation: OperationId | null
}
export interface RemoveDeviceBody {
  readonly type: 'remove-device'
  readonly last: LastOperation
  readonly rotation: RotationPart
}
export interface RotateKemBody {
  readonly type: 'rotate-kem'
  readonly kem: Uint8Array
}
export interface RemoveMemberBody {
  readonly type: 'remove-member'
  readonly member: MemberId
  /** Of all devices of that member, ascending. */
  readonly last: readonly LastOperation[]
  /** Ascending; none where the author's own rank is enough. */
  readonly countersigns: readonly OperationId[]
  readonly rotation: RotationPart
}
export const countersignPurposes = ['remove', 'recover'] as const
export type CountersignPurpose = (typeof countersignPurposes)[number]
export interface CountersignBody {
  readonly type: 'countersign'
  readonly purpose: CountersignPurpose
  /** Who is to be removed, or to become an admin. */
  readonly member: MemberId
}
export interface LeaveBody {
  readonly type: 'leave'
}
export interface SetRoleBody {
  readonly type: 'set-role'
  readonly member: MemberId
  readonly role: Role
}
export interface RecoverBody {
  readonly type: 'recover'
  readonly member: MemberId
  /** Ascending. */
  readonly countersigns: readonly OperationId[]
}
export interface CreateSpaceBody {
  readonly type: 'create-space'
  /** Follows from the author, the sequence and the rest of this: nobody can name another's space so (`spaceIdOf`). */
  readonly space: SpaceId
  readonly kind: 'channel'
  /** 16 random bytes. */
  readonly salt: Uint8Array
  /** Text for everyone; else sealed under the control key of the space's first epoch. */
  readonly title: string | Uint8Array
  /** Who is in it beside the author, ascending; null for everyone. */
  readonly members: readonly MemberId[] | null
  /** The first epoch of the space; null for everyone, as such a space uses the clique's. */
  readonly rotation: RotationPart | null
}
export interface SetAudienceBody {
  readonly type: 'set-audience'
  readonly space: SpaceId
  /** Ascending, none in both. */
  readonly add: readonly MemberId[]
  readonly remove: readonly MemberId[]
  /** Null where the author leaves: the others begin the next epoch. */
  readonly rotation: RotationPart | null
}
export interface RotateEpochBody {
  readonly type: 'rotate-epoch'
  /** As in the rotation, which alone is on the wire; absent or null for the clique's. */
  readonly space?: SpaceId | null
  readonly rotation: RotationPart
}
export interface ComplainBody {
  readonly type: 'complain'
  /** The epoch whose wrap to this device is missing or bad. */
  readonly epoch: EpochId
}
export interface RewrapBody extends RewrapPart {
  readonly type: 'rewrap'
}
export interface SetRelaysBody {
  readonly type: 'set-relays'
  readonly relays: readonly RelayAddress[]
}
export interface SetPolicyBody {
  readonly type: 'set-policy'
  readonly policy: Policy
}

export type OperationBody =
  | GenesisBody
  | InviteBody
  | RevokeInviteBody
  | CloseInviteBody
  | JoinBody
  | ConfirmBody
  | AddDeviceBody
  | RemoveDeviceBody
  | RotateKemBody
  | RemoveMemberBody
  | CountersignBody
  | LeaveBody
  | SetRoleBody
  | RecoverBody
  | CreateSpaceBody
  | SetAudienceBody
  | RotateEpochBody
  | ComplainBody
  | RewrapBody
  | SetRelaysBody
  | SetPolicyBody
export type OperationType = OperationBody['type']

export type OperationAuthor =
  | { readonly kind: 'device'; readonly id: DeviceId }
  | { readonly kind: 'root'; readonly id: MemberId }
  | { readonly kind: 'invitation'; readonly id: InviteId }

export interface OperationHeader {
  /** Null in the genesis, whose own hash becomes the clique's id. */
  readonly clique: CliqueId | null
  readonly author: OperationAuthor
  /** 1, 2, 3 ... per device; null where the author is not a device. */
  readonly sequence: number | null
  /** The author's operation before this one; null for the first and where the author is not a device. */
  readonly previous: OperationId | null
  /** The author's roster heads, ascending; none only in the genesis. */
  readonly parents: readonly OperationId[]
}

export interface Operation extends OperationHeader {
  readonly id: OperationId
  readonly type: OperationType
  readonly body: OperationBody
  /** The bytes that are signed and hashed, as they came. */
  readonly signed: Uint8Array
  /** The author's, then those of the other keys that the body introduces. */
  readonly signatures: readonly Uint8Array[]
}

type WithoutRotation<Body> = Body extends { readonly rotation: RotationPart | null }
  ? Omit<Body, 'rotation'>
  : Body
/** What an operation says of the roster: all of its body but the keys. */
export type RosterBody = WithoutRotation<OperationBody>

/** What a change of the roster is judged by and made of. */
export interface RosterChange extends OperationHeader {
  readonly id: OperationId
  readonly body: RosterBody
}

export function rotationOf(body: OperationBody): RotationPart | null {
  return 'rotation' in body ? body.rotation : null
}
