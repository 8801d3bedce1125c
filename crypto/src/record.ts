import { openBytes, sealBytes } from './aead.ts'
import { concat, toHex } from './bytes.ts'
import { decode, encode, readArray, readBytes, readBytesUpTo, readId, readList } from './cbor.ts'
import { readNullable, readText, readUint, utf8Size } from './cbor.ts'
import type { CborLimits, CborValue } from './cbor.ts'
import { CliqueError } from './errors.ts'
import { sha256 } from './hash.ts'
import { labelToBytes } from './label-bytes.ts'
import { bytesToId, idToBytes } from './ids.ts'
import type { CliqueId, DeviceId, KeyId, OperationId, RecordId, SessionId, SpaceId } from './ids.ts'
import { labels } from './labels.ts'
import { pad, unpad } from './padding.ts'
import type { Random } from './platform.ts'
import { maxRecordInside, recordFormat, splitSealedRecord } from './sealed-record.ts'
import { signatureSize, signLabelled, verifyLabelled } from './signature.ts'
import type { Signer } from './signature.ts'

const recordVersion = 1

/** Bytes of UTF-8 in a document's name. */
export const maxDocumentNameSize = 64
/** Bytes of UTF-8 in a kind that is text; a kind that is a number is at most 65,535. */
export const maxKindSize = 32
export const maxKindNumber = 0xffff
/** The tips of a roster after a long partition; more are merged by the next operation first. */
export const maxRecordHeads = 64
/** One per device at most, since a device's chain is named by its last record: 450 devices, with room. */
export const maxRecordDependencies = 512
export const maxPayloadSize = 1_000_000

/** A record of another device that must be present first. */
export interface RecordDependency {
  readonly device: DeviceId
  readonly sequence: number
  readonly record: RecordId
}

export interface RecordBody {
  readonly clique: CliqueId
  readonly space: SpaceId
  readonly document: string
  readonly device: DeviceId
  /** From 1, without gaps, per device and space. */
  readonly sequence: number
  /** Under which the record is sealed. Signed, so that nobody can seal it anew for others than its author did. */
  readonly key: KeyId
  /** That device's record before in this space; null exactly when `sequence` is 1. */
  readonly previous: RecordId | null
  /**
   * The key under which that one is sealed; null where there is none. Tells whoever cannot open it whether it is
   * still to come or is not for them.
   */
  readonly previousKey: KeyId | null
  readonly session: SessionId
  /** Roster heads that the author held, ascending. */
  readonly heads: readonly OperationId[]
  /** Ascending by device, each device once. */
  readonly dependencies: readonly RecordDependency[]
  readonly kind: string | number
  readonly payload: Uint8Array
}

/** A record whose signature was made or checked here. */
export interface SignedRecord {
  readonly body: RecordBody
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  readonly id: RecordId
}

/** A record that opened and decoded. Its fields are claims until `verifyRecord`, and the type says so. */
export interface UnverifiedRecord {
  readonly claims: RecordBody
  readonly signed: Uint8Array
  readonly signature: Uint8Array
  readonly id: RecordId
}

/** The record key of one space in one epoch (`deriveSpaceKeys`). */
export interface RecordKey {
  readonly keyId: KeyId
  readonly recordKey: Uint8Array
}

export interface ExpectedPlace {
  readonly clique: CliqueId
  readonly space: SpaceId
}

/** Heads and dependencies are put in order here. A body that no reader would accept throws. */
export async function signRecord(body: RecordBody, signer: Signer): Promise<SignedRecord> {
  if (toHex(signer.publicKey) !== body.device) throw new TypeError('a device signs its own records only')
  const ordered: RecordBody = {
    ...body,
    heads: body.heads.toSorted(),
    dependencies: body.dependencies.toSorted((a, b) => (a.device < b.device ? -1 : 1)),
  }
  const { signed, id } = nameRecord(ordered)
  const signature = await signLabelled(signer, labels.recordSignature, signed)
  return { body: ordered, signed, signature, id }
}

/** What a device signs of a body, and the id that follows from it. @throws CliqueError where no reader would accept it */
export function nameRecord(body: RecordBody): Pick<SignedRecord, 'signed' | 'id'> {
  checkBody(body)
  const signed = encodeBody(body)
  return { signed, id: recordIdOf(signed) }
}

/** Pads and seals under the key that the record names. @throws CliqueError `too-large` */
export function sealRecord(record: SignedRecord, key: RecordKey, random: Random): Uint8Array {
  if (record.body.key !== key.keyId) throw new TypeError('a record is sealed under the key that it names')
  const inside = pad(encode([record.signed, record.signature]))
  if (inside.length > maxRecordInside) throw new CliqueError('too-large')
  const head = concat(Uint8Array.of(recordFormat), idToBytes(key.keyId))
  return concat(head, sealBytes(key.recordKey, inside, aadOf(head), random))
}

/** Opens, decodes and checks the signature. @throws CliqueError */
export function openRecord(
  sealed: Uint8Array,
  key: RecordKey,
  expected: ExpectedPlace,
): Promise<SignedRecord> {
  return verifyRecord(decodeRecord(sealed, key, expected))
}

/** Everything but the signature, synchronously, so that one turn of a worker can open thousands. @throws CliqueError */
export function decodeRecord(sealed: Uint8Array, key: RecordKey, expected: ExpectedPlace): UnverifiedRecord {
  const { head, keyId, body } = splitSealedRecord(sealed)
  // Before the key is used: the id is bound to the epoch's commitment, the cipher alone commits to no key.
  if (keyId !== key.keyId) throw new CliqueError('record-key-mismatch')
  const inside = unpad(openBytes(key.recordKey, body, aadOf(head)))
  const outer = readArray(decode(inside, insideLimits), 2)
  const signed = readBytesUpTo(outer[0], maxRecordInside)
  const signature = readBytes(outer[1], signatureSize)
  const claims = decodeBody(signed)
  if (claims.key !== keyId) throw new CliqueError('record-key-mismatch')
  if (claims.clique !== expected.clique) throw new CliqueError('record-wrong-clique')
  if (claims.space !== expected.space) throw new CliqueError('record-wrong-space')
  return { claims, signed, signature, id: recordIdOf(signed) }
}

/** Over the received bytes, never over a new encoding. @throws CliqueError `signature-invalid` */
export async function verifyRecord(record: UnverifiedRecord): Promise<SignedRecord> {
  const { claims, signed, signature, id } = record
  const isGood = await verifyLabelled(idToBytes(claims.device), labels.recordSignature, signed, signature)
  if (!isGood) throw new CliqueError('signature-invalid')
  return { body: claims, signed, signature, id }
}

export function recordIdOf(signed: Uint8Array): RecordId {
  return bytesToId('record', sha256(labels.recordId, signed))
}

const insideLimits: CborLimits = { size: maxRecordInside, depth: 1, items: 3 }
const bodyLimits: CborLimits = {
  size: maxRecordInside,
  depth: 3,
  items: 16 + maxRecordHeads + 4 * maxRecordDependencies,
}

function aadOf(head: Uint8Array): Uint8Array {
  return concat(labelToBytes(labels.recordSeal), head)
}

function encodeBody(body: RecordBody): Uint8Array {
  return encode([
    recordVersion,
    idToBytes(body.clique),
    idToBytes(body.space),
    body.document,
    idToBytes(body.device),
    body.sequence,
    idToBytes(body.key),
    body.previous === null ? null : idToBytes(body.previous),
    body.previousKey === null ? null : idToBytes(body.previousKey),
    idToBytes(body.session),
    body.heads.map(idToBytes),
    body.dependencies.map(writeDependency),
    body.kind,
    body.payload,
  ])
}

function decodeBody(signed: Uint8Array): RecordBody {
  const fields = readArray(decode(signed, bodyLimits))
  if (fields[0] !== recordVersion) throw new CliqueError('version-unknown')
  readArray(fields, 14)
  const body: RecordBody = {
    clique: readId(fields[1], 'clique'),
    space: readId(fields[2], 'space'),
    document: readText(fields[3], maxDocumentNameSize),
    device: readId(fields[4], 'device'),
    sequence: readUint(fields[5]),
    key: readId(fields[6], 'key'),
    previous: readNullable(fields[7], (present) => readId(present, 'record')),
    previousKey: readNullable(fields[8], (present) => readId(present, 'key')),
    session: readId(fields[9], 'session'),
    heads: readList(fields[10], maxRecordHeads, (item) => readId(item, 'operation')),
    dependencies: readList(fields[11], maxRecordDependencies, readDependency),
    kind: readKind(fields[12]),
    payload: readBytesUpTo(fields[13], maxPayloadSize),
  }
  checkBody(body)
  return body
}

export function writeDependency({ device, sequence, record }: RecordDependency): CborValue {
  return [idToBytes(device), sequence, idToBytes(record)]
}

/** Device, sequence and record. @throws CliqueError */
export function readDependency(value: CborValue): RecordDependency {
  const fields = readArray(value, 3)
  return {
    device: readId(fields[0], 'device'),
    sequence: readUint(fields[1]),
    record: readId(fields[2], 'record'),
  }
}

/** A short text or a small number. @throws CliqueError */
export function readKind(value: CborValue | undefined): string | number {
  return typeof value === 'string' ? readText(value, maxKindSize) : readUint(value, maxKindNumber)
}

/** What is not visible in the shape. Order is part of it, so that one body has one encoding. */
function checkBody(body: RecordBody): void {
  const isFirst = body.sequence === 1
  if (body.sequence < 1 || isFirst !== (body.previous === null) || isFirst !== (body.previousKey === null)) {
    throw new CliqueError('record-sequence')
  }
  if (body.document === '' || utf8Size(body.document) > maxDocumentNameSize) {
    throw new CliqueError('shape-out-of-range')
  }
  if (typeof body.kind === 'string' ? utf8Size(body.kind) > maxKindSize : body.kind > maxKindNumber) {
    throw new CliqueError('shape-out-of-range')
  }
  if (body.payload.length > maxPayloadSize) throw new CliqueError('too-large')
  if (body.heads.length > maxRecordHeads || body.dependencies.length > maxRecordDependencies) {
    throw new CliqueError('shape-out-of-range')
  }
  if (!isAscending(body.heads) || !isAscending(body.dependencies.map((item) => item.device))) {
    throw new CliqueError('cbor-not-canonical')
  }
  // A device's own past is its chain; naming it again could only contradict it.
  if (body.dependencies.some((item) => item.sequence < 1 || item.device === body.device)) {
    throw new CliqueError('shape-out-of-range')
  }
}

function isAscending(texts: readonly string[]): boolean {
  return texts.every((text, i) => i === 0 || (texts[i - 1] ?? '') < text)
}
