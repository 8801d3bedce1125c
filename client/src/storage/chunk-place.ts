import type { ChunkId, CliqueId } from '@clique/crypto'
import type { ChunkRow } from './database.ts'

/** A sealed piece of a file, under its name. Whoever hands it over has checked the name. */
export interface StoredChunk {
  readonly chunk: ChunkId
  readonly bytes: Uint8Array
}

export interface PlacedChunk extends StoredChunk {
  readonly clique: CliqueId
}

/**
 * Where the sealed bytes of chunks rest: rows of the database, or files. What is held is what the index (`chunks`)
 * names; bytes that it does not name are nobody's. One contract suite (`chunk-place.contract.ts`) runs against both.
 */
export interface ChunkPlace {
  /** Before the index names them. Gives the rows that it is to have. @throws CliqueError `storage-full`, `storage-failed` */
  write(added: readonly PlacedChunk[]): Promise<readonly ChunkRow[]>
  /** Inside the transaction in which the index names them. */
  commit(added: readonly PlacedChunk[]): Promise<void>
  /** Null where it lies there no more. */
  read(row: ChunkRow): Promise<Uint8Array | null>
  /** Inside the transaction in which the index forgets them. */
  forget(rows: readonly ChunkRow[]): Promise<void>
  /** After a transaction that forgot them, or did not come to name them. */
  clear(rows: readonly ChunkRow[]): Promise<void>
}
