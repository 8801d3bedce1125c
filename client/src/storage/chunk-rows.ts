import type { ChunkPlace, PlacedChunk } from './chunk-place.ts'
import type { ChunkRow, CliqueDatabase } from './database.ts'
import { guarded } from './store.ts'

/** Bytes in the database, in one commit with the index. Where there is no file system, and what came before there was. */
export class ChunkRows implements ChunkPlace {
  readonly #db: CliqueDatabase

  constructor(db: CliqueDatabase) {
    this.#db = db
  }

  write(added: readonly PlacedChunk[]): Promise<readonly ChunkRow[]> {
    return Promise.resolve(added.map(({ clique, chunk, bytes }) => ({ clique, chunk, size: bytes.length })))
  }

  async commit(added: readonly PlacedChunk[]): Promise<void> {
    await this.#db.chunkBytes.bulkPut(added.map(({ clique, chunk, bytes }) => ({ clique, chunk, bytes })))
  }

  async read({ clique, chunk }: ChunkRow): Promise<Uint8Array | null> {
    return (await guarded(this.#db.chunkBytes.get([clique, chunk])))?.bytes ?? null
  }

  async forget(rows: readonly ChunkRow[]): Promise<void> {
    await this.#db.chunkBytes.bulkDelete(rows.map(({ clique, chunk }) => [clique, chunk]))
  }

  clear(): Promise<void> {
    return Promise.resolve()
  }
}
