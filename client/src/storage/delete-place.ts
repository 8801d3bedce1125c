import type { Table } from 'dexie'
import type { Place } from './place.ts'
import type { Store } from './store.ts'

/** Tables with rows of one space of one clique. */
export function placeTables(store: Store): readonly Table[] {
  const { records, aside, waiting } = store.db
  return [records, aside, waiting, ...listed(store), ...single(store)]
}

/** Deletes all that is here of a space, but for its files. For use inside a transaction that holds `placeTables`. */
export async function deletePlace(store: Store, place: Place): Promise<void> {
  const { records, aside, waiting } = store.db
  await records.where('[place+order]').between([place], [place, []]).delete()
  await aside.where('[place+id]').between([place], [place, []]).delete()
  await waiting.where('[pool+id]').between([place], [place, []]).delete()
  for (const table of listed(store)) await startingWith(table, place).delete()
  for (const table of single(store)) await table.delete(place)
}

/** Rows whose primary key is a list that begins with this; a list comes after every text and number. */
export function startingWith(table: Table, first: string) {
  return table.where(':id').between([first], [first, []])
}

/** Keys begin with the place, followed by up to two more parts. */
function listed({ db }: Store): readonly Table[] {
  return [
    db.outbox,
    db.heldByRelay,
    db.aheadAtRelay,
    db.forks,
    db.heads,
    db.documents,
    db.acknowledgements,
    db.outKnown,
    db.snapshots,
    db.vectors,
  ]
}

function single({ db }: Store): readonly Table[] {
  return [db.views, db.drafts, db.reads, db.forgotten]
}
