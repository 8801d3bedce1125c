import type { Waiting } from '../storage/waiting.ts'
import { waitingId } from './reception.ts'

/** Which relays are known to have an item: the one that it was just read from, and those noted while it waited. */
export function relaysByItem(
  given: readonly Uint8Array[],
  relay: string | null,
  kept: readonly Waiting[],
): (item: Uint8Array) => string[] {
  const isGiven = new Set(given)
  const waited = new Map(kept.map(({ id, relays }) => [id, relays]))
  return (item) => {
    const before = waited.size === 0 ? [] : (waited.get(waitingId(item)) ?? [])
    return relay !== null && isGiven.has(item) ? [...new Set([...before, relay])] : [...before]
  }
}
