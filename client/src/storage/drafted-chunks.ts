import type { ChunkId, CliqueId } from '@clique/crypto'
import { keysOf } from './chunk-keys.ts'
import { ChunkPlaces } from './chunk-places.ts'
import { guarded, transact } from './store.ts'
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
  const { drafted, chunks, chunkBytes, uploads } = store.db
  const places = await ChunkPlaces.of(store)
  const { marked, rows, wasWaiting } = await transact(
    store,
    [drafted, chunks, chunkBytes, uploads],
    async () => {
      const marked = await readMarked(store, clique, dropped)
      const keys = keysOf(clique, marked)
      const rows = (await chunks.bulkGet(keys)).filter((row) => row !== undefined)
      await drafted.bulkDelete(keys)
      await chunks.bulkDelete(keys)
      await places.forget(rows)
      const waiting = await uploads.where('[clique+chunk]').anyOf(keys).delete()
      return { marked, rows, wasWaiting: waiting > 0 }
    },
  )
  if (marked.length === 0) return
  await places.clear(rows)
  store.changes.announce({ kind: 'chunks', clique, chunks: marked })
  if (wasWaiting) store.changes.announce({ kind: 'uploads', clique })
}

/** Those of all cliques. */
export async function readDrafted(
  store: Store,
): Promise<readonly { readonly clique: CliqueId; readonly chunk: ChunkId }[]> {
  return guarded(store.db.drafted.toArray())
}
