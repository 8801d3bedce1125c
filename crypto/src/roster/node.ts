import type { NamedCut } from '../epochs/rotation.ts'
import type { DeviceId, InviteId, MemberId, OperationId } from '../ids.ts'
import type { BitSet } from './bit-set.ts'
import type { Operation } from './operation.ts'
import type { Role } from './roles.ts'
import { compareIds, sortedIds } from './sorted-ids.ts'
import type { EpochInfo, Rank, RosterState } from './state.ts'

/**
 * An authorised operation with all that its own past decides about it, which nothing that happens beside or after
 * it can change. Whether it still counts in a larger set is another question (`counting.ts`).
 */
export interface RosterNode {
  readonly index: number
  readonly operation: Operation
  /** Everything that this operation builds on, by graph closure over parents and previous; not itself. */
  readonly past: BitSet
  /** Longest way from the genesis. */
  readonly depth: number
  /** Who speaks: for a join the newcomer. */
  readonly member: MemberId
  /** Null for a join, which speaks for no device yet, and for a root. */
  readonly device: DeviceId | null
  /** Rank of that member. */
  readonly rank: Rank
  /** The admissions and grants that this operation rests on directly; none only for the genesis. */
  readonly rests: readonly RosterNode[]
  /** What gave its author the role that they had, also where it takes none. */
  readonly grants: readonly RosterNode[]
  /** Of a removal or recovery that several signed: the countersigns. */
  readonly signatures: readonly RosterNode[]
  /** Every admission and grant that it rests on, by index. */
  readonly chain: ReadonlySet<number>
  /** The most junior rank on the chain, its author included. */
  readonly strength: Rank
  /** The role that it takes; null where every member may do it. */
  readonly needs: Role | null
  /** Of a removal that a majority signed: it counts whatever else is known. */
  readonly isCountersigned: boolean
  /** Of a removal or demotion: strictly senior to whom it takes something from. */
  readonly isSenior: boolean
  /** Of a change of role to one with fewer rights: which. */
  readonly demotesTo: Role | null
  /** Of an operation that rotates: all but whether it counts. */
  readonly epoch: EpochInfo | null
  /** What it says of how far records of devices that are out count. */
  readonly cuts: readonly NamedCut[]
  /** The state of its past with itself. */
  readonly after: RosterState
}

/** An order of any set of operations that respects causality and that everybody finds. */
export function compareNodes(a: RosterNode, b: RosterNode): number {
  return a.depth - b.depth || compareIds(a.operation.id, b.operation.id)
}

export function operationIdsOf(nodes: readonly RosterNode[]): OperationId[] {
  return sortedIds(nodes.map((node) => node.operation.id))
}

export function inviteOf(join: RosterNode): InviteId | null {
  return join.operation.author.kind === 'invitation' ? join.operation.author.id : null
}
