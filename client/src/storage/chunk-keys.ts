import type { ChunkId, CliqueId } from '@clique/crypto'
import type { Table } from 'dexie'
import { guarded } from './store.ts'

export function keysOf(clique: CliqueId, chunks: readonly ChunkId[]): [CliqueId, ChunkId][] {
  return chunks.map((chunk) => [clique, chunk])
}

/** Rows of a table with one index over clique and chunk. */
export async function rowsOfChunks<Row>(
  table: Table<Row, number>,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<Row[]> {
  if (asked.length === 0) return []
  return guarded(table.where('[clique+chunk]').anyOf(keysOf(clique, asked)).toArray())
}
