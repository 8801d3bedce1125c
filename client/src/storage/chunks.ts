import type { ChunkId, CliqueId } from '@clique/crypto'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** A sealed piece of a file, under its name. Whoever hands it over has checked the name. */
export interface StoredChunk {
  readonly chunk: ChunkId
  readonly bytes: Uint8Array
}

/** All in one commit; with it they are no longer wanted. @throws CliqueError `storage-full`, `storage-failed` */
export async function putChunks(
  store: Store,
  clique: CliqueId,
  added: readonly StoredChunk[],
): Promise<void> {
  if (added.length === 0) return
  const { chunks, chunkBytes, wants } = store.db
  const keys = added.map(({ chunk }) => keyOf(clique, chunk))
  const wasWanted = await transact(store, [chunks, chunkBytes, wants], async () => {
    const held = await chunks.bulkGet(keys)
    const fresh = added.filter((_, i) => held[i] === undefined)
    await chunks.bulkPut(fresh.map(({ chunk, bytes }) => ({ clique, chunk, size: bytes.length })))
    await chunkBytes.bulkPut(fresh.map(({ chunk, bytes }) => ({ clique, chunk, bytes })))
    return wants.where('[clique+chunk]').anyOf(keys).delete()
  })
  store.changes.announce({ kind: 'chunks', clique, chunks: added.map(({ chunk }) => chunk) })
  if (wasWanted > 0) store.changes.announce({ kind: 'wants', clique })
}

/** Null where it is not held. */
export async function readChunk(store: Store, clique: CliqueId, chunk: ChunkId): Promise<Uint8Array | null> {
  return (await guarded(store.db.chunkBytes.get(keyOf(clique, chunk))))?.bytes ?? null
}

/** Which of these are held; reads no bytes. */
export async function heldChunks(
  store: Store,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<Set<ChunkId>> {
  if (asked.length === 0) return new Set()
  const rows = await guarded(store.db.chunks.bulkGet(asked.map((chunk) => keyOf(clique, chunk))))
  return new Set(rows.flatMap((row) => (row === undefined ? [] : [row.chunk])))
}

/** Forgets chunks that nothing names any more, and what was to be done with them. */
export async function deleteChunks(
  store: Store,
  clique: CliqueId,
  dropped: readonly ChunkId[],
): Promise<void> {
  if (dropped.length === 0) return
  const { chunks, chunkBytes, uploads } = store.db
  const keys = dropped.map((chunk) => keyOf(clique, chunk))
  const wasWaiting = await transact(store, [chunks, chunkBytes, uploads], async () => {
    await chunks.bulkDelete(keys)
    await chunkBytes.bulkDelete(keys)
    return uploads.where('[clique+chunk]').anyOf(keys).delete()
  })
  store.changes.announce({ kind: 'chunks', clique, chunks: dropped })
  if (wasWaiting > 0) store.changes.announce({ kind: 'uploads', clique })
}

function keyOf(clique: CliqueId, chunk: ChunkId): [CliqueId, ChunkId] {
  return [clique, chunk]
}
