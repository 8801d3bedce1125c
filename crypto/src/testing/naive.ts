import type { DeviceId, MemberId, OperationId } from '../ids.ts'
import { compareIds } from '../roster/sorted-ids.ts'
import type { Contest } from './contest.ts'

export interface NaiveRoster {
  /** Operations that had an effect. */
  readonly effective: ReadonlySet<OperationId>
  readonly members: readonly MemberId[]
}

/** The naive rule: whoever is in when their operation's turn comes has their way. */
export function foldNaively(contest: Contest, order: readonly OperationId[]): NaiveRoster {
  const members = new Set<MemberId>()
  const memberOf = new Map<DeviceId, MemberId>()
  const effective = new Set<OperationId>()
  for (const id of order) {
    const operation = contest.operations.get(id)
    if (operation === undefined) throw new Error('every operation has its turn')
    const { body, author } = operation
    if (body.type === 'genesis' || body.type === 'join') {
      const { newcomer } = body.type === 'join' ? body : { newcomer: body.founder }
      members.add(newcomer.member)
      memberOf.set(newcomer.device, newcomer.member)
      effective.add(id)
      continue
    }
    const member = author.kind === 'device' ? memberOf.get(author.id) : undefined
    if (member === undefined || !members.has(member)) continue
    effective.add(id)
    if (body.type === 'add-device') memberOf.set(body.device, member)
    if (body.type === 'remove-device') memberOf.delete(body.last.device)
    if (body.type === 'remove-member') members.delete(body.member)
    if (body.type === 'leave') members.delete(member)
  }
  return { effective, members: [...members].toSorted(compareIds) }
}

/** By the times that their authors claim. */
export function byClaimedTime(contest: Contest): OperationId[] {
  const timeOf = (id: OperationId): number => contest.claimed.get(id) ?? 0
  return [...contest.operations.keys()].toSorted((a, b) => timeOf(a) - timeOf(b) || compareIds(a, b))
}

/** In one of the orders in which somebody could hear of them. */
export function byArrival(contest: Contest): OperationId[] {
  const arrived = new Set<OperationId>()
  const left = new Set(contest.operations.keys())
  while (left.size > 0) {
    const ready = [...left].filter((id) => {
      const operation = contest.operations.get(id)
      return operation?.parents.every((parent) => arrived.has(parent))
    })
    const next = contest.pick(ready)
    if (next === undefined) throw new Error('operations build on earlier ones')
    arrived.add(next)
    left.delete(next)
  }
  return [...arrived]
}
