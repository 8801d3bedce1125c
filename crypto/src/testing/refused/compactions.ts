import { toBase64url, toHex } from '../../bytes.ts'
import { encode } from '../../cbor.ts'
import type { CborValue } from '../../cbor.ts'
import { carriedBy, carryRecords, compactionKind, maxCarried } from '../../compaction.ts'
import { CliqueError } from '../../errors.ts'
import { bytesToId, idToBytes, makeSessionId, makeSpaceId } from '../../ids.ts'
import type { KeyId, RecordId } from '../../ids.ts'
import { openRecord, sealRecord, signRecord } from '../../record.ts'
import type { ExpectedPlace, RecordBody, RecordKey, SignedRecord } from '../../record.ts'
import { signerFromSeed } from '../../signature.ts'
import type { Signer } from '../../signature.ts'
import { seededRandom } from '../seeded.ts'

/** Sealed records under one key: the first is a compaction that is taken, the others are refused by everybody. */
export interface RefusedCompactions {
  readonly format: string
  readonly place: ExpectedPlace
  /** Hex. */
  readonly key: { readonly id: string; readonly record: string }
  /** Ids of the records that the good one carries, ascending. */
  readonly good: { readonly sealed: string; readonly carries: readonly string[] }
  readonly refused: readonly { readonly name: string; readonly sealed: string; readonly code: string }[]
}

/** A device that writes a chain, as it goes on from `sequence`. */
export class ChainWriter {
  readonly place: ExpectedPlace
  readonly key: RecordKey
  readonly signer: Signer
  readonly #random: (size: number) => Uint8Array
  #session
  #heads
  #last: { id: RecordId; key: KeyId } | null = null
  sequence = 0

  constructor(seed: string) {
    const random = seededRandom(seed)
    this.#random = random
    this.signer = signerFromSeed(random(32))
    this.key = { keyId: bytesToId('key', random(16)), recordKey: random(32) }
    this.place = { clique: bytesToId('clique', random(32)), space: makeSpaceId(random) }
    this.#session = makeSessionId(random)
    this.#heads = [bytesToId('operation', random(32))]
  }

  /** Another start of the app. */
  restart(): void {
    this.#session = makeSessionId(this.#random)
  }

  /** Another state of the roster. */
  moveOn(): void {
    this.#heads = [bytesToId('operation', this.#random(32))]
  }

  next(changes: Partial<RecordBody> = {}): RecordBody {
    return {
      ...this.place,
      document: 'chapter-1',
      device: bytesToId('device', this.signer.publicKey),
      sequence: this.sequence + 1,
      key: this.key.keyId,
      previous: this.#last?.id ?? null,
      previousKey: this.#last?.key ?? null,
      session: this.#session,
      heads: this.#heads,
      dependencies: [],
      kind: 'update',
      payload: this.#random(20),
      ...changes,
    }
  }

  async write(changes: Partial<RecordBody> = {}): Promise<SignedRecord> {
    const record = await signRecord(this.next(changes), this.signer)
    this.#last = { id: record.id, key: record.body.key }
    this.sequence = record.body.sequence
    return record
  }

  async writes(count: number): Promise<SignedRecord[]> {
    const records: SignedRecord[] = []
    for (let i = 0; i < count; i++) records.push(await this.write())
    return records
  }

  /** The compaction that stands behind what was written. */
  async compacts(records: readonly SignedRecord[]): Promise<SignedRecord> {
    return this.write({ kind: compactionKind, payload: carryRecords(records.map(({ body }) => body)) })
  }

  seal(record: SignedRecord): Uint8Array {
    return sealRecord(record, this.key, this.#random)
  }
}

/** What becomes of a sealed compaction, as a device would decide it that has the key. */
export async function verdictOfCompaction(
  sealed: Uint8Array,
  key: RecordKey,
  place: ExpectedPlace,
): Promise<string> {
  try {
    return carriedBy((await openRecord(sealed, key, place)).body)
      .map(({ id }) => id)
      .join()
  } catch (error) {
    if (error instanceof CliqueError) return error.code
    throw error
  }
}

interface Fields {
  kind: CborValue
  previous: CborValue
  previousKey: CborValue
  stretches: CborValue[][]
}

/** A chain of six records and a compaction that says of the last three what `change` makes of the truth. */
export async function badCompaction(change: (fields: Fields) => void): Promise<RecordBody> {
  const writer = new ChainWriter('refused compactions')
  await writer.writes(3)
  const records = [await writer.write()]
  writer.restart()
  records.push(...(await writer.writes(2)))
  const bodies = records.map(({ body }) => body)
  const [first, ...rest] = bodies
  if (first === undefined) throw new Error('records')
  const part = ({ payload }: RecordBody): CborValue => [[], payload]
  const stretch = (some: readonly RecordBody[]): CborValue[] => [
    idToBytes(some[0]?.session ?? first.session),
    first.heads.map(idToBytes),
    some.map(part),
  ]
  const fields: Fields = {
    kind: first.kind,
    previous: first.previous === null ? null : idToBytes(first.previous),
    previousKey: first.previousKey === null ? null : idToBytes(first.previousKey),
    stretches: [stretch([first]), stretch(rest)],
  }
  change(fields)
  const payload = encode([fields.kind, fields.previous, fields.previousKey, fields.stretches])
  return writer.next({ kind: compactionKind, payload })
}

type Case = readonly [name: string, change: (fields: Fields) => void]
const recordsOf = (fields: Fields, stretch = 1): CborValue[] => fields.stretches[stretch]?.[2] as CborValue[]

export const badCompactions: readonly Case[] = [
  ['carries another payload', (f) => (recordsOf(f)[0] = [[], Uint8Array.of(1)])],
  ['leaves out the first', (f) => void f.stretches.shift()],
  ['leaves out one in the middle', (f) => void recordsOf(f).shift()],
  ['leaves out the last', (f) => void recordsOf(f).pop()],
  ['turns two about', (f) => void recordsOf(f).reverse()],
  ['carries one twice', (f) => void recordsOf(f).push(recordsOf(f)[1] ?? null)],
  ['names another session', (f) => void f.stretches[1]?.splice(0, 1, new Uint8Array(8))],
  ['names another roster', (f) => void f.stretches[1]?.splice(1, 1, [new Uint8Array(32)])],
  [
    'has a record acknowledge more than it did',
    (f) => (recordsOf(f)[0] = [[[new Uint8Array(32), 1, new Uint8Array(32)]], new Uint8Array(20)]),
  ],
  ['names another record before', (f) => (f.previous = new Uint8Array(32))],
  ['names another key before', (f) => (f.previousKey = new Uint8Array(16))],
  ['is of another kind', (f) => (f.kind = 'other')],
  ['carries a compaction', (f) => (f.kind = compactionKind)],
  ['carries nothing', (f) => (f.stretches = [])],
  ['carries one record', (f) => (f.stretches = f.stretches.slice(0, 1))],
  [
    'carries too many',
    (f) => (f.stretches[1] ?? []).splice(2, 1, Array<CborValue>(maxCarried).fill([[], new Uint8Array(1)])),
  ],
  [
    'carries more than there are before it',
    (f) => recordsOf(f).push(...Array<CborValue>(4).fill([[], new Uint8Array(1)])),
  ],
  [
    'begins at the first and names one before',
    (f) => recordsOf(f).push(...Array<CborValue>(3).fill([[], new Uint8Array(1)])),
  ],
  ['has a stretch of nothing', (f) => void f.stretches.push([new Uint8Array(8), [], []])],
  [
    'cuts a stretch in two',
    (f) => {
      const [session = null, heads = null, records] = f.stretches[1] ?? []
      const [one = null, other = null] = records as CborValue[]
      f.stretches.splice(1, 1, [session, heads, [one]], [session, heads, [other]])
    },
  ],
  [
    'names heads in another order',
    (f) => void f.stretches[1]?.splice(1, 1, [new Uint8Array(32).fill(2), new Uint8Array(32)]),
  ],
  [
    'acknowledges itself',
    (f) => (recordsOf(f)[0] = [[[ownDevice, 1, new Uint8Array(32)]], new Uint8Array(20)]),
  ],
  ['has a further field in a stretch', (f) => void f.stretches[1]?.push(null)],
  ['has a further field in a record', (f) => (recordsOf(f)[0] = [[], new Uint8Array(20), null])],
]

const ownDevice = new ChainWriter('refused compactions').signer.publicKey

/** Makes the cases anew: nonces aside, everything follows from the seed. */
export async function makeRefusedCompactions(): Promise<RefusedCompactions> {
  const writer = new ChainWriter('refused compactions')
  const { place, key, signer } = writer
  await writer.writes(3)
  const records = await writer.writes(3)
  const good = await writer.compacts(records)
  const refused: RefusedCompactions['refused'][number][] = []
  for (const [name, change] of badCompactions) {
    const sealed = writer.seal(await signRecord(await badCompaction(change), signer))
    const code = await verdictOfCompaction(sealed, key, place)
    if (!/^[a-z-]+$/.test(code)) throw new Error(`${name} is not refused`)
    refused.push({ name, sealed: toBase64url(sealed), code })
  }
  return {
    format: 'clique compactions, refused, 1',
    place,
    key: { id: key.keyId, record: toHex(key.recordKey) },
    good: { sealed: toBase64url(writer.seal(good)), carries: records.map(({ id }) => id) },
    refused,
  }
}
