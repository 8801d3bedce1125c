import { toHex } from '../bytes.ts'
import { compareIds } from './sorted-ids.ts'
import type { EpochInfo, HolderId } from './state.ts'
import type { DeviceId, MemberId, OperationId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import type { CliqueLog } from './log.ts'
import { isEnough, recoveryVote, removalVote } from './majority.ts'
import type { Vote } from './majority.ts'
import type { CountersignPurpose } from './operation.ts'
import { mayHaveRole } from './rights.ts'
import { isAbove } from './rank.ts'
import { roles } from './roles.ts'
import type { Role } from './roles.ts'
import { isIn } from './standing.ts'

/** Whether whoever holds `by`, with all that it builds on, holds `operation`. */
export function isBuiltOn(
  { graph }: Pick<CliqueLog, 'graph'>,
  operation: OperationId,
  by: OperationId,
): boolean {
  const [node, other] = [graph.get(operation), graph.get(by)]
  return node !== undefined && other !== undefined && (node === other || hasBit(other.past, node.index))
}

/** Epochs of the clique that were begun by an operation, or by somebody who knew of it. */
export function epochsSince(log: CliqueLog, operation: OperationId): EpochInfo[] {
  return [...log.state.epochs.values()]
    .filter((epoch) => epoch.space === null && epoch.counts && isBuiltOn(log, operation, epoch.operation))
    .toSorted((a, b) => a.depth - b.depth || compareIds(a.id, b.id))
}

/**
 * Whether the newest relay capability is held by a device that is out, or was handed to a link that was taken back: until there
 * is another one, they pass for a member.
 */
export function isCapabilityExposed(log: Pick<CliqueLog, 'state' | 'graph'>): boolean {
  const { state } = log
  const newest = newestCapability(log)
  const devices = [...state.devices.keys()].filter((device) => !isIn(state, device))
  const links = [...state.invitations.values()].filter(({ status }) => status === 'revoked')
  const out = [
    ...devices.map((id) => `device:${id}` as const),
    ...links.map(({ id }) => `invite:${id}` as const),
  ]
  const handed = handedOut(log)
  return out.some((holder) => newestOf(handed, holder) >= newest)
}

/** How often the relay capability was renewed, and once for the first. */
export function newestCapability({ state }: Pick<CliqueLog, 'state'>): number {
  const own = [...state.epochs.values()].filter(({ space, counts }) => space === null && counts)
  return Math.max(0, ...own.map((epoch) => epoch.capabilityGeneration))
}

/** The newest capability that a device was given, of those that an epoch brought which counts; 0 for none. */
export function newestCapabilityOf(log: Pick<CliqueLog, 'state' | 'graph'>, device: DeviceId): number {
  return newestOf(handedOut(log), `device:${device}`)
}

/** Epochs of the clique whose capability one brought that counts. */
function handedOut({ state, graph }: Pick<CliqueLog, 'state' | 'graph'>): EpochInfo[] {
  const own = [...state.epochs.values()]
    .filter(({ space }) => space === null)
    .map((epoch) => ({ epoch, seed: toHex(graph.capabilityOf(epoch).seed) }))
  const known = new Set(own.filter(({ epoch }) => epoch.counts).map(({ seed }) => seed))
  return own.filter(({ seed }) => known.has(seed)).map(({ epoch }) => epoch)
}

function newestOf(handed: readonly EpochInfo[], holder: HolderId): number {
  const held = handed.filter(({ holders }) => holders.has(holder))
  return Math.max(0, ...held.map((epoch) => epoch.capabilityGeneration))
}

/** Whether a member may remove another, or change their role, without others' signatures. */
export function mayActAlone({ state }: Pick<CliqueLog, 'state'>, by: MemberId, target: MemberId): boolean {
  const [author, other] = [state.members.get(by), state.members.get(target)]
  return author?.status === 'in' && other !== undefined && by !== target && isAbove(author, other)
}

/** Roles that a member may give somebody now, without the one that they have, the greatest first. */
export function rolesToGive({ state }: Pick<CliqueLog, 'state'>, by: MemberId, target: MemberId): Role[] {
  const [author, other] = [state.members.get(by), state.members.get(target)]
  if (author?.status !== 'in' || other?.status !== 'in') return []
  return roles.filter((role) => role !== other.role && mayHaveRole(author, other, role))
}

/** What a decision takes, and who has signed for it by a device that is in. */
export interface Decision extends Vote {
  readonly signed: readonly MemberId[]
  /** With this member's own signature there would be enough. */
  readonly isEnough: boolean
}

/** `me`: the device that would sign. Null for somebody unknown. */
export function decisionAbout(
  log: CliqueLog,
  purpose: CountersignPurpose,
  target: MemberId,
  me: DeviceId,
): Decision | null {
  const { state, graph } = log
  const [member, own] = [state.members.get(target), state.devices.get(me)]
  if (member === undefined || own === undefined) return null
  const signed = [...state.countersigns.values()]
    .filter((one) => one.purpose === purpose && one.member === target && isIn(state, one.device))
    .map(({ device, signer }): [DeviceId, MemberId] => [device, signer])
  const signers = new Map([...signed, [me, own.member]])
  const vote = purpose === 'remove' ? removalVote(state, member, graph) : recoveryVote(state, signers, graph)
  return {
    ...vote,
    signed: [...new Set(signed.map(([, signer]) => signer))],
    isEnough: isEnough(vote, signers),
  }
}
