import { gcmDecrypt, gcmEncrypt, gcmNonceSize, gcmTagSize, importGcmKey } from './aes-gcm.ts'
import { isSealedChunkSize, lastChunkSize, sealedChunkSize } from './chunk.ts'
import { CliqueError } from './errors.ts'
import type { Random, WebCryptoKey } from './platform.ts'

/**
 * STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, 2015) over AES-256-GCM: the nonce is seven zero bytes, the chunk's
 * number in four bytes and one byte that is 1 in the last chunk. A random key per file, so nonces never meet; a
 * chunk moved, dropped or cut off does not open.
 */
export const plainChunkSize = sealedChunkSize - gcmTagSize
export const mediaKeySize = 32
/** 2^32 chunks would overflow the counter; 16,384 chunks (4 GiB) are more than a browser can carry. */
export const maxChunkCount = 16_384
/** The last chunk has one byte for the end of what is in it. */
export const maxMediaSize = maxChunkCount * plainChunkSize - 1

const nothing = new Uint8Array(0)
const marker = 0x80

export function makeMediaKey(random: Random): Uint8Array {
  return random(mediaKeySize)
}

export function importMediaKey(key: Uint8Array): Promise<WebCryptoKey> {
  return importGcmKey(key)
}

/**
 * Chunks of a file of `plain` bytes: full ones, and a last one with the rest, which may be nothing.
 * @throws CliqueError `media-size`
 */
export function chunkCount(plain: number): number {
  if (!Number.isSafeInteger(plain) || plain < 0 || plain > maxMediaSize) throw new CliqueError('media-size')
  return Math.floor(plain / plainChunkSize) + 1
}

/** Bytes of all chunks of a file of `plain` bytes. @throws CliqueError `media-size` */
export function sealedSize(plain: number): number {
  return (chunkCount(plain) - 1) * sealedChunkSize + sealedLastSize(plain % plainChunkSize)
}

function sealedLastSize(rest: number): number {
  return lastChunkSize(rest + 1 + gcmTagSize)
}

function nonceOf(index: number, isLast: boolean): Uint8Array {
  const nonce = new Uint8Array(gcmNonceSize)
  new DataView(nonce.buffer).setUint32(7, index)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

/** @throws CliqueError `media-size` */
function checkIndex(index: number): void {
  const isIndex = Number.isSafeInteger(index) && index >= 0 && index < maxChunkCount
  if (!isIndex) throw new CliqueError('media-size')
}

/** `plaintext`: a full `plainChunkSize`, or what is left of the file in the last one. @throws CliqueError `media-size` */
export async function sealChunk(
  key: WebCryptoKey,
  index: number,
  isLast: boolean,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  checkIndex(index)
  if (!isLast && plaintext.length !== plainChunkSize) throw new CliqueError('media-size')
  return gcmEncrypt(key, nonceOf(index, isLast), isLast ? padLast(plaintext) : plaintext, nothing)
}

/** @throws CliqueError `media-size`, `media-chunk` */
export async function openChunk(
  key: WebCryptoKey,
  index: number,
  isLast: boolean,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  checkIndex(index)
  const hasSize = isLast ? isSealedChunkSize(sealed.length) : sealed.length === sealedChunkSize
  if (!hasSize) throw new CliqueError('media-size')
  const plaintext = await gcmDecrypt(key, nonceOf(index, isLast), sealed, nothing, 'media-chunk')
  return isLast ? unpadLast(plaintext) : plaintext
}

/** The bytes, one marker byte, zeros. */
function padLast(plaintext: Uint8Array): Uint8Array {
  const padded = new Uint8Array(sealedLastSize(plaintext.length) - gcmTagSize)
  padded.set(plaintext)
  padded[plaintext.length] = marker
  return padded
}

/** Accepts only what `padLast` makes, so that one file has one form. */
function unpadLast(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  const isWhole = padded[end] === marker && sealedLastSize(end) === padded.length + gcmTagSize
  if (!isWhole) throw new CliqueError('media-chunk')
  return padded.slice(0, end)
}
