import { decode, encode, readArray, readBytesUpTo, readId, readList, readNullable } from './cbor.ts'
import type { CborLimits, CborValue } from './cbor.ts'
import { CliqueError } from './errors.ts'
import { idToBytes } from './ids.ts'
import type { KeyId, RecordId } from './ids.ts'
import { maxPayloadSize, maxRecordDependencies, maxRecordHeads, nameRecord } from './record.ts'
import { readDependency, readKind, writeDependency } from './record.ts'
import type { RecordBody, SignedRecord } from './record.ts'

/** The kind of a record that carries those before it in its author's chain. */
export const compactionKind = 'compaction-1'
/** One that carried a single record would be larger than that. */
export const minCarried = 2
/**
 * As many as a device judges together when they come one by one: a few bytes can say that they are records, and each
 * costs whoever reads them a hash and a try.
 */
export const maxCarried = 256

/** Of a record what its author signed, in a record of its own or in a compaction, and the id that follows from it. */
export type CarriedRecord = Pick<SignedRecord, 'body' | 'signed' | 'id'>

/** What a carried record does not share with the others; what precedes it follows from the record before. */
type OwnPart = Pick<RecordBody, 'dependencies' | 'payload'>
/** Records in a row that name one session and one roster. */
export interface Stretch extends Pick<RecordBody, 'session' | 'heads'> {
  readonly records: readonly OwnPart[]
}
export interface Carried {
  readonly kind: string | number
  readonly previous: RecordId | null
  readonly previousKey: KeyId | null
  readonly stretches: readonly Stretch[]
}

/**
 * The payload of a compaction that stands directly behind these records. They are one stretch of a chain, in one document
 * and under one key. @throws CliqueError `too-large`, where they do not fit into one
 */
export function carryRecords(records: readonly RecordBody[]): Uint8Array {
  const [first] = records
  if (first === undefined) throw new TypeError('a compaction carries records')
  const stretches: (Stretch & { records: OwnPart[] })[] = []
  for (const { session, heads, dependencies, payload } of records) {
    const last = stretches.at(-1)
    if (last?.session === session && last.heads.join() === heads.join()) {
      last.records.push({ dependencies, payload })
    } else stretches.push({ session, heads, records: [{ dependencies, payload }] })
  }
  const { kind, previous, previousKey } = first
  const bytes = encodeCarried({ kind, previous, previousKey, stretches })
  if (bytes.length > maxPayloadSize) throw new CliqueError('too-large')
  return bytes
}

/**
 * The records that a compaction carries, ascending. What each says was before it is made from the one before, and the last
 * is what the compaction itself names: so they are the records of its author's chain, or it carries nothing.
 * @throws CliqueError
 */
export function carriedBy(compaction: RecordBody): readonly CarriedRecord[] {
  const { clique, space, document, device, key } = compaction
  const { kind, stretches, ...before } = decodeCarried(compaction.payload)
  const count = stretches.reduce((sum, { records }) => sum + records.length, 0)
  if (count < minCarried || count > maxCarried) throw new CliqueError('shape-out-of-range')
  let { previous, previousKey } = before
  let sequence = compaction.sequence - count
  const carried: CarriedRecord[] = []
  for (const { session, heads, records } of stretches) {
    for (const own of records) {
      const place = { clique, space, document, device, sequence, key, previous, previousKey }
      const body: RecordBody = { ...place, session, heads, ...own, kind }
      const { signed, id } = nameRecord(body)
      carried.push({ body, signed, id })
      previous = id
      previousKey = key
      sequence++
    }
  }
  if (compaction.previous !== previous || compaction.previousKey !== key) {
    throw new CliqueError('compaction-mismatch')
  }
  return carried
}

/** As many values as `maxCarried` records have with what they usually acknowledge, and twice that. */
const limits: CborLimits = { size: maxPayloadSize, depth: 7, items: 50_000 }

export function encodeCarried({ kind, previous, previousKey, stretches }: Carried): Uint8Array {
  return encode([
    kind,
    previous === null ? null : idToBytes(previous),
    previousKey === null ? null : idToBytes(previousKey),
    stretches.map(({ session, heads, records }) => [
      idToBytes(session),
      heads.map(idToBytes),
      records.map(({ dependencies, payload }) => [dependencies.map(writeDependency), payload]),
    ]),
  ])
}

/** What a payload says, whatever stands before it. @throws CliqueError */
export function decodeCarried(payload: Uint8Array): Carried {
  const fields = readArray(decode(payload, limits), 4)
  const kind = readKind(fields[0])
  if (kind === compactionKind) throw new CliqueError('compaction-nested')
  const stretches = readList(fields[3], maxCarried, readStretch)
  // Else the same records could be carried in two ways.
  const isWhole = stretches.every(
    ({ session, heads, records }, i) =>
      records.length > 0 &&
      !(stretches[i - 1]?.session === session && stretches[i - 1]?.heads.join() === heads.join()),
  )
  if (!isWhole) throw new CliqueError('cbor-not-canonical')
  return {
    kind,
    previous: readNullable(fields[1], (present) => readId(present, 'record')),
    previousKey: readNullable(fields[2], (present) => readId(present, 'key')),
    stretches,
  }
}

function readStretch(value: CborValue): Stretch {
  const fields = readArray(value, 3)
  return {
    session: readId(fields[0], 'session'),
    heads: readList(fields[1], maxRecordHeads, (item) => readId(item, 'operation')),
    records: readList(fields[2], maxCarried, readOwnPart),
  }
}

function readOwnPart(value: CborValue): OwnPart {
  const fields = readArray(value, 2)
  return {
    dependencies: readList(fields[0], maxRecordDependencies, readDependency),
    payload: readBytesUpTo(fields[1], maxPayloadSize),
  }
}
