import type { CliqueId, DeviceId, RecordId } from '@clique/crypto'
import type { AtRelayRow } from './database.ts'
import type { Place } from './place.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/**
 * What each relay (by its PeerId) is known to have. Records lie in chains, so of each device the last sequence is kept up
 * to which the relay has all that is held here; what it has beyond a gap is kept one by one until the gap is closed.
 */
export interface InChain {
  readonly device: DeviceId
  readonly sequence: number
}

/** For use inside a transaction that holds `records`, `heldByRelay` and `aheadAtRelay`. */
export async function noteAtRelay(
  { db }: Store,
  place: Place,
  relay: string,
  records: readonly InChain[],
): Promise<void> {
  if (records.length === 0) return
  const held = new Map(Object.entries((await db.heldByRelay.get([place, relay]))?.held ?? {}))
  const devices = new Set(records.map(({ device }) => device))
  for (const device of devices) {
    const known = await aheadOf(db, place, relay, device)
    const ahead = new Set(known)
    const before = held.get(device) ?? 0
    for (const one of records) if (one.device === device && one.sequence > before) ahead.add(one.sequence)
    held.set(device, await closeGaps(db, place, { device, sequence: before }, ahead))
    const row = (sequence: number): AtRelayRow => ({ place, relay, device, sequence })
    const gone = known.filter((sequence) => !ahead.has(sequence))
    await db.aheadAtRelay.bulkDelete(gone.map((sequence) => [place, relay, device, sequence]))
    const kept = new Set(known)
    await db.aheadAtRelay.bulkPut([...ahead].filter((sequence) => !kept.has(sequence)).map(row))
  }
  await db.heldByRelay.put({ place, relay, held: Object.fromEntries(held) })
}

/** Takes out of `ahead` what no gap parts from the rest any more; returns the last sequence before the first gap. */
async function closeGaps(
  { records }: Store['db'],
  place: Place,
  { device, sequence }: InChain,
  ahead: Set<number>,
): Promise<number> {
  let last = sequence
  for (const next of [...ahead].toSorted((a, b) => a - b)) {
    // A chain begins late, and has holes, where what is missing is for others alone: there is nothing to bring.
    const between = records
      .where('[place+device+sequence]')
      .between([place, device, last], [place, device, next], false, false)
    if (next > last + 1 && (await between.count()) > 0) break
    ahead.delete(next)
    last = next
  }
  return last
}

async function aheadOf(db: Store['db'], place: Place, relay: string, device: DeviceId): Promise<number[]> {
  const keys = await db.aheadAtRelay
    .where('[place+relay+device+sequence]')
    .between([place, relay, device, 0], [place, relay, device, Infinity])
    .primaryKeys()
  return keys.map(([, , , sequence]) => sequence)
}

/** What is known of one device's chain: all up to `held`, and some beyond it. */
export async function readChainAtRelay(
  store: Store,
  place: Place,
  relay: string,
  device: DeviceId,
): Promise<{ held: number; ahead: ReadonlySet<number> }> {
  const row = await guarded(store.db.heldByRelay.get([place, relay]))
  const ahead = await guarded(aheadOf(store.db, place, relay, device))
  return { held: row?.held[device] ?? 0, ahead: new Set(ahead) }
}

/** Of each device the last sequence up to which the relay has all. */
export async function readHeldByRelay(
  store: Store,
  place: Place,
  relay: string,
): Promise<Readonly<Record<string, number>>> {
  return (await guarded(store.db.heldByRelay.get([place, relay])))?.held ?? {}
}

/** What lies aside is known by its id, as what stands may have the same place. For use inside a transaction that holds `aside`. */
export async function noteAsideAtRelay(
  { db }: Pick<Store, 'db'>,
  place: Place,
  relay: string,
  ids: readonly RecordId[],
): Promise<void> {
  const rows = await db.aside
    .where('[place+id]')
    .anyOf(ids.map((id) => [place, id]))
    .toArray()
  const lacking = rows.filter(({ relays }) => !relays.includes(relay))
  await db.aside.bulkPut(lacking.map((row) => ({ ...row, relays: [...row.relays, relay] })))
}

/** For use inside a transaction that holds `itemsAtRelay`. */
export async function noteItemsAtRelay(
  { db }: Store,
  clique: CliqueId,
  relay: string,
  ids: readonly string[],
): Promise<void> {
  await db.itemsAtRelay.bulkPut(ids.map((id) => ({ clique, relay, id })))
}

/** Those of these items that any relay is known to have. */
export async function readItemsAtRelays(
  store: Store,
  clique: CliqueId,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await guarded(
    store.db.itemsAtRelay
      .where('[clique+id]')
      .anyOf(ids.map((id) => [clique, id]))
      .toArray(),
  )
  return new Set(rows.map(({ id }) => id))
}

/** For use inside a transaction that holds `itemsAtRelay`: no relay has these as they are now. */
export async function forgetItemsAtRelays(
  { db }: Store,
  clique: CliqueId,
  ids: readonly string[],
): Promise<void> {
  await db.itemsAtRelay
    .where('[clique+id]')
    .anyOf(ids.map((id) => [clique, id]))
    .delete()
}
