import { draftContext } from './drafts.ts'
import type { Draft } from './drafts.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** Of all conversations. */
export async function readDrafts<F>(store: Store): Promise<Draft<F>[]> {
  const rows = await guarded(store.db.drafts.toArray())
  return Promise.all(
    rows.map(({ place, sealed }) => store.vault.openJson<Draft<F>>(draftContext(place), sealed)),
  )
}
