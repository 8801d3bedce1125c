import { CliqueError } from '@clique/crypto'
import type { CliqueId, DeviceId, RecordDependency, RecordId } from '@clique/crypto'
import { noteAcknowledgements, noteOutKnown } from './acknowledgements.ts'
import { noteAtRelay, readChainAtRelay } from './at-relay.ts'
import type { InChain } from './at-relay.ts'
import type { DocumentRow, HeadRow, RecordRow } from './database.ts'
import type { Place } from './place.ts'
import { guarded, transact } from './store.ts'
import type { AlsoWritten, Store } from './store.ts'

/** What a record says of others. */
export interface Words {
  /** What it says that its author holds of others. */
  readonly acknowledges?: readonly RecordDependency[]
  /** Devices that are out by the roster that it names, where its author's records have not said so before. */
  readonly knowsOut?: readonly DeviceId[]
}

/** A record as it is given to storage: already sealed, already verified. */
export type NewRecord = Omit<RecordRow, 'order' | 'place' | 'receivedAts'> &
  Words & {
    /** PeerIds of the relays that are known to have it already. */
    readonly relays: readonly string[]
    /** What the records say that it carries. */
    readonly carries?: readonly (Words & Pick<RecordRow, 'sequence' | 'id'>)[]
    /** It takes the place of the rows of all that it carries. */
    readonly replaces?: true
  }

/** What a batch of records does to a document. */
export interface DocumentGrowth {
  readonly document: string
  readonly newest: number
  readonly entries: number
}

/** The chain end that the writer saw before it built the batch; null for a chain that has no record yet. */
export interface ExpectedHead {
  readonly device: DeviceId
  readonly sequence: number | null
}

/**
 * Records, chain heads and document marks in one commit, and only if no chain moved meanwhile. Returns the `order`
 * of each record. `also` comes first. @throws CliqueError `chain-head-moved`, `storage-full`, `storage-failed`; then nothing is stored
 */
export async function appendRecords(
  store: Store,
  clique: CliqueId,
  place: Place,
  records: readonly NewRecord[],
  expected: readonly ExpectedHead[],
  growth: readonly DocumentGrowth[],
  also?: AlsoWritten,
): Promise<number[]> {
  const { db } = store
  const tables = [db.records, db.outbox, db.heldByRelay, db.aheadAtRelay, db.heads, db.documents]
  const speaking = records.flatMap(wordsIn)
  const said = speaking.flatMap(({ by, at, id, acknowledges = [] }) =>
    acknowledges.map((one) => ({ ...one, by, at, id })),
  )
  const outKnown = speaking.flatMap(({ by, at, knowsOut = [] }) =>
    knowsOut.map((device) => ({ by, at, device })),
  )
  const orders = await transact(
    store,
    [...tables, db.acknowledgements, db.outKnown, ...(also?.tables ?? [])],
    async () => {
      await also?.write()
      const heads = await db.heads.bulkGet(expected.map(({ device }): [Place, DeviceId] => [place, device]))
      expected.forEach(({ sequence }, i) => {
        if ((heads[i]?.sequence ?? null) !== sequence) throw new CliqueError('chain-head-moved')
      })
      const keys = await db.records.bulkAdd(
        records.map(
          ({ relays: _, acknowledges: __, knowsOut: ___, carries: ____, replaces: _____, ...row }) => ({
            ...row,
            place,
          }),
        ),
        { allKeys: true },
      )
      const unrelayed = records.flatMap(({ device, sequence, relays }, i) =>
        relays.length > 0 ? [] : [{ place, device, sequence, order: keys[i] ?? 0 }],
      )
      await db.outbox.bulkPut(unrelayed)
      for (const [i, record] of records.entries()) {
        if (record.replaces) await dropCarried(store, place, record, keys[i] ?? 0)
      }
      for (const relay of new Set(records.flatMap(({ relays }) => relays))) {
        const held = records.filter(({ relays }) => relays.includes(relay))
        await noteAtRelay(store, place, relay, held)
      }
      const before = new Map(expected.map(({ device, sequence }) => [device, sequence ?? 0]))
      // A part of a chain that lies before what is held of it leaves the chain's end where it is.
      const moved = lastOfEachDevice(place, records).filter(
        ({ device, sequence }) => sequence > (before.get(device) ?? 0),
      )
      await db.heads.bulkPut(moved)
      await noteAcknowledgements(store, place, said)
      await noteOutKnown(store, place, outKnown)
      await growDocuments(store, place, growth, lastOrderByDocument(records, keys))
      return keys
    },
  )
  store.changes.announce({ kind: 'records', clique, place, order: orders.at(-1) })
  return orders
}

/** What a record says, and those that it carries. */
export function wordsIn(
  record: NewRecord,
): (Words & { readonly by: DeviceId; readonly at: number; readonly id: RecordId })[] {
  const { device: by, carries = [] } = record
  return [...carries, record].map(({ sequence: at, id, acknowledges, knowsOut }) => ({
    by,
    at,
    id,
    ...(acknowledges && { acknowledges }),
    ...(knowsOut && { knowsOut }),
  }))
}

/** In one commit with the compaction that carries them, so that they are held at every moment. */
async function dropCarried(
  { db }: Store,
  place: Place,
  { device, sequence, first = sequence, receivedAt }: NewRecord,
  order: number,
): Promise<void> {
  const beneath = db.records
    .where('[place+device+sequence]')
    .between([place, device, first], [place, device, sequence], true, false)
  const rows = await beneath.toArray()
  const receivedAts = Array.from({ length: sequence - first }, () => receivedAt)
  for (const row of rows) {
    const from = row.first ?? row.sequence
    const times = [...(row.receivedAts ?? []), row.receivedAt]
    for (const [i, time] of times.entries()) if (from + i >= first) receivedAts[from + i - first] = time
  }
  await db.records.update(order, { receivedAts })
  // One that begins earlier holds more than this.
  const carried = rows.filter((row) => (row.first ?? row.sequence) >= first)
  await db.records.bulkDelete(carried.flatMap(({ order: known = [] }) => known))
  await db.outbox.bulkDelete(carried.map((row): [Place, DeviceId, number] => [place, device, row.sequence]))
}

function lastOfEachDevice(place: Place, records: readonly NewRecord[]): HeadRow[] {
  const last = new Map<DeviceId, HeadRow>()
  for (const { device, sequence, id, keyId, stretch } of records) {
    if (sequence <= (last.get(device)?.sequence ?? 0)) continue
    last.set(device, { place, device, sequence, id, keyId, stretch })
  }
  return [...last.values()]
}

function lastOrderByDocument(records: readonly NewRecord[], orders: readonly number[]): Map<string, number> {
  return new Map(records.map(({ document }, i) => [document, orders[i] ?? 0]))
}

async function growDocuments(
  store: Store,
  place: Place,
  growth: readonly DocumentGrowth[],
  marks: ReadonlyMap<string, number>,
): Promise<void> {
  const { documents } = store.db
  const known = await documents.bulkGet(growth.map(({ document }): [Place, string] => [place, document]))
  await documents.bulkPut(
    growth.map(({ document, newest, entries }, i): DocumentRow => {
      const before = known[i]
      return {
        place,
        document,
        newest: Math.max(before?.newest ?? 0, newest),
        count: (before?.count ?? 0) + entries,
        mark: Math.max(before?.mark ?? 0, marks.get(document) ?? 0),
      }
    }),
  )
}

export async function readHeads(store: Store, place: Place): Promise<HeadRow[]> {
  return guarded(store.db.heads.where('[place+device]').between([place, ''], [place, '\uffff']).toArray())
}

/** Records committed after `order`, oldest first. */
export async function readRecordsAfter(
  store: Store,
  place: Place,
  order: number,
  limit = Infinity,
): Promise<RecordRow[]> {
  const range = store.db.records
    .where('[place+order]')
    .between([place, order], [place, Infinity], false, true)
  return guarded((limit === Infinity ? range : range.limit(limit)).toArray())
}

/** Records of one document committed after `order`, oldest first. */
export async function readDocumentRecords(
  store: Store,
  place: Place,
  document: string,
  order: number,
): Promise<RecordRow[]> {
  return guarded(
    store.db.records
      .where('[place+document+order]')
      .between([place, document, order], [place, document, Infinity], false, true)
      .toArray(),
  )
}

/** One device's records after a sequence number, in the order of its chain. */
export async function readChain(
  store: Store,
  place: Place,
  device: DeviceId,
  after: number,
  limit: number,
): Promise<RecordRow[]> {
  return guarded(
    store.db.records
      .where('[place+device+sequence]')
      .between([place, device, after], [place, device, Infinity], false, true)
      .limit(limit)
      .toArray(),
  )
}

/** The records that are held of these; in no order. */
export async function readRecordsAt(
  store: Store,
  place: Place,
  wanted: readonly { readonly device: DeviceId; readonly sequence: number }[],
): Promise<RecordRow[]> {
  if (wanted.length === 0) return []
  return guarded(
    store.db.records
      .where('[place+device+sequence]')
      .anyOf(wanted.map(({ device, sequence }) => [place, device, sequence]))
      .toArray(),
  )
}

/** The rows in which these are held, be it among others that a compaction carries; each row once, in no order. */
export async function readRowsOf(
  store: Store,
  place: Place,
  wanted: readonly { readonly device: DeviceId; readonly sequence: number }[],
): Promise<RecordRow[]> {
  const rows = await readRecordsAt(store, place, wanted)
  const found = new Set(rows.map(({ device, sequence }) => `${device} ${sequence}`))
  const missing = wanted.filter(({ device, sequence }) => sequence > 0 && !found.has(`${device} ${sequence}`))
  for (const [device, places] of Map.groupBy(missing, (one) => one.device)) {
    let looked = 0
    for (const { sequence } of places.toSorted((a, b) => a.sequence - b.sequence)) {
      if (sequence <= looked) continue
      const row = await readRowBehind(store, place, device, sequence)
      if (row === undefined) break
      const first = row.first ?? row.sequence
      // Where nothing holds it, nothing holds what comes before the row either.
      looked = first <= sequence ? row.sequence : first - 1
      if (first <= sequence && !found.has(`${device} ${row.sequence}`)) rows.push(row)
    }
  }
  return rows
}

/** The first row of a device's chain that is not before this sequence. */
async function readRowBehind(
  { db }: Store,
  place: Place,
  device: DeviceId,
  sequence: number,
): Promise<RecordRow | undefined> {
  return guarded(
    db.records
      .where('[place+device+sequence]')
      .between([place, device, sequence], [place, device, Infinity])
      .first(),
  )
}

/** One device's records that a relay is not known to have, in the order of its chain. */
export async function readLacking(
  store: Store,
  place: Place,
  relay: string,
  device: DeviceId,
  limit: number,
): Promise<RecordRow[]> {
  const { held, ahead } = await readChainAtRelay(store, place, relay, device)
  const rows = await readChain(store, place, device, held, limit + ahead.size)
  return rows.filter(({ sequence }) => !ahead.has(sequence)).slice(0, limit)
}

/** That relay (by its PeerId) has them until the time that it promised. Unknown ones are passed over. */
export async function markRelayed(
  store: Store,
  clique: CliqueId,
  place: Place,
  relay: string,
  records: readonly InChain[],
): Promise<void> {
  if (records.length === 0) return
  const { records: held, outbox, heldByRelay, aheadAtRelay } = store.db
  const keys = records.map(({ device, sequence }): [Place, DeviceId, number] => [place, device, sequence])
  await transact(store, [held, outbox, heldByRelay, aheadAtRelay], async () => {
    await outbox.bulkDelete(keys)
    await noteAtRelay(store, place, relay, records)
  })
  store.changes.announce({ kind: 'relayed', clique, place })
}

/** `order` of the last record that was committed in this place; 0 where there is none. */
export async function readLastOrder(store: Store, place: Place): Promise<number> {
  const row = await guarded(
    store.db.records.where('[place+order]').between([place, 0], [place, Infinity]).last(),
  )
  return row?.order ?? 0
}

/** The rows that hold one device's records before a sequence number, the last first; of one more than `limit` at most. */
export async function readChainBack(
  store: Store,
  place: Place,
  device: DeviceId,
  before: number,
  limit: number,
): Promise<RecordRow[]> {
  const behind = await readRowBehind(store, place, device, before)
  const rows = await guarded(
    store.db.records
      .where('[place+device+sequence]')
      .between([place, device, 0], [place, device, before], true, false)
      .reverse()
      .limit(limit)
      .toArray(),
  )
  return behind?.first !== undefined && behind.first < before ? [behind, ...rows] : rows
}
