import type { ChunkId } from '@clique/crypto/verify'
import type { TenantId } from './storage.ts'

export interface NewChunk {
  readonly tenant: TenantId
  /** The hash of the bytes: whoever hands it over has checked that. */
  readonly id: ChunkId
  readonly bytes: Uint8Array
  readonly keepUntil: number
  /** Bytes that the tenant's chunks may have together, this one included. */
  readonly shareLimit: number
}

/**
 * The chunks of files that the relay keeps, apart from mailboxes: large, in no order, each whole or not there. A
 * tenant's chunks are its own, also where another has the same. One contract suite (`chunk-storage.contract.ts`) runs
 * against every implementation; times come in as arguments, in milliseconds.
 */
export interface ChunkStorage {
  /**
   * Resolves when the chunk is on disk, with the time until which it is kept. What is there already stays once, and is
   * kept for as long as anybody asked.
   * @throws CliqueError `relay-quota`, `relay-storage-full`, `relay-stopping`; nothing of it is then stored.
   *   `relay-failed` when the disk errs
   */
  put(chunk: NewChunk): Promise<number>
  /** Null where it is not kept. */
  get(tenant: TenantId, id: ChunkId): Promise<Uint8Array | null>
  /** Which of these are kept. */
  have(tenant: TenantId, ids: readonly ChunkId[]): Promise<readonly ChunkId[]>
  /** Removes at most `max` chunks whose time is over; how many it were. */
  prune(now: number, max: number): Promise<number>
  /** What was put before is stored first. */
  close(): Promise<void>
}
