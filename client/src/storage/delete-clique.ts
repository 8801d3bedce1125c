import type { CliqueId, SpaceId } from '@clique/crypto'
import type { Table } from 'dexie'
import type { MetaRow } from './database.ts'
import { ChunkPlaces } from './chunk-places.ts'
import { deletePlace, placeTables, startingWith } from './delete-place.ts'
import { listPlaceOf, placeOf } from './place.ts'
import { transact } from './store.ts'
import type { Store } from './store.ts'

/**
 * Deletes all that is here of a clique, and of these of its spaces; its keys go in the same commit, so that nothing is
 * left that anything could be opened with. `kit`: the recovery kit, where its slot is free again. @throws CliqueError `storage-failed`
 */
export async function deleteClique(
  store: Store,
  clique: CliqueId,
  spaces: Iterable<SpaceId> = [],
  kit: MetaRow | null = null,
): Promise<void> {
  const { db } = store
  const places = [...spaces].map((space) => placeOf(clique, space))
  const chunkPlaces = await ChunkPlaces.of(store)
  // Keys begin with the clique or the place, followed by up to two more parts, or by a number.
  const byClique = [
    db.secrets,
    db.itemsAtRelay,
    db.cursors,
    db.checkpoints,
    db.logProofs,
    db.invitations,
    db.chunks,
    db.chunkBytes,
    db.drafted,
    db.suppliedRelays,
    db.heardHeads,
    db.retiredAtRelay,
  ] as const
  const tables: readonly Table[] = [
    ...[db.meta, db.cliques, db.keyrings, db.ends, db.items, db.wants, db.uploads, db.sentChunks],
    ...[...byClique, ...placeTables(store)],
  ]
  const rows = await transact(store, tables, async () => {
    if (kit !== null) await db.meta.put(kit)
    const rows = await db.chunks.where('[clique+chunk]').between([clique], [clique, []]).toArray()
    await chunkPlaces.forget(rows)
    await db.cliques.delete(clique)
    await db.keyrings.delete(clique)
    await db.ends.delete(clique)
    await db.views.delete(listPlaceOf(clique))
    await db.items.where('[clique+order]').between([clique], [clique, []]).delete()
    for (const table of byClique) await startingWith(table, clique).delete()
    await db.wants.where('[clique+chunk]').between([clique], [clique, []]).delete()
    await db.uploads.where('[clique+chunk]').between([clique], [clique, []]).delete()
    await db.sentChunks.where('[clique+chunk]').between([clique], [clique, []]).delete()
    await db.waiting.where('[pool+id]').between([clique], [clique, []]).delete()
    for (const place of places) await deletePlace(store, place)
    return rows
  })
  await chunkPlaces.clear(rows)
  store.changes.announce({ kind: 'cliques' })
}
