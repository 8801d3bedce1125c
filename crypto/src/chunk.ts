import { concat } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { sha256 } from './hash.ts'
import { labelToBytes } from './label-bytes.ts'
import { bytesToId } from './ids.ts'
import type { ChunkId } from './ids.ts'
import { labels } from './labels.ts'
import { subtle, toOwned } from './platform.ts'

/** What anybody may know of an encrypted piece of a file without its key: how large it can be, and its name. */

/** Every chunk of a file but the last. */
export const sealedChunkSize = 256 * 1024
/** A last chunk has the first of these that holds it: five sizes say little about a file. */
const lastChunkSizes = [16 * 1024, 32 * 1024, 64 * 1024, 128 * 1024, sealedChunkSize]

export function isSealedChunkSize(size: number): boolean {
  return lastChunkSizes.includes(size)
}

/** The size of a last chunk that has at least `needed` bytes. @throws CliqueError `media-size` */
export function lastChunkSize(needed: number): number {
  const size = lastChunkSizes.find((one) => one >= needed)
  if (size === undefined) throw new CliqueError('media-size')
  return size
}

/** The name under which any holder serves a chunk. */
export function chunkName(sealed: Uint8Array): ChunkId {
  return bytesToId('chunk', sha256(labels.chunkId, sealed))
}

/** Checks a chunk that somebody served. @throws CliqueError `media-name` */
export function checkChunkName(sealed: Uint8Array, name: ChunkId): void {
  if (chunkName(sealed) !== name) throw new CliqueError('media-name')
}

/**
 * The same, and its size, without holding anybody up: the platform hashes beside the thread.
 * @throws CliqueError `media-size`, `media-name`
 */
export async function checkChunk(sealed: Uint8Array, name: ChunkId): Promise<void> {
  if (!isSealedChunkSize(sealed.length)) throw new CliqueError('media-size')
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, sealed.length)
  const input = concat(labelToBytes(labels.chunkId), length, sealed)
  const hash = new Uint8Array(await subtle().digest('SHA-256', toOwned(input)))
  if (bytesToId('chunk', hash) !== name) throw new CliqueError('media-name')
}
