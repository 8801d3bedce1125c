import type { CliqueId } from '@clique/crypto'
import type { Place } from './place.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

const readContext = (place: Place) => `reads/${place}`

/** Hybrid time of the newest message that was seen on this device; 0 where none was. */
export async function readReadMark(store: Store, place: Place): Promise<number> {
  const row = await guarded(store.db.reads.get(place))
  return row === undefined ? 0 : store.vault.openJson<number>(readContext(place), row.sealed)
}

export async function saveReadMark(
  store: Store,
  clique: CliqueId,
  place: Place,
  time: number,
): Promise<void> {
  const sealed = await store.vault.sealJson(readContext(place), time)
  await guarded(store.db.reads.put({ place, sealed }))
  store.changes.announce({ kind: 'reads', clique, place })
}
