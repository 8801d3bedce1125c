import { CliqueError } from '@clique/crypto'
import type { ChunkId, CliqueId } from '@clique/crypto'
import type { Table } from 'dexie'
import { ChunkIntake } from './chunk-intake.ts'
import { keysOf } from './chunk-keys.ts'
import type { StoredChunk } from './chunk-place.ts'
import { ChunkPlaces } from './chunk-places.ts'
import type { ChunkRow } from './database.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

export type { StoredChunk } from './chunk-place.ts'

/** All or none; what is here is no longer wanted. @throws CliqueError `storage-full`, `storage-failed` */
export async function putChunks(
  store: Store,
  clique: CliqueId,
  added: readonly StoredChunk[],
): Promise<void> {
  if (added.length > 0) await ChunkIntake.of(store).put(clique, added)
}

/** Null where it is not held. @throws CliqueError `storage-failed` where it is, and cannot be read now */
export async function readChunk(store: Store, clique: CliqueId, chunk: ChunkId): Promise<Uint8Array | null> {
  const places = await ChunkPlaces.of(store)
  for (;;) {
    const row = await guarded(store.db.chunks.get([clique, chunk]))
    if (row === undefined) return null
    const place = places.placeOf(row)
    if (place === null) throw new CliqueError('storage-failed', 'storage: no files')
    const bytes = await place.read(row)
    if (bytes !== null) return bytes
    // Lost by the browser, or taken away by somebody: then it can be fetched again. Or it has moved just now.
    if (await forgetLost(store, row)) return null
  }
}

/** False where it lies elsewhere by now. */
async function forgetLost(store: Store, { clique, chunk, pack }: ChunkRow): Promise<boolean> {
  const { chunks } = store.db
  const isLost = await transact(store, [chunks], async () => {
    const now = await chunks.get([clique, chunk])
    if (now !== undefined && now.pack !== pack) return false
    await chunks.delete([clique, chunk])
    return true
  })
  if (isLost) store.changes.announce({ kind: 'chunks', clique, chunks: [chunk] })
  return isLost
}

/** Which of these are held; reads no bytes. */
export async function heldChunks(
  store: Store,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<Set<ChunkId>> {
  if (asked.length === 0) return new Set()
  const places = await ChunkPlaces.of(store)
  const rows = await guarded(
    store.db.chunks.bulkGet(asked.map((chunk): [CliqueId, ChunkId] => [clique, chunk])),
  )
  return new Set(rows.flatMap((row) => (places.isHeld(row) ? [row.chunk] : [])))
}

/** Forgets chunks that nothing names any more, and what was to be done with them. */
export async function deleteChunks(
  store: Store,
  clique: CliqueId,
  dropped: readonly ChunkId[],
): Promise<void> {
  await deleteThese(store, clique, [], () => Promise.resolve(dropped))
}

/**
 * As `deleteChunks`, for those that `choose` names: it runs inside the same transaction, which holds `tables` as well, so
 * that nothing comes between the choice and its effect.
 */
export async function deleteThese(
  store: Store,
  clique: CliqueId,
  tables: readonly Table[],
  choose: () => Promise<readonly ChunkId[]>,
): Promise<void> {
  const { chunks, chunkBytes, uploads } = store.db
  const places = await ChunkPlaces.of(store)
  const { dropped, rows, wasWaiting } = await transact(
    store,
    [chunks, chunkBytes, uploads, ...tables],
    async () => {
      const dropped = await choose()
      const keys = keysOf(clique, dropped)
      const rows = (await chunks.bulkGet(keys)).filter((row) => row !== undefined)
      await chunks.bulkDelete(keys)
      await places.forget(rows)
      const waiting = await uploads.where('[clique+chunk]').anyOf(keys).delete()
      return { dropped, rows, wasWaiting: waiting > 0 }
    },
  )
  if (dropped.length === 0) return
  await places.clear(rows)
  store.changes.announce({ kind: 'chunks', clique, chunks: dropped })
  if (wasWaiting) store.changes.announce({ kind: 'uploads', clique })
}
