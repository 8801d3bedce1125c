import type { KemPair } from '../hpke.ts'
import type { DeviceId, EpochId, InviteId, MemberId, OperationId } from '../ids.ts'
import type { Random } from '../platform.ts'
import type { Signer } from '../signature.ts'
import type { CliqueLog } from './log.ts'
import type { Operation, Policy, RelayAddress } from './operation.ts'
import type { Role } from './roles.ts'

export interface DeviceKeys {
  readonly id: DeviceId
  readonly signer: Signer
  readonly kem: KemPair
  /** libp2p PeerId as text. */
  readonly peer: string
}

/** Made at creation or joining, sealed to the recovery key, then erased. */
export interface MemberRoot {
  readonly id: MemberId
  readonly seed: Uint8Array
}

/** The slot of the recovery kit that this clique uses. */
export interface RecoverySlot {
  readonly publicKey: Uint8Array
  readonly salt: Uint8Array
}

export interface Act {
  readonly log: CliqueLog
  /** For the control mailbox and for peers. */
  readonly item: Uint8Array
  readonly operation: Operation
}

export declare function makeMemberRoot(random: Random): MemberRoot

export declare function createClique(options: {
  policy: Policy
  memberName: string
  device: DeviceKeys
  root: MemberRoot
  recovery: RecoverySlot
  relays: readonly RelayAddress[]
  random: Random
}): Promise<Act>

export declare function createInvitation(
  log: CliqueLog,
  me: DeviceKeys,
  options: { role: Role; uses: number; expiresAt: number; label?: string; random: Random },
): Promise<
  Act & {
    readonly invite: InviteId
    /** 32 bytes, for the link. */
    readonly secret: Uint8Array
    /** Sealed, for the invitation mailbox. */
    readonly package: Uint8Array
    /** Ed25519 seed of the invitation mailbox. */
    readonly mailboxSeed: Uint8Array
  }
>

interface RotationOptions {
  random: Random
  /** Put a new relay capability in; say it only when the relay will be told. */
  renewCapability?: boolean
}

/** @throws CliqueError `invite-unknown`, `invite-not-open`, `not-allowed` */
export declare function revokeInvitation(
  log: CliqueLog,
  me: DeviceKeys,
  invite: InviteId,
  options: RotationOptions,
): Promise<Act>
/** Any member's app does it once the time has come. @throws CliqueError `invite-unknown`, `invite-not-open` */
export declare function closeInvitation(
  log: CliqueLog,
  me: DeviceKeys,
  invite: InviteId,
  options: RotationOptions,
): Promise<Act>
export declare function rotateEpoch(log: CliqueLog, me: DeviceKeys, options: RotationOptions): Promise<Act>
export declare function complain(
  log: CliqueLog,
  me: DeviceKeys,
  epoch: EpochId,
  options: { random: Random },
): Promise<Act>
export declare function rewrap(
  log: CliqueLog,
  me: DeviceKeys,
  complaint: OperationId,
  options: { random: Random },
): Promise<Act>
export declare function setRelays(
  log: CliqueLog,
  me: DeviceKeys,
  relays: readonly RelayAddress[],
  options: { random: Random },
): Promise<Act>
export declare function setPolicy(
  log: CliqueLog,
  me: DeviceKeys,
  policy: Policy,
  options: { random: Random },
): Promise<Act>
