import type { RosterNode } from './node.ts'
import type { Rank, RosterState } from './state.ts'
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
