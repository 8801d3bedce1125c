import type { CliqueId } from '@clique/crypto'
import type { DocumentRow } from './database.ts'
import { isForgotten } from './forgotten.ts'
import { listPlaceOf } from './place.ts'
import type { Place } from './place.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

const snapshotContext = (place: Place, document: string) => `snapshots/${place}/${document}`
const viewContext = (place: Place) => `views/${place}`

/** Documents of a place, the one with the newest entry first. */
export async function readNewestDocuments(store: Store, place: Place, limit: number): Promise<DocumentRow[]> {
  return guarded(
    store.db.documents
      .where('[place+newest]')
      .between([place, 0], [place, Infinity])
      .reverse()
      .limit(limit)
      .toArray(),
  )
}

/** The last document by name among those that begin with `prefix`. */
export async function readLastDocument(
  store: Store,
  place: Place,
  prefix: string,
): Promise<DocumentRow | null> {
  const row = await guarded(
    store.db.documents
      .where('[place+document]')
      .between([place, prefix], [place, `${prefix}\uffff`])
      .last(),
  )
  return row ?? null
}

/**
 * The sealed state of a document and the `order` up to which records are in it; null where branches of chains in the
 * place were swapped since (`swaps`), as it may hold what stands no more.
 */
export async function readSnapshot(
  store: Store,
  place: Place,
  document: string,
  swaps = 0,
): Promise<{ mark: number; state: Uint8Array } | null> {
  const row = await guarded(store.db.snapshots.get([place, document]))
  if (row === undefined || (row.swaps ?? 0) !== swaps) return null
  return { mark: row.mark, state: await store.vault.open(snapshotContext(place, document), row.sealed) }
}

/** Kept unless it holds less than the one that is there: two tabs may make snapshots of one document. */
export async function saveSnapshot(
  store: Store,
  place: Place,
  document: string,
  mark: number,
  state: Uint8Array,
  swaps = 0,
): Promise<void> {
  const sealed = await store.vault.seal(snapshotContext(place, document), state)
  const { snapshots, forgotten, heads } = store.db
  await transact(store, [snapshots, forgotten, heads], async () => {
    if (await isForgotten(store, place)) return
    const kept = await snapshots.get([place, document])
    const difference = swaps - (kept?.swaps ?? 0)
    // The one of the same mark may be of a form that is read no more.
    const holdsLess = kept !== undefined && (difference < 0 || (difference === 0 && kept.mark > mark))
    if (!holdsLess) await snapshots.put({ place, document, mark, swaps, sealed })
  })
}

/** The conversations of a clique as they were on screen: painted before it is opened. */
export function readList<T>(store: Store, clique: CliqueId): Promise<T | null> {
  return readView(store, listPlaceOf(clique))
}

/** Only where the clique is still here. */
export async function saveList(store: Store, clique: CliqueId, list: unknown): Promise<void> {
  const place = listPlaceOf(clique)
  const sealed = await store.vault.sealJson(viewContext(place), list)
  const { cliques, views } = store.db
  await transact(store, [cliques, views], async () => {
    if ((await cliques.get(clique)) !== undefined) await views.put({ place, sealed })
  })
}

/** The last rows of a conversation as they were on screen: painted before Yjs is there. */
export async function readView<T>(store: Store, place: Place): Promise<T | null> {
  const row = await guarded(store.db.views.get(place))
  return row === undefined ? null : store.vault.openJson<T>(viewContext(place), row.sealed)
}

export async function saveView(store: Store, place: Place, view: unknown): Promise<void> {
  const sealed = await store.vault.sealJson(viewContext(place), view)
  const { views, forgotten, heads } = store.db
  await transact(store, [views, forgotten, heads], async () => {
    if (!(await isForgotten(store, place))) await views.put({ place, sealed })
  })
}
