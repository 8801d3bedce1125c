import type { HeldRecords } from '../epochs/cuts.ts'
import { hashRecipientKey } from '../epochs/recipients.ts'
import { makeWraps, rootOfWraps } from '../epochs/wraps.ts'
import { CliqueError } from '../errors.ts'
import type { KemPair } from '../hpke.ts'
import { bytesToId, makeSpaceId } from '../ids.ts'
import type { DeviceId, EpochId, InviteId, MemberId, OperationId, SpaceId } from '../ids.ts'
import type { Random } from '../platform.ts'
import { sealRoot } from '../recovery.ts'
import { signatureSeedSize, signerFromSeed } from '../signature.ts'
import type { Signer } from '../signature.ts'
import { actWithRotation, actWithoutRotation, deviceHeader } from './act.ts'
import type { Act, Actor } from './act.ts'
import { RosterGraph } from './graph.ts'
import { startLog } from './log.ts'
import type { CliqueLog } from './log.ts'
import { cliqueOf } from './operation-codec.ts'
import type { Newcomer, Policy, RelayAddress } from './operation.ts'

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
  /** X-Wing public key. */
  readonly publicKey: Uint8Array
  /** 16 bytes. */
  readonly salt: Uint8Array
}

export interface RotationOptions {
  readonly random: Random
  /** Put a new relay capability in; say it only when the relay will be told. */
  readonly renewCapability?: boolean
}

export function makeMemberRoot(random: Random): MemberRoot {
  const seed = random(signatureSeedSize)
  return { id: bytesToId('member', signerFromSeed(seed).publicKey), seed }
}

/** What a person says of themselves when they enter. */
export async function introduce(options: {
  memberName: string
  device: DeviceKeys
  root: MemberRoot
  recovery: RecoverySlot
}): Promise<Newcomer> {
  const { memberName, device, root, recovery } = options
  return {
    member: root.id,
    name: memberName,
    device: device.id,
    kem: device.kem.publicKey,
    peer: device.peer,
    recoveryKey: recovery.publicKey,
    recoverySalt: recovery.salt,
    sealedRoot: await sealRoot(recovery.publicKey, root.id, root.seed),
  }
}

/** A clique of one, with its conversation and its directory. */
export async function createClique(options: {
  policy: Policy
  memberName: string
  device: DeviceKeys
  root: MemberRoot
  recovery: RecoverySlot
  relays: readonly RelayAddress[]
  random: Random
}): Promise<Act> {
  const { device, root, random } = options
  const body = {
    type: 'genesis',
    salt: random(32),
    founder: await introduce(options),
    policy: options.policy,
    relays: options.relays,
    spaces: [
      { id: makeSpaceId(random), kind: 'channel', title: '' },
      { id: makeSpaceId(random), kind: 'directory', title: '' },
    ],
    controlMailboxSeed: random(signatureSeedSize),
  } as const
  const header = {
    clique: null,
    author: { kind: 'device', id: device.id },
    sequence: 1,
    previous: null,
    parents: [],
  } as const
  // Named by its genesis, so there is no name yet: the log that this begins with is replaced.
  const nameless = startLog(bytesToId('clique', new Uint8Array(32)))
  return actWithRotation(
    nameless,
    { header, signers: [device.signer, signerFromSeed(root.seed)] },
    body,
    (rotation) => ({ ...body, rotation }),
    { random, graph: (operation) => new RosterGraph(cliqueOf(operation)) },
  )
}

/** @throws CliqueError `invite-unknown`, `invite-not-open`, `not-allowed` */
export function revokeInvitation(
  log: CliqueLog,
  me: DeviceKeys,
  invite: InviteId,
  options: RotationOptions,
): Promise<Act> {
  const body = { type: 'revoke-invite', invite } as const
  return actWithRotation(log, actorOf(log, me), body, (rotation) => ({ ...body, rotation }), options)
}

/** Any member's app does it once the time has come. @throws CliqueError `invite-unknown`, `invite-not-open` */
export function closeInvitation(
  log: CliqueLog,
  me: DeviceKeys,
  invite: InviteId,
  options: RotationOptions,
): Promise<Act> {
  const body = { type: 'close-invite', invite } as const
  return actWithRotation(log, actorOf(log, me), body, (rotation) => ({ ...body, rotation }), options)
}

/**
 * Begins an epoch: of the clique, or of a space with a smaller audience. `held`: what this device holds of others' records,
 * so that those of devices that are out are cut there.
 * @throws CliqueError `operation-author-out`, `space-unknown`, `not-allowed`; `no-safe-epoch` of a space's while the
 * clique has none
 */
export function rotateEpoch(
  log: CliqueLog,
  me: DeviceKeys,
  options: RotationOptions & { readonly held?: HeldRecords; readonly space?: SpaceId | null },
): Promise<Act> {
  const body = { type: 'rotate-epoch', space: options.space ?? null } as const
  return actWithRotation(log, actorOf(log, me), body, (rotation) => ({ ...body, rotation }), options)
}

/** Says that this device's wrap of an epoch is missing or bad. @throws CliqueError `complaint-repeated` */
export function complain(
  log: CliqueLog,
  me: DeviceKeys,
  epoch: EpochId,
  options: { random: Random },
): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'complain', epoch }, options)
}

/**
 * Wraps an epoch's secret once more for a device that complained.
 * @throws CliqueError `complaint-unknown`, `complaint-repeated`, `epoch-not-held`, `not-allowed`
 */
export async function rewrap(
  log: CliqueLog,
  me: DeviceKeys,
  complaint: OperationId,
  options: { random: Random },
): Promise<Act> {
  const known = log.state.complaints.get(complaint)
  const device = known === undefined ? undefined : log.state.devices.get(known.device)
  if (known === undefined || device === undefined) throw new CliqueError('complaint-unknown')
  const { secret, terms } = log.keyring.epochs.get(known.epoch) ?? {}
  if (secret == null || terms == null) throw new CliqueError('epoch-not-held')
  const wraps = await makeWraps(known.epoch, secret, [
    { publicKey: device.kem, keyHash: hashRecipientKey(device.kem) },
  ])
  const wrapsRoot = rootOfWraps(wraps)
  const body = { type: 'rewrap', epoch: known.epoch, complaint, terms, wrapsRoot } as const
  const handout = { epoch: known.epoch, terms, wrapsRoot, wraps, notices: [] }
  return actWithoutRotation(log, actorOf(log, me), body, { ...options, handout })
}

/** @throws CliqueError `not-allowed`, `no-safe-epoch` */
export function setRelays(
  log: CliqueLog,
  me: DeviceKeys,
  relays: readonly RelayAddress[],
  options: { random: Random },
): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'set-relays', relays }, options)
}

/** @throws CliqueError `not-allowed`, `no-safe-epoch` */
export function setPolicy(
  log: CliqueLog,
  me: DeviceKeys,
  policy: Policy,
  options: { random: Random },
): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'set-policy', policy }, options)
}

export function actorOf(log: CliqueLog, me: DeviceKeys): Actor {
  return { header: deviceHeader(log, me.id), signers: [me.signer] }
}
