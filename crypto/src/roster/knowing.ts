import { compareIds } from './sorted-ids.ts'
import type { EpochInfo } from './state.ts'
import type { DeviceId, MemberId, OperationId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import type { CliqueLog } from './log.ts'
import { isEnough, recoveryVote, removalVote } from './majority.ts'
import type { Vote } from './majority.ts'
import type { CountersignPurpose } from './operation.ts'
import { isAbove, mayHaveRole } from './rights.ts'
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

/** Whether a device that is out holds the newest relay capability: until there is another one, it passes for a member. */
export function isCapabilityExposed(log: Pick<CliqueLog, 'state'>): boolean {
  const { state } = log
  const newest = newestCapability(log)
  return [...state.devices.keys()].some(
    (device) => !isIn(state, device) && newestCapabilityOf(log, device) >= newest,
  )
}

/** How often the relay capability was renewed, and once for the first. */
export function newestCapability({ state }: Pick<CliqueLog, 'state'>): number {
  const own = [...state.epochs.values()].filter(({ space }) => space === null)
  return Math.max(0, ...own.map((epoch) => epoch.capabilityGeneration))
}

/** The newest capability that a device was given; 0 for none. */
export function newestCapabilityOf({ state }: Pick<CliqueLog, 'state'>, device: DeviceId): number {
  const held = [...state.epochs.values()].filter(
    ({ space, holders }) => space === null && holders.has(`device:${device}`),
  )
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

/** Null for somebody unknown. */
export function decisionAbout(
  log: CliqueLog,
  purpose: CountersignPurpose,
  target: MemberId,
  me: MemberId,
): Decision | null {
  const { state, graph } = log
  const member = state.members.get(target)
  if (member === undefined) return null
  const signed = [...state.countersigns.values()]
    .filter((one) => one.purpose === purpose && one.member === target && isIn(state, one.device))
    .map(({ signer }) => signer)
  const signers = new Set([...signed, me])
  const vote = purpose === 'remove' ? removalVote(state, member, graph) : recoveryVote(state, signers, graph)
  return { ...vote, signed: [...new Set(signed)], isEnough: isEnough(vote, signers) }
}
