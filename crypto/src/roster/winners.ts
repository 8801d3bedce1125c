import { hasBit } from './bit-set.ts'
import type { Counting } from './counting.ts'
import type { RosterNode } from './node.ts'
import { compareRanks } from './rank.ts'
import { roles } from './roles.ts'
import { compareIds } from './sorted-ids.ts'

/**
 * Of operations that say something different of one thing, those that have their effect: the latest, and of several that
 * did not know of each other, for a role the one with the fewest rights, then the one with the strongest authority, then
 * the lowest id. Nothing that a junior could try again and again to win.
 */
export function winnersOf(nodes: readonly RosterNode[], counting: Counting): Winners {
  const byTopic = new Map<string, RosterNode[]>()
  for (const node of nodes) {
    const topic = topicOf(node)
    if (topic === null || !counting.counts(node)) continue
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), node])
  }
  const lifts = new Map<RosterNode, readonly RosterNode[]>()
  const bounds: RosterNode[] = []
  for (const group of byTopic.values()) {
    const given = group.filter((node) => !isStepDown(node))
    const isLatest = (node: RosterNode): boolean => !given.some((other) => hasBit(other.past, node.index))
    // Doing with less gives nobody anything, and takes nothing from what others say of that role.
    bounds.push(...group.filter((node) => isStepDown(node) && isLatest(node)))
    const latest = given.filter(isLatest)
    const [winner] = latest.toSorted(compare)
    if (winner !== undefined) lifts.set(winner, liftsOf(winner, latest, group))
  }
  return { lifts, bounds }
}

export interface Winners {
  /** With each what it holds by besides. */
  readonly lifts: ReadonlyMap<RosterNode, readonly RosterNode[]>
  /** Lesser roles with which somebody does, of which nothing that gave them one since knew. */
  readonly bounds: readonly RosterNode[]
}

/** Whether somebody does with a lesser role. */
function isStepDown({ operation: { body }, member }: Pick<RosterNode, 'operation' | 'member'>): boolean {
  return body.type === 'set-role' && body.member === member
}

/** Of roles given beside the one that holds, those that knew of what had taken it, of which that one did not know. */
function liftsOf(
  winner: RosterNode,
  latest: readonly RosterNode[],
  group: readonly RosterNode[],
): readonly RosterNode[] {
  const unknown = group.filter(({ demotesTo, index }) => demotesTo !== null && !hasBit(winner.past, index))
  return latest.filter((node) => node !== winner && unknown.some(({ index }) => hasBit(node.past, index)))
}

/** What an operation sets, if there is one value of it; null for all other operations. */
export function topicOf({ operation: { body } }: RosterNode): string | null {
  switch (body.type) {
    case 'set-policy':
    case 'set-relays':
      return body.type
    case 'set-role':
    case 'recover':
      return `role ${body.member}`
    case 'confirm':
      return `confirm ${body.member}`
    default:
      return null
  }
}

function compare(a: RosterNode, b: RosterNode): number {
  return (
    roleIn(b) - roleIn(a) ||
    compareRanks(a.strength, b.strength) ||
    compareIds(a.operation.id, b.operation.id)
  )
}

function roleIn({ operation: { body } }: RosterNode): number {
  if (body.type === 'set-role') return roles.indexOf(body.role)
  return body.type === 'recover' ? roles.indexOf('admin') : 0
}
