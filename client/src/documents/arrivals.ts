import type { CarriedRecord } from '@clique/crypto'
import type { NewAside } from '../storage/forks.ts'
import type { DocumentGrowth, NewRecord, Words } from '../storage/records.ts'
import type { Growth } from './chapter.ts'
import type { Admission } from './gate.ts'
import type { RecordContribution } from './shared-document.ts'
import { isTitle } from './title-name.ts'

/** What was judged and sealed and becomes one row: a record, or those that a compaction carries. */
export interface Arrival {
  readonly record: NewRecord
  /** Those that are not in the document yet. */
  readonly contributions: readonly RecordContribution[]
  /** Null for a document without entries. */
  readonly growth: Growth | null
}

/** A record that comes to stand, and what the gate said; null of a compaction itself. */
export interface Fresh {
  readonly record: CarriedRecord
  readonly words: Required<Words>
  readonly admission: Extract<Admission, { verdict: 'accept' }> | null
  readonly stretch: number
}

export interface Wrapping {
  readonly bytes: Uint8Array
  readonly relays: readonly string[]
}

export interface RowOptions {
  /** The bytes are a compaction. */
  readonly carries: boolean
  /** The first record that it carries, where all of it stands: rows of their own are needed no more. */
  readonly replacesFrom: CarriedRecord | null
  readonly receivedAt: number
}

/** The one row for records that came together, ascending. */
export function arrivalOf(
  { bytes, relays }: Wrapping,
  fresh: readonly Fresh[],
  { carries, replacesFrom, receivedAt }: RowOptions,
): Arrival {
  const [first, last] = [fresh[0], fresh.at(-1)]
  if (first === undefined || last === undefined) throw new Error('a row of nothing')
  const { record, stretch } = last
  const { device, sequence, document, key: keyId } = record.body
  const row = {
    device,
    sequence,
    id: record.id,
    document,
    keyId,
    stretch,
    bytes,
    receivedAt,
    relays,
    ...last.words,
  }
  const carried = fresh.slice(0, -1).map(({ record, words }) => ({
    ...words,
    sequence: record.body.sequence,
    id: record.id,
  }))
  const begin = (replacesFrom ?? first.record).body.sequence
  const growths = fresh.flatMap(({ admission }) => admission?.growth ?? [])
  return {
    record: {
      ...row,
      ...(carries && { first: begin, carries: carried }),
      ...(replacesFrom !== null && { replaces: true }),
    },
    contributions: fresh.flatMap(({ record, admission }) =>
      admission === null ? [] : [contributionOf(record, admission)],
    ),
    growth: isTitle(document) ? null : sumOf(growths),
  }
}

/** What a record brings to its document, with what others find it by. */
export function contributionOf(
  { id }: Pick<CarriedRecord, 'id'>,
  { contribution }: Extract<Admission, { verdict: 'accept' }>,
): RecordContribution {
  return { ...contribution, id }
}

function sumOf(all: readonly Growth[]): Growth {
  const entries = all.reduce((sum, growth) => sum + growth.entries, 0)
  return { entries, newest: Math.max(0, ...all.map(({ newest }) => newest)) }
}

/** The one row for what lies aside of an item, from the first of these records to the last. */
export function asideOf(
  { bytes, relays }: Wrapping,
  records: readonly CarriedRecord[],
  carries: boolean,
  receivedAt: number,
): NewAside {
  const [first, last] = [records[0], records.at(-1)]
  if (first === undefined || last === undefined) throw new Error('a row of nothing')
  const { device, sequence, document, key: keyId, previous, previousKey } = last.body
  const row = { device, sequence, id: last.id, document, keyId, bytes, receivedAt, relays }
  if (!carries) return { ...row, previous, previousKey }
  return { ...row, previous: null, previousKey: null, first: first.body.sequence }
}

/** What a batch does to each document. */
export function growthOf(arrivals: readonly Arrival[]): DocumentGrowth[] {
  const byDocument = new Map<string, { document: string; newest: number; entries: number }>()
  for (const { record, growth } of arrivals) {
    if (growth === null) continue
    const { document } = record
    const sum = byDocument.get(document) ?? { document, newest: 0, entries: 0 }
    sum.newest = Math.max(sum.newest, growth.newest)
    sum.entries += growth.entries
    byDocument.set(document, sum)
  }
  return [...byDocument.values()]
}
