import { carriedBy, compactionKind } from '@clique/crypto'
import type { CarriedRecord, ChainLink, RecordBody, UnverifiedRecord } from '@clique/crypto'
import type { AsideRow, RecordRow } from '../storage/record-rows.ts'
import { readRowsOf } from '../storage/records.ts'
import type { Place } from '../storage/place.ts'
import type { Store } from '../storage/store.ts'

/** A row of records, wherever it lies. */
export type Row = Pick<RecordRow, 'keyId' | 'bytes' | 'sequence' | 'receivedAt' | 'first' | 'receivedAts'>

/** What opens the rows of a space. */
export interface Opener {
  /** As it came: it was judged before it was stored. */
  open(row: Pick<RecordRow, 'keyId' | 'bytes'>): UnverifiedRecord
}

export interface RowsOfSpace extends Opener {
  readonly context: { readonly store: Store }
  readonly place: Place
}

/** A record that is held, be it in a compaction that carries it. */
export interface HeldRecord extends CarriedRecord {
  /** Milliseconds since 1970, by this device's clock. */
  readonly receivedAt: number
}

/** A place in a device's chain. */
export type ChainPlace = Pick<RecordBody, 'device' | 'sequence'>

/** A record, after those that it carries; ascending. @throws CliqueError where it carries no records of its chain */
export function unpack(record: CarriedRecord): readonly CarriedRecord[] {
  return record.body.kind === compactionKind ? [...carriedBy(record.body), record] : [record]
}

/** The records for which a row stands, ascending. They were judged before they were stored. */
export function recordsIn(documents: Opener, row: Row): readonly HeldRecord[] {
  const { claims: body, signed, id } = documents.open(row)
  const { sequence, first = sequence, receivedAt, receivedAts = [] } = row
  if (row.first === undefined) return [{ id, body, signed, receivedAt }]
  return unpack({ body, signed, id })
    .filter((one) => one.body.sequence >= first && one.body.sequence <= sequence)
    .map((one, i) => ({ ...one, receivedAt: receivedAts[i] ?? receivedAt }))
}

/** The records that are held of these; in no order. */
export async function readRecordsOf(
  documents: RowsOfSpace,
  wanted: readonly ChainPlace[],
): Promise<Pick<RecordRow, 'device' | 'sequence' | 'id' | 'keyId'>[]> {
  const names = new Set(wanted.map(nameOf))
  const rows = await readRowsOf(documents.context.store, documents.place, wanted)
  return rows.flatMap((row) => placesIn(documents, row)).filter((one) => names.has(nameOf(one)))
}

/** Opens a row only where it stands for more than its own record. */
export function placesIn(
  documents: Opener,
  row: RecordRow,
): Pick<RecordRow, 'device' | 'sequence' | 'id' | 'keyId' | 'stretch'>[] {
  if (row.first === undefined) return [row]
  return recordsIn(documents, row).map(({ id, body: { sequence } }) => ({ ...row, sequence, id }))
}

/** A record that lies aside, and the row in which it does. */
export interface AsideRecord extends ChainLink {
  readonly row: AsideRow
}

export function asideIn(
  documents: Opener & { readonly context: Pick<ChainLink, 'space'> },
  row: AsideRow,
): AsideRecord[] {
  if (row.first === undefined) return [{ ...row, key: row.keyId, space: documents.context.space, row }]
  return recordsIn(documents, row).map(({ id, body }) => ({ ...body, id, row }))
}

export function nameOf({ device, sequence }: ChainPlace): string {
  return `${device}:${sequence}`
}
