import { gcmDecrypt, gcmEncrypt, gcmNonceSize, gcmTagSize, importGcmKey } from './aes-gcm.ts'
import { CliqueError } from './errors.ts'
import { sha256 } from './hash.ts'
import { bytesToId } from './ids.ts'
import type { ChunkId } from './ids.ts'
import { labels } from './labels.ts'
import type { Random, WebCryptoKey } from './platform.ts'

/**
 * STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, 2015) over AES-256-GCM: the nonce is seven zero bytes, the chunk's
 * number in four bytes and one byte that is 1 in the last chunk. A random key per file, so nonces never meet; a
 * chunk moved, dropped or cut off does not open.
 */
export const sealedChunkSize = 256 * 1024
export const plainChunkSize = sealedChunkSize - gcmTagSize
export const mediaKeySize = 32
/** 2^32 chunks would overflow the counter; 16,384 chunks (4 GiB) are more than a browser can carry. */
export const maxChunkCount = 16_384
export const maxMediaSize = maxChunkCount * plainChunkSize

const nothing = new Uint8Array(0)

export function makeMediaKey(random: Random): Uint8Array {
  return random(mediaKeySize)
}

export function importMediaKey(key: Uint8Array): Promise<WebCryptoKey> {
  return importGcmKey(key)
}

/** Chunks of a file of `plain` bytes. An empty file is one empty chunk. @throws CliqueError `media-size` */
export function chunkCount(plain: number): number {
  if (!Number.isSafeInteger(plain) || plain < 0 || plain > maxMediaSize) throw new CliqueError('media-size')
  return Math.max(1, Math.ceil(plain / plainChunkSize))
}

/** Bytes of all chunks of a file of `plain` bytes. @throws CliqueError `media-size` */
export function sealedSize(plain: number): number {
  return plain + chunkCount(plain) * gcmTagSize
}

/** The inverse of `sealedSize`; refuses what that never gives. @throws CliqueError `media-size` */
export function plainSize(sealed: number): number {
  if (!Number.isSafeInteger(sealed) || sealed < gcmTagSize) throw new CliqueError('media-size')
  const plain = sealed - Math.ceil(sealed / sealedChunkSize) * gcmTagSize
  if (plain < 0 || sealedSize(plain) !== sealed) throw new CliqueError('media-size')
  return plain
}

function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(gcmNonceSize)
  new DataView(nonce.buffer).setUint32(7, index)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

/** Only the last chunk may be short, and only the first may be an empty last one. */
function hasChunkSize(index: number, isLast: boolean, plain: number): boolean {
  if (!Number.isSafeInteger(index) || index < 0 || index >= maxChunkCount) return false
  if (!isLast) return plain === plainChunkSize
  return plain <= plainChunkSize && (plain > 0 || index === 0)
}

export async function sealChunk(
  key: WebCryptoKey,
  index: number,
  isLast: boolean,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  if (!hasChunkSize(index, isLast, plaintext.length)) throw new CliqueError('media-size')
  return gcmEncrypt(key, nonceOf(index, isLast), plaintext, nothing)
}

/** @throws CliqueError `media-size`, `media-chunk` */
export async function openChunk(
  key: WebCryptoKey,
  index: number,
  isLast: boolean,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  if (!hasChunkSize(index, isLast, sealed.length - gcmTagSize)) throw new CliqueError('media-size')
  return gcmDecrypt(key, nonceOf(index, isLast), sealed, nothing, 'media-chunk')
}

/** The name under which any holder serves a chunk. */
export function chunkName(sealed: Uint8Array): ChunkId {
  return bytesToId('chunk', sha256(labels.chunkId, sealed))
}

/** Checks a chunk that somebody served. @throws CliqueError `media-name` */
export function checkChunkName(sealed: Uint8Array, name: ChunkId): void {
  if (chunkName(sealed) !== name) throw new CliqueError('media-name')
}
