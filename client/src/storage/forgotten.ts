import type { ForgottenRow } from './database.ts'
import type { Place } from './place.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** Those of these places that were deleted, be it that something of them has come back since. */
export async function readForgotten(store: Store, places: readonly Place[]): Promise<ForgottenRow[]> {
  if (places.length === 0) return []
  const rows = await guarded(store.db.forgotten.bulkGet([...places]))
  return rows.filter((row) => row !== undefined)
}

/**
 * Whether nothing of a place is here, as it was deleted: another tab may still hold some of it, and must not keep that anew. For
 * use inside a transaction that holds `forgotten` and `heads`.
 */
export async function isForgotten({ db }: Store, place: Place): Promise<boolean> {
  if ((await db.forgotten.get(place)) === undefined) return false
  return (await db.heads.where(':id').between([place], [place, []]).count()) === 0
}
