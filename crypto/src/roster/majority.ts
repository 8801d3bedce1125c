import type { MemberId, OperationId } from '../ids.ts'
import type { CountersignPurpose } from './operation.ts'
import { compareRanks } from './rank.ts'
import { isAdmin } from './roles.ts'
import { compareIds } from './sorted-ids.ts'
import { isIn } from './standing.ts'
import type { Member, RosterState } from './state.ts'

/**
 * Who signed for this: the author, and those whose countersigns are named. Null where one of them is not known, is for
 * something else, or is of a device that is not in.
 */
export function signersOf(
  past: RosterState,
  author: MemberId,
  countersigns: readonly OperationId[],
  purpose: CountersignPurpose,
  member: MemberId,
): ReadonlySet<MemberId> | null {
  const signers = new Set([author])
  for (const id of countersigns) {
    const countersign = past.countersigns.get(id)
    if (countersign?.purpose !== purpose || countersign.member !== member) return null
    if (!isIn(past, countersign.device)) return null
    signers.add(countersign.signer)
  }
  return signers
}

/**
 * Whether these are enough to remove somebody whom none of them could remove alone: more than half of the other admins
 * where there are at least two, else of all members, the one in question among them.
 */
export function mayRemoveTogether(
  past: RosterState,
  signers: ReadonlySet<MemberId>,
  target: MemberId,
): boolean {
  const members = membersIn(past)
  const admins = members.filter(({ id, role }) => id !== target && isAdmin(role))
  return isMajority(signers, admins.length >= 2 ? admins : members)
}

/**
 * Whether these are enough to make somebody an admin: more than half of all members; or, where there is one admin at
 * most, who may be lost, the most senior of the others with somebody else.
 */
export function mayRecoverTogether(past: RosterState, signers: ReadonlySet<MemberId>): boolean {
  const members = membersIn(past)
  if (isMajority(signers, members)) return true
  const others = members.filter(({ role }) => !isAdmin(role))
  const [first] = others.toSorted((a, b) => compareRanks(a.rank, b.rank) || compareIds(a.id, b.id))
  return (
    members.length - others.length <= 1 && first !== undefined && signers.has(first.id) && signers.size >= 2
  )
}

function isMajority(signers: ReadonlySet<MemberId>, members: readonly Member[]): boolean {
  return 2 * members.filter(({ id }) => signers.has(id)).length > members.length
}

function membersIn(state: RosterState): Member[] {
  return [...state.members.values()].filter(({ status }) => status === 'in')
}
