import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { openBytes, sealBytes } from './aead.ts'
import { concat, toHex } from './bytes.ts'
import { decode, encode } from './cbor.ts'
import type { CborValue } from './cbor.ts'
import { labelToBytes } from './label-bytes.ts'
import { bytesToId, idToBytes, makeSessionId, makeSpaceId } from './ids.ts'
import { labels } from './labels.ts'
import { pad } from './padding.ts'
import * as record from './record.ts'
import type { RecordBody, RecordKey } from './record.ts'
import { isSealedRecordSize, sealedKeyId, sealedRecordOverhead } from './sealed-record.ts'
import { signerFromSeed, signLabelled } from './signature.ts'
import { codeThrown, expectDamageRefused } from './testing/damage.ts'
import { seededRandom } from './testing/seeded.ts'
import { sealForTwo } from './testing/two-keys.ts'

const random = seededRandom('record')
const signer = signerFromSeed(random(32))
const key: RecordKey = { keyId: bytesToId('key', random(16)), recordKey: random(32) }
const place = { clique: bytesToId('clique', random(32)), space: makeSpaceId(random) }

const body: RecordBody = {
  ...place,
  document: 'chapter-1',
  device: bytesToId('device', signer.publicKey),
  sequence: 2,
  key: key.keyId,
  previous: bytesToId('record', random(32)),
  previousKey: bytesToId('key', random(16)),
  session: makeSessionId(random),
  heads: [bytesToId('operation', random(32)), bytesToId('operation', random(32))],
  dependencies: [
    { device: bytesToId('device', random(32)), sequence: 4, record: bytesToId('record', random(32)) },
    { device: bytesToId('device', random(32)), sequence: 1, record: bytesToId('record', random(32)) },
  ],
  kind: 'update',
  payload: Uint8Array.of(1, 2, 3),
}

let sealed: Uint8Array
beforeAll(async () => {
  sealed = record.sealRecord(await record.signRecord(body, signer), key, random)
})

/** Seals anything under the right key: what a member with bad intentions can do. */
function sealInside(inside: Uint8Array): Uint8Array {
  const head = concat(Uint8Array.of(1), idToBytes(key.keyId))
  return concat(
    head,
    sealBytes(key.recordKey, pad(inside), concat(labelToBytes(labels.recordSeal), head), random),
  )
}

async function sealFields(change: (fields: CborValue[]) => void): Promise<Uint8Array> {
  const fields = [...(decode((await record.signRecord(body, signer)).signed) as CborValue[])]
  change(fields)
  const signed = encode(fields)
  return sealInside(encode([signed, await signLabelled(signer, labels.recordSignature, signed)]))
}

test('[REC1] a record comes back with everything that was signed', async () => {
  const signed = await record.signRecord(body, signer)
  const opened = await record.openRecord(record.sealRecord(signed, key, random), key, place)
  expect(opened).toEqual(signed)
  expect(opened.id).toBe(record.recordIdOf(signed.signed))
  expect(new Set(opened.body.heads)).toEqual(new Set(body.heads))
  expect(opened.body.payload).toEqual(body.payload)
  const first = await record.signRecord(
    { ...body, sequence: 1, previous: null, previousKey: null, kind: 7 },
    signer,
  )
  const openedFirst = await record.openRecord(record.sealRecord(first, key, random), key, place)
  expect(openedFirst.body).toMatchObject({ sequence: 1, previous: null, previousKey: null, kind: 7 })
})

test('[REC1] heads and dependencies have one order, so one body has one id', async () => {
  const turned = {
    ...body,
    heads: body.heads.toReversed(),
    dependencies: body.dependencies.toReversed(),
  }
  expect((await record.signRecord(turned, signer)).id).toBe((await record.signRecord(body, signer)).id)
})

test('[REC2] outside a record shows version, key id and a padded size only', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(2000), async (size) => {
      const signed = await record.signRecord({ ...body, payload: new Uint8Array(size) }, signer)
      const bytes = record.sealRecord(signed, key, random)
      expect(bytes[0]).toBe(1)
      expect(sealedKeyId(bytes)).toBe(key.keyId)
      expect(isSealedRecordSize(bytes.length)).toBe(true)
      expect(bytes.length).toBeGreaterThanOrEqual(256 + sealedRecordOverhead)
      expect(toHex(bytes)).not.toContain(toHex(signed.signed).slice(0, 40))
    }),
    { numRuns: 20 },
  )
})

test('[REC3] the key id is checked before the key is used', async () => {
  const other = { ...key, keyId: bytesToId('key', random(16)) }
  expect(await codeThrown(() => record.openRecord(sealed, other, place))).toBe('record-key-mismatch')
  const wrong = { ...key, recordKey: random(32) }
  expect(await codeThrown(() => record.openRecord(sealed, wrong, place))).toBe('aead-open')
})

test('[REC3] bytes that two keys open are no two records: the cipher alone commits to no key', async () => {
  const other: RecordKey = { keyId: bytesToId('key', random(16)), recordKey: random(32) }
  const head = concat(Uint8Array.of(1), idToBytes(key.keyId))
  const aad = concat(labelToBytes(labels.recordSeal), head)
  const both = sealForTwo(key.recordKey, other.recordKey, aad, 512)
  const plain = [key, other].map(({ recordKey }) => toHex(openBytes(recordKey, both, aad)))
  expect(plain[0]).not.toBe(plain[1])
  const bytes = concat(head, both)
  expect(isSealedRecordSize(bytes.length)).toBe(true)
  expect(await codeThrown(() => record.openRecord(bytes, other, place))).toBe('record-key-mismatch')
})

test('[REC3] nobody can seal a record anew, for others than its author did', async () => {
  const other: RecordKey = { keyId: bytesToId('key', random(16)), recordKey: random(32) }
  const signed = await record.signRecord(body, signer)
  expect(() => record.sealRecord(signed, other, random)).toThrow(TypeError)
  const head = concat(Uint8Array.of(1), idToBytes(other.keyId))
  const inside = pad(encode([signed.signed, signed.signature]))
  const bytes = concat(
    head,
    sealBytes(other.recordKey, inside, concat(labelToBytes(labels.recordSeal), head), random),
  )
  expect(await codeThrown(() => record.openRecord(bytes, other, place))).toBe('record-key-mismatch')
})

test('[REC4] a record with a changed, missing or additional byte is refused', async () => {
  await expectDamageRefused(sealed, (bytes) => record.openRecord(bytes, key, place))
})

test('[REC4] what it is sealed in is looked at before the key is used', async () => {
  const open = (bytes: Uint8Array) => codeThrown(() => record.openRecord(bytes, key, place))
  expect(await open(concat(sealed, Uint8Array.of(0)))).toBe('record-format')
  expect(await open(concat(Uint8Array.of(2), sealed.subarray(1)))).toBe('version-unknown')
})

test('[REC4] inside too: trailing bytes, a changed byte under a right key, further fields', async () => {
  const { signed, signature } = await record.signRecord(body, signer)
  const open = (bytes: Uint8Array) => codeThrown(() => record.openRecord(bytes, key, place))
  expect(await open(sealInside(encode([signed, signature])))).toBeNull()
  expect(await open(sealInside(concat(encode([signed, signature]), Uint8Array.of(0))))).toBe(
    'cbor-trailing-bytes',
  )
  expect(await open(sealInside(encode([concat(signed, Uint8Array.of(0)), signature])))).toBe(
    'cbor-trailing-bytes',
  )
  expect(await open(sealInside(encode([signed, signature, 0])))).not.toBeNull()
  expect(await open(await sealFields((fields) => fields.push(0)))).toBe('shape-wrong')
  for (let at = 0; at < signed.length; at++) {
    const changed = signed.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(await open(sealInside(encode([changed, signature]))), `byte ${at}`).not.toBeNull()
  }
})

test('[REC5] another clique or space than the expected one is refused', async () => {
  const clique = bytesToId('clique', random(32))
  const space = makeSpaceId(random)
  expect(await codeThrown(() => record.openRecord(sealed, key, { ...place, clique }))).toBe(
    'record-wrong-clique',
  )
  expect(await codeThrown(() => record.openRecord(sealed, key, { ...place, space }))).toBe(
    'record-wrong-space',
  )
})

test('[REC6] the signature is the named device’s, over the received bytes with the record label', async () => {
  const { signed, signature } = await record.signRecord(body, signer)
  const stranger = signerFromSeed(random(32))
  await expect(record.signRecord(body, stranger)).rejects.toThrow(TypeError)
  for (const forged of [
    await signLabelled(stranger, labels.recordSignature, signed),
    await signLabelled(signer, labels.operationSignature, signed),
    await signer.sign(signed),
  ]) {
    const bytes = sealInside(encode([signed, forged]))
    expect(await codeThrown(() => record.openRecord(bytes, key, place))).toBe('signature-invalid')
    const unverified = record.decodeRecord(bytes, key, place)
    expect(unverified.claims.device).toBe(body.device)
    expect(await codeThrown(() => record.verifyRecord(unverified))).toBe('signature-invalid')
  }
  const good = record.decodeRecord(sealInside(encode([signed, signature])), key, place)
  expect((await record.verifyRecord(good)).body).toEqual(good.claims)
})

const refusals: [string, string, (f: CborValue[]) => unknown][] = [
  ['a future version', 'version-unknown', (f) => (f[0] = 2)],
  ['sequence 0', 'record-sequence', (f) => (f[5] = 0)],
  ['sequence 1 with a previous record', 'record-sequence', (f) => (f[5] = 1)],
  ['sequence 2 without one', 'record-sequence', (f) => (f[7] = null)],
  ['a previous record without its key', 'record-sequence', (f) => (f[8] = null)],
  [
    'a key of a previous record where there is none',
    'record-sequence',
    (f) => {
      f[5] = 1
      f[7] = null
    },
  ],
  ['another key than that of the seal', 'record-key-mismatch', (f) => (f[6] = random(16))],
  ['a short key id', 'shape-out-of-range', (f) => (f[8] = random(15))],
  ['an empty document name', 'shape-out-of-range', (f) => (f[3] = '')],
  ['a long document name', 'shape-out-of-range', (f) => (f[3] = 'é'.repeat(33))],
  ['a long kind', 'shape-out-of-range', (f) => (f[12] = 'k'.repeat(33))],
  ['a large kind', 'shape-out-of-range', (f) => (f[12] = 65_536)],
  ['heads that descend', 'cbor-not-canonical', (f) => (f[10] = [...(f[10] as [])].reverse())],
  ['heads twice', 'cbor-not-canonical', (f) => (f[10] = Array(2).fill(random(32)))],
  [
    'a device twice among dependencies',
    'cbor-not-canonical',
    (f) => (f[11] = Array(2).fill((f[11] as CborValue[])[0])),
  ],
  [
    'itself among dependencies',
    'shape-out-of-range',
    (f) => (f[11] = [[idToBytes(body.device), 1, random(32)]]),
  ],
  ['too many heads', 'shape-out-of-range', (f) => (f[10] = Array.from({ length: 65 }, () => random(32)))],
  ['a short id', 'shape-out-of-range', (f) => (f[9] = random(7))],
  ['a payload of text', 'shape-wrong', (f) => (f[13] = 'hello')],
  [
    'a dependency on record 0',
    'shape-out-of-range',
    (f) => (f[11] = [[new Uint8Array(32), 0, new Uint8Array(32)]]),
  ],
]

test.for(refusals)('[REC7] %s is refused with %s', async ([, code, change]) => {
  const bytes = await sealFields(change)
  expect(await codeThrown(() => record.openRecord(bytes, key, place))).toBe(code)
})

test('[REC8] the largest payload fits, a larger one is refused at the author', async () => {
  const largest = { ...body, payload: new Uint8Array(record.maxPayloadSize) }
  const bytes = record.sealRecord(await record.signRecord(largest, signer), key, random)
  expect(isSealedRecordSize(bytes.length)).toBe(true)
  const opened = await record.openRecord(bytes, key, place)
  expect(opened.body.payload).toHaveLength(record.maxPayloadSize)
  const larger = { ...body, payload: new Uint8Array(record.maxPayloadSize + 1) }
  expect(await codeThrown(() => record.signRecord(larger, signer))).toBe('too-large')
  expect(await codeThrown(() => sealedKeyId(new Uint8Array(2_000_000)))).toBe('too-large')
  expect(await codeThrown(() => sealedKeyId(sealed.slice(1)))).toBe('record-format')
})
