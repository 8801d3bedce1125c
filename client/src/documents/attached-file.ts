import {
  bytesToId,
  chunkCount,
  fromBase64url,
  maxMediaSize,
  mediaKeySize,
  sealedChunkSize,
} from '@clique/crypto'
import type { ChunkId } from '@clique/crypto'

/**
 * Files of one message. With the longest names and lists of chunks that these limits allow, and the longest text, a
 * message fits into a record.
 */
export const maxFiles = 20
/**
 * Bytes of one file. A record would have room for the chunk list of one of 7 GB; what every device of a clique may
 * come to hold should be less.
 */
export const maxFileSize = 256 * 1024 * 1024
/** UTF-16 units, as file systems count. */
export const maxFileNameLength = 255
/** A thumbnail is one chunk. 320 pixels take 10 to 30 kB. */
export const maxThumbnailSize = 64 * 1024
/** Pixels of either side. */
const maxSide = 65_535
/** A thumbhash has up to 25 bytes. */
const maxHashSize = 25

const chunkIdSize = 32

/** Bytes that rest and travel as sealed chunks. All texts are base64url. */
export interface SealedFile {
  readonly key: string
  /** Bytes before sealing. */
  readonly size: number
  /** Names of the chunks, one after another. */
  readonly chunks: string
}

export interface PictureFacts {
  /** Pixels, upright. */
  readonly width: number
  readonly height: number
  /** A blurred likeness of about 25 bytes (thumbhash), which is there before anything is fetched. */
  readonly hash: string
  readonly thumbnail: SealedFile
}

/** A file as a message names it. Who can read the message can open the file; nobody else learns its name. */
export interface AttachedFile extends SealedFile {
  readonly name: string
  /** Media type as the sender found it, lower case. Only a word: what is shown is looked at again. */
  readonly type: string
  /** Null for what is no picture. */
  readonly picture: PictureFacts | null
}

export type AttachedFiles = readonly AttachedFile[]

/** Null where anything about it is not as this version writes it. */
export function readAttachedFile(value: unknown): AttachedFile | null {
  const sealed = readSealedFile(value, maxFileSize)
  if (sealed === null) return null
  const { name, type, picture } = value as Record<string, unknown>
  if (!isFileName(name) || !isMediaType(type)) return null
  if (picture === null) return { ...sealed, name, type, picture }
  const facts = readPictureFacts(picture)
  return facts === null ? null : { ...sealed, name, type, picture: facts }
}

/** Ids of a file's chunks in order. The file has passed `readAttachedFile`, or was made here. */
export function chunkIdsOf({ chunks }: SealedFile): ChunkId[] {
  const bytes = fromBase64url(chunks)
  return Array.from({ length: bytes.length / chunkIdSize }, (_, i) =>
    bytesToId('chunk', bytes.subarray(i * chunkIdSize, (i + 1) * chunkIdSize)),
  )
}

/** Of a message's files with their thumbnails: what is small and seen first comes first. */
export function allChunkIdsOf(files: readonly AttachedFile[]): ChunkId[] {
  const thumbnails = files.flatMap(({ picture }) => (picture === null ? [] : chunkIdsOf(picture.thumbnail)))
  return [...thumbnails, ...files.flatMap(chunkIdsOf)]
}

/** What a file is called in a message: no folders, nothing that hides the end of the name or turns it around. */
export function toFileName(given: string): string {
  const name = given.toWellFormed().replaceAll(unfitInNames, '').trim()
  if (name.length <= maxFileNameLength) return name === '' ? 'file' : name
  const ending = /\.[^.]{1,16}$/.exec(name)?.[0] ?? ''
  return (
    name
      .slice(0, maxFileNameLength - ending.length)
      .toWellFormed()
      .replaceAll('\ufffd', '') + ending
  )
}

/** Controls, slashes, and marks of writing direction: `photo[turn]gpj.exe` would read as `photoexe.jpg`. */
// oxlint-disable-next-line no-control-regex
const unfitInNames = /[\u0000-\u001f\u007f-\u009f/\\\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

function isFileName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name !== '' &&
    name.length <= maxFileNameLength &&
    name.isWellFormed() &&
    name.search(unfitInNames) === -1
  )
}

/** A media type without parameters; anything else of a browser's or system's making becomes plain bytes. */
export function toMediaType(given: string): string {
  const type = given.split(';')[0]?.trim().toLowerCase()
  return isMediaType(type) ? type : 'application/octet-stream'
}

function isMediaType(type: unknown): type is string {
  return typeof type === 'string' && /^[a-z0-9][a-z0-9.+_-]{0,62}\/[a-z0-9][a-z0-9.+_-]{0,62}$/.test(type)
}

function readSealedFile(value: unknown, maxSize: number): SealedFile | null {
  if (typeof value !== 'object' || value === null) return null
  const { key, size, chunks } = value as Record<string, unknown>
  if (!isCount(size, Math.min(maxSize, maxMediaSize))) return null
  if (!isBase64urlOf(key, mediaKeySize)) return null
  if (!isBase64urlOf(chunks, chunkIdSize * chunkCount(size))) return null
  return { key, size, chunks }
}

function readPictureFacts(value: unknown): PictureFacts | null {
  if (typeof value !== 'object' || value === null) return null
  const { width, height, hash, thumbnail } = value as Record<string, unknown>
  if (!isCount(width, maxSide) || !isCount(height, maxSide) || width === 0 || height === 0) return null
  if (typeof hash !== 'string' || !isBase64urlOf(hash, Math.floor((hash.length * 3) / 4))) return null
  if (hash === '' || hash.length > Math.ceil((maxHashSize * 4) / 3)) return null
  const sealed = readSealedFile(thumbnail, Math.min(maxThumbnailSize, sealedChunkSize))
  return sealed === null ? null : { width, height, hash, thumbnail: sealed }
}

function isCount(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max
}

/** Of so many bytes, without stray bits at the end: asked of every message on screen, so nothing is decoded. */
function isBase64urlOf(text: unknown, size: number): text is string {
  if (typeof text !== 'string' || text.length !== Math.ceil((size * 4) / 3)) return false
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return false
  return size % 3 === 0 || (size % 3 === 1 ? /[AQgw]$/ : /[AEIMQUYcgkosw048]$/).test(text)
}
