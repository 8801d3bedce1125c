import type { ChunkId, CliqueId } from '@clique/crypto'
import { keysOf } from './chunk-keys.ts'
import { deleteThese } from './chunks.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/**
 * Chunks that were made for a draft and that no message names yet. What is not marked so is never forgotten with a
 * draft: another tab may have sent it.
 */
export async function markDrafted(store: Store, clique: CliqueId, chunks: readonly ChunkId[]): Promise<void> {
  await guarded(store.db.drafted.bulkPut(chunks.map((chunk) => ({ clique, chunk }))))
}

/** Those of them that are a draft's alone. */
export async function readMarked(
  store: Store,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<readonly ChunkId[]> {
  const rows = await guarded(store.db.drafted.bulkGet(keysOf(clique, asked)))
  return rows.flatMap((row) => (row === undefined ? [] : [row.chunk]))
}

/**
 * Forgets those of them that are a draft's alone. Marks and index go in one commit, so whoever sends the same draft
 * from another tab comes before it, and they stay, or after it, and is told.
 */
export async function deleteDrafted(
  store: Store,
  clique: CliqueId,
  dropped: readonly ChunkId[],
): Promise<void> {
  if (dropped.length === 0) return
  const { drafted } = store.db
  await deleteThese(store, clique, [drafted], async () => {
    const marked = await readMarked(store, clique, dropped)
    await drafted.bulkDelete(keysOf(clique, marked))
    return marked
  })
}

/** Those of all cliques. */
export async function readDrafted(
  store: Store,
): Promise<readonly { readonly clique: CliqueId; readonly chunk: ChunkId }[]> {
  return guarded(store.db.drafted.toArray())
}
