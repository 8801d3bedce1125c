import { chunkName, sealedChunkSize, toHex } from '@clique/crypto/verify'
import type { ChunkId } from '@clique/crypto/verify'
import type { NewChunk } from '../storage/chunk-storage.ts'
import type { TenantId } from '../storage/storage.ts'

export interface SampleChunk {
  readonly id: ChunkId
  readonly bytes: Uint8Array
}

/** The smallest size that chunks have. */
export const smallChunk = 16 * 1024

/** Nothing that could be opened, under its right name; all follows from `n`. */
export function chunkOf(n: number, size: number = smallChunk): SampleChunk {
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, n)
  return { id: chunkName(bytes), bytes }
}

export function tenantOf(n: number): TenantId {
  return toHex(new Uint8Array(32).fill(n)) as TenantId
}

/** For a tenant whose share is far from full. */
export function newChunk(n: number, more: Partial<NewChunk> = {}): NewChunk {
  return { tenant: tenantOf(1), ...chunkOf(n), keepUntil: 1000, shareLimit: 2 ** 40, ...more }
}

/** What the kill test writes: every third one as large as they come. */
export function writtenSize(n: number): number {
  return n % 3 === 0 ? sealedChunkSize : smallChunk
}
