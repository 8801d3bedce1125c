import { CliqueError } from '@clique/crypto'
import type { CliqueId, DeviceId } from '@clique/crypto'
import type { DocumentRow, HeadRow, RecordRow } from './database.ts'
import type { Place } from './place.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** A record as it is given to storage: already sealed, already verified. */
export type NewRecord = Omit<RecordRow, 'order' | 'place' | 'relayed'> & { readonly relayed: boolean }

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
 * of each record. @throws CliqueError `chain-head-moved`, `storage-full`, `storage-failed`; then nothing is stored
 */
export async function appendRecords(
  store: Store,
  clique: CliqueId,
  place: Place,
  records: readonly NewRecord[],
  expected: readonly ExpectedHead[],
  growth: readonly DocumentGrowth[],
): Promise<number[]> {
  const { db } = store
  const orders = await transact(store, [db.records, db.heads, db.documents], async () => {
    const heads = await db.heads.bulkGet(expected.map(({ device }): [Place, DeviceId] => [place, device]))
    expected.forEach(({ sequence }, i) => {
      if ((heads[i]?.sequence ?? null) !== sequence) throw new CliqueError('chain-head-moved')
    })
    const keys = await db.records.bulkAdd(
      records.map((record) => ({ ...record, place, relayed: record.relayed ? (1 as const) : (0 as const) })),
      { allKeys: true },
    )
    await db.heads.bulkPut(lastOfEachDevice(place, records))
    await growDocuments(store, place, growth, lastOrderByDocument(records, keys))
    return keys
  })
  store.changes.announce({ kind: 'records', clique, place })
  return orders
}

function lastOfEachDevice(place: Place, records: readonly NewRecord[]): HeadRow[] {
  const last = new Map<DeviceId, HeadRow>()
  for (const { device, sequence, id } of records) last.set(device, { place, device, sequence, id })
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

export async function readRecord(
  store: Store,
  place: Place,
  device: DeviceId,
  sequence: number,
): Promise<RecordRow | null> {
  const row = await guarded(
    store.db.records.where('[place+device+sequence]').equals([place, device, sequence]).first(),
  )
  return row ?? null
}

/** Records that no relay has confirmed yet, oldest first. */
export async function readUnrelayed(store: Store, place: Place, limit: number): Promise<RecordRow[]> {
  return guarded(
    store.db.records
      .where('[place+relayed+order]')
      .between([place, 0, 0], [place, 0, Infinity])
      .limit(limit)
      .toArray(),
  )
}

/** The relay has them until the time that it promised. Unknown ones are passed over. */
export async function markRelayed(
  store: Store,
  clique: CliqueId,
  place: Place,
  records: readonly { readonly device: DeviceId; readonly sequence: number }[],
): Promise<void> {
  const { db } = store
  await transact(store, [db.records], async () => {
    const rows = await db.records
      .where('[place+device+sequence]')
      .anyOf(records.map(({ device, sequence }) => [place, device, sequence]))
      .toArray()
    await db.records.bulkPut(rows.filter((row) => row.relayed === 0).map((row) => ({ ...row, relayed: 1 })))
  })
  store.changes.announce({ kind: 'relayed', clique, place })
}
