/** Ids are hex, so their order as texts is that of their bytes. */
export function compareIds<Id extends string>(a: Id, b: Id): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** By code units, as `compareIds`. */
export function sortedIds<Id extends string>(ids: Iterable<Id>): Id[] {
  return [...ids].sort()
}
