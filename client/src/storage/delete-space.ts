import type { ChunkId, CliqueId, SpaceId } from '@clique/crypto'
import type { Table } from 'dexie'
import { keysOf } from './chunk-keys.ts'
import { deleteThese } from './chunks.ts'
import type { ForgottenRow } from './database.ts'
import { deletePlace, placeTables } from './delete-place.ts'
import { listPlaceOf, placeOf } from './place.ts'
import type { Store } from './store.ts'

/**
 * Deletes all that is here of a space, and these chunks, and notes that in the same commit. What the list of conversations was
 * painted with goes as well. @throws CliqueError `storage-failed`
 */
export async function deleteSpace(
  store: Store,
  clique: CliqueId,
  space: SpaceId,
  chunks: readonly ChunkId[],
  note: Omit<ForgottenRow, 'place'>,
): Promise<void> {
  const { db } = store
  const place = placeOf(clique, space)
  const errands: readonly Table<{ readonly space: SpaceId }>[] = [db.wants, db.uploads, db.sentChunks]
  await deleteThese(store, clique, [...placeTables(store), ...errands, db.drafted], async () => {
    await deletePlace(store, place)
    await db.views.delete(listPlaceOf(clique))
    for (const table of errands) {
      const ofClique = table.where('[clique+chunk]').between([clique], [clique, []])
      await ofClique.filter((row) => row.space === space).delete()
    }
    await db.drafted.bulkDelete(keysOf(clique, chunks))
    await db.forgotten.put({ ...note, place })
    return chunks
  })
  store.changes.announce({ kind: 'forgotten', clique, place })
}
