import type { CliqueId, SpaceId } from '@clique/crypto'
import type { Table } from 'dexie'
import type { MetaRow } from './database.ts'
import { ChunkPlaces } from './chunk-places.ts'
import { placeOf } from './place.ts'
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
  const byPlace = [
    db.outbox,
    db.heldByRelay,
    db.aheadAtRelay,
    db.forks,
    db.heads,
    db.documents,
    db.acknowledgements,
    db.outKnown,
  ] as const
  const more = [db.snapshots, db.vectors] as const
  const single = [db.views, db.drafts, db.reads] as const
  const tables: readonly Table[] = [
    ...[
      db.meta,
      db.cliques,
      db.keyrings,
      db.ends,
      db.items,
      db.records,
      db.aside,
      db.waiting,
      db.wants,
      db.uploads,
      db.sentChunks,
    ],
    ...[...byClique, ...byPlace, ...more, ...single],
  ]
  const rows = await transact(store, tables, async () => {
    if (kit !== null) await db.meta.put(kit)
    const rows = await db.chunks.where('[clique+chunk]').between([clique], [clique, []]).toArray()
    await chunkPlaces.forget(rows)
    await db.cliques.delete(clique)
    await db.keyrings.delete(clique)
    await db.ends.delete(clique)
    await db.items.where('[clique+order]').between([clique], [clique, []]).delete()
    for (const table of byClique) await startingWith(table, clique).delete()
    await db.wants.where('[clique+chunk]').between([clique], [clique, []]).delete()
    await db.uploads.where('[clique+chunk]').between([clique], [clique, []]).delete()
    await db.sentChunks.where('[clique+chunk]').between([clique], [clique, []]).delete()
    await db.waiting.where('[pool+id]').between([clique], [clique, []]).delete()
    for (const place of places) {
      await db.records.where('[place+order]').between([place], [place, []]).delete()
      await db.aside.where('[place+id]').between([place], [place, []]).delete()
      await db.waiting.where('[pool+id]').between([place], [place, []]).delete()
      for (const table of [...byPlace, ...more]) await startingWith(table, place).delete()
      for (const table of single) await table.delete(place)
    }
    return rows
  })
  await chunkPlaces.clear(rows)
  store.changes.announce({ kind: 'cliques' })
}

/** Rows whose primary key is a list that begins with this; a list comes after every text and number. */
function startingWith(table: Table, first: string) {
  return table.where(':id').between([first], [first, []])
}
