import { equal } from '../bytes.ts'
import type { RosterState } from '../roster/state.ts'

/**
 * Not compared: what was known to the authors of epochs, which is states again; which
 * epochs did not count for a while; and the hash, which says no more than the rest.
 */
const skipped = new Set(['views', 'archiveViews', 'fallenEpochs', 'hash'])

/** Whether two states agree in every part. To hash one that was folded anew takes longer than all else in a history. */
export function isSameState(a: RosterState, b: RosterState): boolean {
  return isSame(a, b)
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equal(a, b)
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => isSame(item, b[at]))
  }
  if (a instanceof Set) return b instanceof Set && a.size === b.size && [...a].every((item) => b.has(item))
  if (isMap(a)) {
    if (!isMap(b) || a.size !== b.size) return false
    for (const [key, value] of a.entries()) if (!b.has(key) || !isSame(value, b.get(key))) return false
    return true
  }
  const [some, others] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(some)
  return (
    keys.length === Object.keys(others).length &&
    keys.every((key) => key in others && (skipped.has(key) || isSame(some[key], others[key])))
  )
}

/** Some of a state's maps are layers of several. */
function isMap(value: object): value is ReadonlyMap<unknown, unknown> {
  return 'get' in value && 'entries' in value
}
