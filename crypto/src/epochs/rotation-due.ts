import type { DeviceId, SpaceId } from '../ids.ts'
import { hasBit } from '../roster/bit-set.ts'
import type { CliqueLog } from '../roster/log.ts'
import type { RosterNode } from '../roster/node.ts'
import { mightLetIn, roleByLink, sayOf, sayOfDevice } from '../roster/say.ts'
import type { Say } from '../roster/say.ts'
import { isInSpace } from '../roster/spaces.ts'
import { isIn } from '../roster/standing.ts'
import { compareIds } from '../roster/sorted-ids.ts'
import { compareRanks } from '../roster/rank.ts'
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
  const device = log.state.devices.get(me)
  if (member === null || device === undefined || !isIn(log.state, me)) return null
  const say = sayOfDevice(log.graph, member, device)
  const due: DueRotation[] = []
  for (const space of [null, ...ownSpaces(log, member)]) {
    const use = space === null ? facts : facts.spaces?.get(space)
    const cause = findCause(log, say, space, facts.now, use)
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
  say: Say,
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
  if (space === null && findUnsettled(log).some((join) => mightLetIn(say, join.rank, roleByLink(join)))) {
    return 'settle-join'
  }
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

/**
 * Joins on which no senior who might have let that person in ([ROS7]), and whose word is known to hold, has built an operation
 * yet. Until then a later taker of the same link could still contest their place, and the keys in use are those that the
 * newcomer chose.
 */
export function findUnsettled({ graph, state, operations }: CliqueLog): RosterNode[] {
  const nodes = [...operations.keys()].flatMap((id) => graph.get(id) ?? [])
  const holds = ({ device, member, past }: RosterNode): boolean =>
    device !== null &&
    isIn(state, device) &&
    // A role that was given again does not say whether what came before holds.
    (state.members.get(member)?.demotedBy ?? [])
      .flatMap((end) => graph.get(end) ?? [])
      .every(({ index }) => hasBit(past, index))
  const seniors = nodes.filter(holds)
  return [...state.members.values()].flatMap(({ status, since }) => {
    const join = graph.get(since)
    if (join?.operation.type !== 'join' || status !== 'in') return []
    const isSettled = seniors.some(
      (node) => hasBit(node.past, join.index) && mightLetIn(sayOf(node), join.rank, roleByLink(join)),
    )
    return isSettled ? [] : [join]
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
