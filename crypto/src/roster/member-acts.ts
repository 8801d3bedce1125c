import type { HeldRecords } from '../epochs/cuts.ts'
import { CliqueError } from '../errors.ts'
import type { KemPair } from '../hpke.ts'
import type { DeviceId, MemberId, OperationId } from '../ids.ts'
import type { Random } from '../platform.ts'
import { signerFromSeed } from '../signature.ts'
import { actWithRotation, actWithoutRotation, parentsFor } from './act.ts'
import type { Act, Actor } from './act.ts'
import { actorOf } from './acts.ts'
import type { DeviceKeys, MemberRoot, RotationOptions } from './acts.ts'
import type { CliqueLog } from './log.ts'
import type { CountersignPurpose } from './operation.ts'
import type { Role } from './roles.ts'
import { isIn, lastOperationOf, lastOperationsOf } from './standing.ts'

/** What a removal takes besides: `held`, what this device holds of others' records, so that they are cut there. */
export interface RemovalOptions extends RotationOptions {
  readonly held?: HeldRecords
}

/** Who acts for a member: one of their devices, or the root, which only recovery brings back. */
export type OwnKeys = DeviceKeys | MemberRoot

/** Lets in somebody who waits in quarantine. @throws CliqueError `not-allowed`, `member-not-quarantined` */
export function confirmMember(
  log: CliqueLog,
  me: DeviceKeys,
  member: MemberId,
  options: RotationOptions,
): Promise<Act> {
  const body = { type: 'confirm', member } as const
  return actWithRotation(log, actorOf(log, me), body, (rotation) => ({ ...body, rotation }), options)
}

/**
 * Removes somebody, with all their devices, and begins an epoch without them. `countersigns`: of others, where the
 * author's own rank is not enough. @throws CliqueError `not-allowed`, `member-out`, `countersign-unknown`
 */
export function removeMember(
  log: CliqueLog,
  me: DeviceKeys,
  member: MemberId,
  options: RemovalOptions & { readonly countersigns?: readonly OperationId[] },
): Promise<Act> {
  const target = log.state.members.get(member)
  if (target === undefined) throw new CliqueError('member-unknown')
  const last = lastOperationsOf(log.state, target)
  const body = { type: 'remove-member', member, last, countersigns: options.countersigns ?? [] } as const
  return actWithRotation(log, actorOf(log, me), body, (rotation) => ({ ...body, rotation }), options)
}

/** Adds a device of one's own, which signs too. @throws CliqueError `device-known`, `too-many-devices` */
export function addDevice(
  log: CliqueLog,
  me: OwnKeys,
  device: DeviceKeys,
  options: RotationOptions,
): Promise<Act> {
  const body = {
    type: 'add-device',
    device: device.id,
    kem: device.kem.publicKey,
    peer: device.peer,
  } as const
  const { header, signers } = ownActorOf(log, me)
  const actor = { header, signers: [...signers, device.signer] }
  return actWithRotation(log, actor, body, (rotation) => ({ ...body, rotation }), options)
}

/** Removes a device of one's own. @throws CliqueError `device-out`, `not-allowed` */
export function removeDevice(
  log: CliqueLog,
  me: OwnKeys,
  device: DeviceId,
  options: RemovalOptions,
): Promise<Act> {
  const body = { type: 'remove-device', last: lastOperationOf(log.state, device) } as const
  return actWithRotation(log, ownActorOf(log, me), body, (rotation) => ({ ...body, rotation }), options)
}

/** Names a new KEM key of this device; the old private half is kept for what was wrapped to it. */
export function rotateKem(
  log: CliqueLog,
  me: DeviceKeys,
  kem: KemPair,
  options: { random: Random },
): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'rotate-kem', kem: kem.publicKey }, options)
}

/** Ends one's own membership. The others begin an epoch: who leaves is not to choose their key. */
export function leaveClique(log: CliqueLog, me: DeviceKeys, options: { random: Random }): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'leave' }, options)
}

/** @throws CliqueError `not-allowed`, `role-unchanged`, `member-out` */
export function setRole(
  log: CliqueLog,
  me: DeviceKeys,
  member: MemberId,
  role: Role,
  options: { random: Random },
): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'set-role', member, role }, options)
}

/** Signs for a removal, or for a new admin. @throws CliqueError `countersign-repeated`, `member-out` */
export function countersign(
  log: CliqueLog,
  me: DeviceKeys,
  purpose: CountersignPurpose,
  member: MemberId,
  options: { random: Random },
): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'countersign', purpose, member }, options)
}

/** Makes somebody an admin with the countersigns of others. @throws CliqueError `not-allowed`, `countersign-unknown` */
export function recoverClique(
  log: CliqueLog,
  me: DeviceKeys,
  member: MemberId,
  countersigns: readonly OperationId[],
  options: { random: Random },
): Promise<Act> {
  return actWithoutRotation(log, actorOf(log, me), { type: 'recover', member, countersigns }, options)
}

/** The countersigns that can be named today, ascending. */
export function countersignsFor(
  { state }: CliqueLog,
  purpose: CountersignPurpose,
  member: MemberId,
): OperationId[] {
  return [...state.countersigns.values()]
    .filter((one) => one.purpose === purpose && one.member === member && isIn(state, one.device))
    .map(({ operation }) => operation)
    .toSorted()
}

function ownActorOf(log: CliqueLog, me: OwnKeys): Actor {
  if ('signer' in me) return actorOf(log, me)
  const member = log.state.members.get(me.id)
  if (member === undefined) throw new CliqueError('operation-author-unknown')
  return {
    header: {
      clique: log.clique,
      author: { kind: 'root', id: me.id },
      sequence: null,
      previous: null,
      parents: parentsFor(log, member.since),
    },
    signers: [signerFromSeed(me.seed)],
  }
}
