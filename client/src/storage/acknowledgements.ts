import type { DeviceId } from '@clique/crypto'
import type { AcknowledgementRow, OutKnownRow } from './database.ts'
import type { Place } from './place.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/**
 * Of each two devices only what the one said last of the other is kept, so their number does not grow with history; what
 * was said before stands in the records.
 */
export type NewAcknowledgement = Omit<AcknowledgementRow, 'place'>

/** For use inside a transaction that holds `acknowledgements`. */
export async function noteAcknowledgements(
  { db }: Store,
  place: Place,
  said: readonly NewAcknowledgement[],
): Promise<void> {
  if (said.length === 0) return
  const last = new Map<string, NewAcknowledgement>()
  for (const one of said) {
    const name = `${one.by} ${one.device}`
    if (one.at > (last.get(name)?.at ?? 0)) last.set(name, one)
  }
  const rows = [...last.values()]
  const known = await db.acknowledgements.bulkGet(
    rows.map(({ by, device }): [Place, DeviceId, DeviceId] => [place, by, device]),
  )
  const newer = rows.filter(({ at }, i) => at > (known[i]?.at ?? 0))
  await db.acknowledgements.bulkPut(newer.map((one) => ({ ...one, place })))
}

/** What was said last of a device's records, by whomever. */
export async function readAcknowledgementsOf(
  { db }: Store,
  place: Place,
  device: DeviceId,
): Promise<AcknowledgementRow[]> {
  return guarded(db.acknowledgements.where('[place+device]').equals([place, device]).toArray())
}

/** What a device has said last of others. */
export async function readAcknowledgementsBy(
  { db }: Store,
  place: Place,
  by: DeviceId,
): Promise<AcknowledgementRow[]> {
  const range = db.acknowledgements.where('[place+by+device]').between([place, by, ''], [place, by, '\uffff'])
  return guarded(range.toArray())
}

export type NewOutKnown = Omit<OutKnownRow, 'place'>

/** For use inside a transaction that holds `outKnown`. */
export async function noteOutKnown(
  { db }: Store,
  place: Place,
  known: readonly NewOutKnown[],
): Promise<void> {
  for (const one of known) {
    const before = await db.outKnown.get([place, one.by, one.device])
    if (before === undefined || one.at < before.at) await db.outKnown.put({ ...one, place })
  }
}

/** Device -> sequence of its first record that names a roster in which this one is out. */
export async function readOutKnown(
  { db }: Store,
  place: Place,
  device: DeviceId,
): Promise<ReadonlyMap<DeviceId, number>> {
  const rows = await guarded(db.outKnown.where('[place+device]').equals([place, device]).toArray())
  return new Map(rows.map(({ by, at }) => [by, at]))
}
