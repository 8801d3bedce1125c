import { isCliqueError } from '@clique/crypto'
import { keyOf, packLock } from './chunk-intake.ts'
import type { PlacedChunk } from './chunk-place.ts'
import { ChunkPlaces } from './chunk-places.ts'
import type { ChunkFiles } from './chunk-files.ts'
import type { ChunkRow } from './database.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** Chunks that move from rows into a file together. */
const movedTogether = 8

/**
 * Sets files and index right, once at each start of the app and in one tab: files that the index does not name are
 * removed, rows whose file is gone are forgotten, and what lies in the database moves into files.
 */
export async function settleChunks(store: Store): Promise<void> {
  const { files } = await ChunkPlaces.of(store)
  if (files === null) return
  await navigator.locks.request(`${packLock(store)}-settling`, { ifAvailable: true }, async (lock) => {
    if (lock === null) return
    await sweep(store, files)
    try {
      while (files.mayWrite && !store.closing.aborted && (await moveSome(store, files)));
    } catch (error) {
      // What finds no room twice for a moment stays where it is.
      if (!isCliqueError(error, 'storage-full')) throw error
    }
  })
}

async function sweep(store: Store, files: ChunkFiles): Promise<void> {
  const { chunks } = store.db
  // Nobody is between a file and its row meanwhile, so what has no row will never have one.
  const [nobodys, gone] = await navigator.locks.request(packLock(store), async () => {
    const [there, named] = await Promise.all([
      files.packs(),
      guarded(chunks.orderBy('pack').uniqueKeys()) as Promise<string[]>,
    ])
    const [isThere, isNamed] = [new Set(there), new Set(named)]
    return [there.filter((pack) => !isNamed.has(pack)), named.filter((pack) => !isThere.has(pack))] as const
  })
  for (const pack of nobodys) await files.remove(pack)
  if (gone.length === 0) return
  const lost = await guarded(chunks.where('pack').anyOf(gone).toArray())
  await guarded(chunks.where('pack').anyOf(gone).delete())
  for (const clique of new Set(lost.map((row) => row.clique))) {
    const ids = lost.filter((row) => row.clique === clique).map(({ chunk }) => chunk)
    store.changes.announce({ kind: 'chunks', clique, chunks: ids })
  }
}

/** False when nothing is left to move. */
async function moveSome(store: Store, files: ChunkFiles): Promise<boolean> {
  const { chunks, chunkBytes } = store.db
  return navigator.locks.request(packLock(store), { mode: 'shared' }, async () => {
    const some: readonly PlacedChunk[] = await guarded(chunkBytes.limit(movedTogether).toArray())
    if (some.length === 0) return false
    const rows = await files.write(some)
    try {
      await transact(store, [chunks, chunkBytes], async () => {
        const before = await chunks.bulkGet(some.map(keyOf))
        // Meanwhile somebody may have forgotten it.
        const isStill = (_: ChunkRow, i: number): boolean =>
          before[i] !== undefined && before[i].pack === undefined
        await chunks.bulkPut(rows.filter(isStill))
        await chunkBytes.bulkDelete(some.map(keyOf))
      })
    } finally {
      await files.clear(rows)
    }
    return true
  })
}
