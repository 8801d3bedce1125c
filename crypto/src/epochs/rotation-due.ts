import type { DeviceId, SpaceId } from '../ids.ts'
import { hasBit } from '../roster/bit-set.ts'
import type { CliqueLog } from '../roster/log.ts'
import { mightInvite } from '../roster/node.ts'
import type { RosterNode } from '../roster/node.ts'
import { mayInvite } from '../roster/roles.ts'
import type { Role } from '../roster/roles.ts'
import { isInSpace } from '../roster/spaces.ts'
import { isIn } from '../roster/standing.ts'
import { compareIds } from '../roster/sorted-ids.ts'
import { compareRanks, isStrictlySenior } from '../roster/rank.ts'
import type { HolderId, Member } from '../roster/state.ts'
import { headsOf, isSubset } from './check-rotation.ts'
import { entitledRecipients } from './recipients.ts'
import { findSafeEpochs } from './sending.ts'
import { leadsToAll } from './within.ts'

export type RotationCause = 'no-safe-epoch' | 'left-out' | 'settle-join' | 'age' | 'records'

/** How long an epoch is used: 7 days, in milliseconds. */
export const epochLifetimeMs = 7 * 24 * 60 * 60 * 1000
/** How many records are sealed under an epoch before the next. */
export const epochRecordLimit = 5000

/**
 * Milliseconds that each device leaves to every more senior one, so that one rotates and the others see it. Where
 * nobody can send, the turns are short.
 */
export const turnMs: Readonly<Record<RotationCause, number>> = {
  'no-safe-epoch': 3_000,
  'left-out': 3_000,
  'settle-join': 15_000,
  age: 60_000,
  records: 60_000,
}

/** How an epoch was used that one sends under. */
export interface EpochUse {
  readonly recordsSinceRotation: number
  /** Milliseconds since 1970. */
  readonly epochStartedAt: number
}

export interface DueRotation {
  readonly cause: RotationCause
  readonly waitMs: number
  /** Whose epochs: those of a space with a smaller audience, or null for the clique's. */
  readonly space: SpaceId | null
}

/**
 * Whether this device should rotate, what, why, and how long it leaves the turn to more senior ones: the one of several
 * that is first. `spaces`: of those with a smaller audience; their age and records are not looked at without.
 */
export function rotationDue(
  log: CliqueLog,
  me: DeviceId,
  facts: EpochUse & { readonly now: number; readonly spaces?: ReadonlyMap<SpaceId, EpochUse> },
): DueRotation | null {
  const member = memberOf(log, me)
  if (member === null || !isIn(log.state, me)) return null
  const due: DueRotation[] = []
  for (const space of [null, ...ownSpaces(log, member)]) {
    const use = space === null ? facts : facts.spaces?.get(space)
    const cause = findCause(log, member, space, facts.now, use)
    if (cause === null) continue
    const waitMs = turnMs[cause] * placeInLine(log, me, space)
    // One of a space builds on what the clique's epoch leads to. What lies beside that the clique takes up first: without
    // it the space would get one epoch after the other that nobody may send under.
    due.push({ cause, waitMs, space: space !== null && leadsToAll(log) ? space : null })
    // A rotation of a space is sealed under the clique's keys.
    if (space === null && cause === 'no-safe-epoch') break
  }
  const [first] = due.sort((a, b) => a.waitMs - b.waitMs)
  return first ?? null
}

/** Spaces with a smaller audience that this member is in. */
function ownSpaces({ state }: CliqueLog, member: Member): SpaceId[] {
  return [...state.spaces.values()].flatMap(({ id, audience }) =>
    audience !== 'everyone' && isInSpace(state, id, member.id) ? [id] : [],
  )
}

function findCause(
  log: CliqueLog,
  member: Member,
  space: SpaceId | null,
  now: number,
  use: EpochUse | undefined,
): RotationCause | null {
  const safe = findSafeEpochs(log, space)
  if (safe.length === 0) return 'no-safe-epoch'
  // People who entered beside each other: each has an epoch that the other cannot open.
  const { holders } = entitledRecipients(log.state, space)
  if (!safe.some((epoch) => isSubset(holders, epoch.named))) return 'left-out'
  if (space !== null && mayHandOn(log, space, holders)) return 'left-out'
  const maySettle = (joined: Member): boolean =>
    isStrictlySenior(member.rank, joined.rank) && mayInvite(member.role, roleByLink(log, joined))
  if (space === null && findUnsettled(log).some(maySettle)) return 'settle-join'
  if (use === undefined) return null
  if (now - use.epochStartedAt >= epochLifetimeMs) return 'age'
  return use.recordsSinceRotation >= epochRecordLimit ? 'records' : null
}

/**
 * Whether this device holds an epoch of a space that nothing follows and that somebody lacks: a rotation of somebody who
 * lacks it, too, leads to others only.
 */
function mayHandOn(log: CliqueLog, space: SpaceId, entitled: ReadonlySet<HolderId>): boolean {
  if (log.state.policy.history !== 'full') return false
  return headsOf(log.state, space).some(
    ({ id, counts, named }) =>
      counts && !isSubset(entitled, named) && log.keyring.epochs.get(id)?.contentRoot != null,
  )
}

/** The role that somebody came with. */
function roleByLink({ graph }: CliqueLog, { id, since, role }: Member): Role {
  return graph.get(since)?.after.members.get(id)?.role ?? role
}

/**
 * Members on whom no senior who might have let them in, and still might, has built an operation yet. Until then a later taker of the same link could still
 * contest their place, and the keys in use are those that the newcomer chose.
 */
export function findUnsettled(log: CliqueLog): Member[] {
  const nodes = [...log.operations.keys()].flatMap((id) => log.graph.get(id) ?? [])
  return [...log.state.members.values()].filter((member) => {
    const join = member.invite === null ? undefined : log.graph.get(member.since)
    if (join === undefined || member.status !== 'in') return false
    const role = roleByLink(log, member)
    // A role that was taken beside it settles nothing ([ROS7]); one that was taken since costs a rotation more.
    const mightStill = (node: RosterNode): boolean =>
      mightInvite(node, role) && mayInvite(log.state.members.get(node.member)?.role ?? 'reader', role)
    return !nodes.some(
      (node) =>
        node.device !== null &&
        hasBit(node.past, join.index) &&
        isStrictlySenior(node.strength, join.rank) &&
        mightStill(node),
    )
  })
}

/** 0 for the most senior device. */
function placeInLine(log: CliqueLog, me: DeviceId, space: SpaceId | null): number {
  const line = [...log.state.devices.values()].flatMap(({ id, member }) =>
    isIn(log.state, id) && (space === null || isInSpace(log.state, space, member)) ? [id] : [],
  )
  line.sort(
    (a, b) => compareRanks(memberOf(log, a)?.rank ?? [], memberOf(log, b)?.rank ?? []) || compareIds(a, b),
  )
  return line.indexOf(me)
}

function memberOf(log: CliqueLog, device: DeviceId): Member | null {
  const id = log.state.devices.get(device)?.member
  return id === undefined ? null : (log.state.members.get(id) ?? null)
}
