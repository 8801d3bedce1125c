import {
  CliqueError,
  decode,
  encode,
  idToBytes,
  idSizes,
  bytesToId,
  readArray,
  readBytes,
  readBytesUpTo,
  readId,
  readList,
  readText,
  readUint,
} from '@clique/crypto'
import type { CborValue, DeviceId, OperationId, SpaceId } from '@clique/crypto'
import { digestSize } from './vector.ts'
import type { Vector } from './vector.ts'

/** libp2p protocol id. */
export const syncProtocol = '/clique/sync/1'
export const syncVersion = 1

/** Bytes of one message: the largest control item (a rotation for 450 devices) with room to spare. */
export const maxSyncFrame = 2 * 1024 * 1024
/** Bytes that one message of records or items aims at, so that a slow circuit shows progress. */
export const batchBytes = 256 * 1024
/** Items or records in one message. */
export const maxBatch = 1024
/** Operations that nothing builds on yet: one for each of 450 devices that all acted apart. */
export const maxHeads = 450
/** Spaces of one clique. */
export const maxSpaces = 1024
/** Devices in one vector: a clique is designed for 450, and those that left stay in it. */
export const maxVector = 4096
/**
 * Operations of one roster that are named in a comparison, the newest: what a family does in fifty years. Of a longer one the
 * rest comes again unasked, and is known: that costs the line something, and keeps nobody out.
 */
export const maxRoster = 16_384
/** Bytes of an operation id in a comparison: a clash of 8 bytes only delays one item until the next mailbox read. */
export const shortIdSize = 8
/** Relays of one clique of which checkpoints are told. */
export const maxCheckpoints = 4
/** Bytes of what a relay signs about a log. */
const maxStatement = 8192
/** Characters of a relay's PeerId: an Ed25519 one has 52, and longer kinds fit as well. */
const maxPeerId = 128

const limits = { size: maxSyncFrame, depth: 5, items: 3 * maxVector + 16 }

/** A short form of an operation id, as hex digits. */
export type ShortId = string

/**
 * - `summary`: roster heads and, per space, the digest of the vector. All there is to say when in sync.
 * - `roster`: what operations I hold; send me the others.
 * - `items`: control items.
 * - `vector`: what I hold of one space; send me the rest.
 * - `records`: sealed records of one space, in chain order per device.
 * - `got`: entries of my vector that grew.
 * - `checkpoints`: the latest that each relay of the clique signed for its log to me. Without an answer.
 */
export type SyncMessage =
  | {
      readonly kind: 'summary'
      readonly heads: readonly OperationId[]
      readonly spaces: ReadonlyMap<SpaceId, Uint8Array>
    }
  | { readonly kind: 'roster'; readonly held: ReadonlySet<ShortId> }
  | { readonly kind: 'items'; readonly items: readonly Uint8Array[] }
  | { readonly kind: 'vector'; readonly space: SpaceId; readonly vector: Vector }
  | { readonly kind: 'records'; readonly space: SpaceId; readonly records: readonly Uint8Array[] }
  | { readonly kind: 'got'; readonly space: SpaceId; readonly vector: Vector }
  | { readonly kind: 'checkpoints'; readonly checkpoints: readonly RelayCheckpoint[] }

/** A relay's own words, as they were signed for whoever passes them on. */
export interface RelayCheckpoint {
  /** The relay's PeerId. */
  readonly relay: string
  readonly statement: Uint8Array
}

const numbers = { summary: 1, roster: 2, items: 3, vector: 4, records: 5, got: 6, checkpoints: 7 } as const

export function syncMessageToBytes(message: SyncMessage): Uint8Array {
  const start = [syncVersion, numbers[message.kind]]
  switch (message.kind) {
    case 'summary':
      return encode([
        ...start,
        message.heads.slice(0, maxHeads).map(idToBytes),
        [...message.spaces].map(([space, digest]) => [idToBytes(space), digest]),
      ])
    case 'roster':
      return encode([...start, joinShortIds([...message.held].slice(-maxRoster))])
    case 'items':
      return encode([...start, message.items])
    case 'records':
      return encode([...start, idToBytes(message.space), message.records])
    case 'checkpoints':
      return encode([...start, message.checkpoints.map(({ relay, statement }) => [relay, statement])])
    case 'vector':
    case 'got':
      return encode([
        ...start,
        idToBytes(message.space),
        [...message.vector].map(([device, sequence]) => [idToBytes(device), sequence]),
      ])
  }
}

/** @throws CliqueError `sync-message` for anything but a well-formed message of this version */
export function bytesToSyncMessage(bytes: Uint8Array): SyncMessage {
  try {
    return readMessage(readArray(decode(bytes, limits)))
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('sync-message')
    throw error
  }
}

export function shortIdOf(operation: OperationId): ShortId {
  return operation.slice(0, 2 * shortIdSize)
}

function readMessage(fields: readonly CborValue[]): SyncMessage {
  if (readUint(fields[0]) !== syncVersion) throw new CliqueError('version-unknown')
  switch (readUint(fields[1])) {
    case numbers.summary:
      readArray(fields, 4)
      return {
        kind: 'summary',
        heads: readList(fields[2], maxHeads, (head) => readId(head, 'operation')),
        spaces: readUniqueMap(fields[3], maxSpaces, 'space', (digest) => readBytes(digest, digestSize)),
      }
    case numbers.roster:
      readArray(fields, 3)
      return { kind: 'roster', held: splitShortIds(readBytesUpTo(fields[2], maxRoster * shortIdSize)) }
    case numbers.items:
      readArray(fields, 3)
      return { kind: 'items', items: readParts(fields[2]) }
    case numbers.vector:
    case numbers.got:
      readArray(fields, 4)
      return {
        kind: fields[1] === numbers.vector ? 'vector' : 'got',
        space: readId(fields[2], 'space'),
        vector: readUniqueMap(fields[3], maxVector, 'device', (sequence) => readUint(sequence)),
      }
    case numbers.records:
      readArray(fields, 4)
      return { kind: 'records', space: readId(fields[2], 'space'), records: readParts(fields[3]) }
    case numbers.checkpoints:
      readArray(fields, 3)
      return {
        kind: 'checkpoints',
        checkpoints: readList(fields[2], maxCheckpoints, (value) => {
          const [relay, statement] = readArray(value, 2)
          return { relay: readText(relay, maxPeerId), statement: readBytesUpTo(statement, maxStatement) }
        }),
      }
    default:
      throw new CliqueError('shape-out-of-range')
  }
}

function readParts(value: CborValue | undefined): Uint8Array[] {
  return readList(value, maxBatch, (part) => readBytesUpTo(part, maxSyncFrame))
}

function readUniqueMap<Kind extends 'space' | 'device', T>(
  value: CborValue | undefined,
  max: number,
  kind: Kind,
  read: (value: CborValue | undefined) => T,
): Map<Kind extends 'space' ? SpaceId : DeviceId, T> {
  const pairs = readList(value, max, (pair) => readArray(pair, 2))
  const map = new Map<string, T>()
  for (const [id, held] of pairs) map.set(bytesToId(kind, readBytes(id, idSizes[kind])), read(held))
  if (map.size !== pairs.length) throw new CliqueError('shape-wrong')
  return map as Map<Kind extends 'space' ? SpaceId : DeviceId, T>
}

function joinShortIds(ids: readonly ShortId[]): Uint8Array {
  const bytes = new Uint8Array(ids.length * shortIdSize)
  for (const [place, id] of ids.entries()) {
    for (let i = 0; i < shortIdSize; i++) {
      bytes[place * shortIdSize + i] = Number.parseInt(id.slice(2 * i, 2 * i + 2), 16)
    }
  }
  return bytes
}

function splitShortIds(bytes: Uint8Array): Set<ShortId> {
  if (bytes.length % shortIdSize !== 0) throw new CliqueError('shape-wrong')
  const ids = new Set<ShortId>()
  for (let at = 0; at < bytes.length; at += shortIdSize) {
    let id = ''
    for (const byte of bytes.subarray(at, at + shortIdSize)) id += byte.toString(16).padStart(2, '0')
    ids.add(id)
  }
  return ids
}
