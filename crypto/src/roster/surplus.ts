import type { RosterNode } from './node.ts'
import { compareIds } from './sorted-ids.ts'

/**
 * Takers beyond an invitation's uses who are listed for an admin to look at. Whoever has a link can make any number
 * of joins beside one another; the rest of them is out.
 */
export const maxSurplusTakers = 16

/** Of the takers of an invitation who do not count, those for whom there is room in the list, the lowest ids first. */
export function listSurplus(
  takers: readonly RosterNode[],
  counts: (taker: RosterNode) => boolean,
): ReadonlySet<RosterNode> {
  const body = takers[0]?.rests[0]?.operation.body
  const uses = body?.type === 'invite' ? body.uses : 0
  const left = takers.filter((taker) => !counts(taker))
  const room = Math.max(0, uses + maxSurplusTakers - (takers.length - left.length))
  return new Set(left.toSorted((a, b) => compareIds(a.operation.id, b.operation.id)).slice(0, room))
}
