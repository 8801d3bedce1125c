import type { DeviceId } from '../ids.ts'
import { hasBit } from '../roster/bit-set.ts'
import type { CliqueLog } from '../roster/log.ts'
import { isIn } from '../roster/standing.ts'
import { compareIds } from '../roster/sorted-ids.ts'
import { compareRanks, isStrictlySenior } from '../roster/rank.ts'
import type { Member } from '../roster/state.ts'
import { isSubset } from './check-rotation.ts'
import { entitledRecipients } from './recipients.ts'
import { findSafeEpochs } from './sending.ts'

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

/** Whether this device should rotate, why, and how long it leaves the turn to more senior ones. */
export function rotationDue(
  log: CliqueLog,
  me: DeviceId,
  facts: { now: number; recordsSinceRotation: number; epochStartedAt: number },
): { cause: RotationCause; waitMs: number } | null {
  const member = memberOf(log, me)
  if (member === null || !isIn(log.state, me)) return null
  const cause = findCause(log, member, facts)
  return cause === null ? null : { cause, waitMs: turnMs[cause] * placeInLine(log, me) }
}

function findCause(
  log: CliqueLog,
  member: Member,
  facts: { now: number; recordsSinceRotation: number; epochStartedAt: number },
): RotationCause | null {
  const safe = findSafeEpochs(log)
  if (safe.length === 0) return 'no-safe-epoch'
  // People who entered beside each other: each has an epoch that the other cannot open.
  const { holders } = entitledRecipients(log.state)
  if (!safe.some((epoch) => isSubset(holders, epoch.holders))) return 'left-out'
  if (findUnsettled(log).some((joined) => isStrictlySenior(member.rank, joined.rank))) return 'settle-join'
  if (facts.now - facts.epochStartedAt >= epochLifetimeMs) return 'age'
  return facts.recordsSinceRotation >= epochRecordLimit ? 'records' : null
}

/**
 * Members on whom no senior has built an operation yet. Until then a later taker of the same link could still
 * contest their place, and the keys in use are those that the newcomer chose.
 */
export function findUnsettled(log: CliqueLog): Member[] {
  const nodes = [...log.operations.keys()].flatMap((id) => log.graph.get(id) ?? [])
  return [...log.state.members.values()].filter((member) => {
    const join = member.invite === null ? undefined : log.graph.get(member.since)
    if (join === undefined || member.status !== 'in') return false
    return !nodes.some(
      (node) =>
        node.device !== null && hasBit(node.past, join.index) && isStrictlySenior(node.strength, join.rank),
    )
  })
}

/** 0 for the most senior device. */
function placeInLine(log: CliqueLog, me: DeviceId): number {
  const line = [...log.state.devices.keys()].filter((id) => isIn(log.state, id))
  line.sort(
    (a, b) => compareRanks(memberOf(log, a)?.rank ?? [], memberOf(log, b)?.rank ?? []) || compareIds(a, b),
  )
  return line.indexOf(me)
}

function memberOf(log: CliqueLog, device: DeviceId): Member | null {
  const id = log.state.devices.get(device)?.member
  return id === undefined ? null : (log.state.members.get(id) ?? null)
}
