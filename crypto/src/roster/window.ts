import type { InviteId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import type { RosterNode } from './node.ts'

/** What has to be looked at to fold a set of operations. */
export interface Window {
  /** An operation that all of `nodes` build on, with all that is before it; null for the beginning. */
  readonly base: RosterNode | null
  readonly nodes: readonly RosterNode[]
}

/**
 * Goes back from these heads, none of which builds on another, to the first operation on which everything that was
 * passed builds. Nothing that comes after an operation changes what it and its past amount to, with one exception: more
 * takers of one invitation than it has uses. So this is as far as a fold has to go, and a life in which people hear of
 * each other now and then costs what came since they last did.
 */
export function windowOf(
  heads: readonly RosterNode[],
  directOf: (node: RosterNode) => readonly RosterNode[],
): Window {
  const open = new Set(heads)
  const nodes: RosterNode[] = []
  const takers = new Map<InviteId, number>()
  for (let node = newestOf(open); node !== undefined; node = newestOf(open)) {
    if (open.size === 1 && nodes.length > 0 && hasRoomFor(takers, node)) return { base: node, nodes }
    open.delete(node)
    nodes.push(node)
    const { body, author } = node.operation
    if (body.type === 'join' && author.kind === 'invitation') {
      takers.set(author.id, (takers.get(author.id) ?? 0) + 1)
    }
    const direct = directOf(node)
    // What another of them builds on is reached by way of that one.
    for (const one of direct) if (!direct.some(({ past }) => hasBit(past, one.index))) open.add(one)
  }
  return { base: null, nodes }
}

/** Operations are numbered as they find their place, each after what it builds on. */
function newestOf(nodes: ReadonlySet<RosterNode>): RosterNode | undefined {
  let newest: RosterNode | undefined
  for (const node of nodes) if (newest === undefined || node.index > newest.index) newest = node
  return newest
}

function hasRoomFor(takers: ReadonlyMap<InviteId, number>, { after }: RosterNode): boolean {
  for (const [invite, count] of takers) {
    const known = after.invitations.get(invite)
    if (known !== undefined && known.used > 0 && known.used + count > known.uses) return false
  }
  return true
}
