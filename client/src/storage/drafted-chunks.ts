import type { ChunkId, CliqueId } from '@clique/crypto'
import { keysOf } from './chunk-keys.ts'
import { deleteChunks } from './chunks.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/**
 * Chunks that were made for a draft and that no message names yet. What is not marked so is never forgotten with a
 * draft: another tab may have sent it.
 */
export async function markDrafted(store: Store, clique: CliqueId, chunks: readonly ChunkId[]): Promise<void> {
  await guarded(store.db.drafted.bulkPut(chunks.map((chunk) => ({ clique, chunk }))))
}

/** Forgets those of them that are a draft's alone. */
export async function deleteDrafted(
  store: Store,
  clique: CliqueId,
  dropped: readonly ChunkId[],
): Promise<void> {
  if (dropped.length === 0) return
  const { drafted } = store.db
  const rows = await guarded(drafted.bulkGet(keysOf(clique, dropped)))
  const marked = rows.flatMap((row) => (row === undefined ? [] : [row.chunk]))
  await deleteChunks(store, clique, marked)
  await guarded(drafted.bulkDelete(keysOf(clique, marked)))
}

/** Those of all cliques. */
export async function readDrafted(
  store: Store,
): Promise<readonly { readonly clique: CliqueId; readonly chunk: ChunkId }[]> {
  return guarded(store.db.drafted.toArray())
}
