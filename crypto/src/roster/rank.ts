import type { Rank } from './state.ts'

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
