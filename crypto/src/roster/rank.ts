import type { RosterNode } from './node.ts'
import { isAdmin, reaches } from './roles.ts'
import type { Member, Rank, RosterState } from './state.ts'
import type { MemberId } from '../ids.ts'

/**
 * Of whom an operation speaks for. `admission`: the invitation that a join rests on; null for every other operation,
 * whose author has a rank already, and for the genesis.
 */
export function rankOf(
  member: MemberId,
  past: RosterState,
  admission: Pick<RosterNode, 'rank' | 'operation'> | null,
): Rank {
  if (admission === null) return past.members.get(member)?.rank ?? []
  return [...admission.rank, admission.operation.sequence ?? 0]
}

/** Negative when `a` is senior: lexicographic, and a prefix comes first. Zero for equals. */
export function compareRanks(a: Rank, b: Rank): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function isStrictlySenior(a: Rank, b: Rank): boolean {
  return compareRanks(a, b) < 0
}

export function moreJunior(a: Rank, b: Rank): Rank {
  return compareRanks(a, b) < 0 ? b : a
}

/** Whether an admin may remove somebody or change their role without being helped: by rank, and never a greater role. */
export function isAbove(member: Member, target: Member): boolean {
  return (
    isAdmin(member.role) &&
    compareRanks(member.rank, target.rankByLink) < 0 &&
    reaches(member.role, target.role)
  )
}

/** Whether somebody came by an invitation of this member, or of somebody who did. */
export function wasLetInBy(state: RosterState, member: Member, owner: MemberId | undefined): boolean {
  const seen = new Set<MemberId>()
  for (let at: Member | undefined = member; at !== undefined && !seen.has(at.id);) {
    seen.add(at.id)
    const inviter: MemberId | undefined =
      at.invite === null ? undefined : state.invitations.get(at.invite)?.inviter
    if (inviter !== undefined && inviter === owner) return true
    at = inviter === undefined ? undefined : state.members.get(inviter)
  }
  return false
}
