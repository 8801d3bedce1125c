/** Sets of small numbers, as wide as their largest member needs. */
export type BitSet = Uint32Array

export const emptyBits: BitSet = new Uint32Array(0)

export function hasBit(bits: BitSet, index: number): boolean {
  return ((bits[index >>> 5] ?? 0) & (1 << (index & 31))) !== 0
}

export function unite(sets: readonly BitSet[], more: readonly number[] = []): BitSet {
  let width = 0
  for (const set of sets) width = Math.max(width, set.length)
  for (const index of more) width = Math.max(width, (index >>> 5) + 1)
  const union = new Uint32Array(width)
  for (const set of sets) {
    for (let word = 0; word < set.length; word++) union[word] = (union[word] ?? 0) | (set[word] ?? 0)
  }
  for (const index of more) union[index >>> 5] = (union[index >>> 5] ?? 0) | (1 << (index & 31))
  return union
}

export function bitsToIndexes(bits: BitSet): number[] {
  const indexes: number[] = []
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word] ?? 0; rest !== 0; rest &= rest - 1) {
      indexes.push(word * 32 + 31 - Math.clz32(rest & -rest))
    }
  }
  return indexes
}
