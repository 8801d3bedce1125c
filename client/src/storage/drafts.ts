import type { Place } from './place.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

const draftContext = (place: Place) => `drafts/${place}`

/** What was typed and not sent; the empty text where there is nothing. */
export async function readDraft(store: Store, place: Place): Promise<string> {
  const row = await guarded(store.db.drafts.get(place))
  return row === undefined ? '' : store.vault.openJson<string>(draftContext(place), row.sealed)
}

export async function saveDraft(store: Store, place: Place, text: string): Promise<void> {
  if (text === '') {
    await guarded(store.db.drafts.delete(place))
    return
  }
  const sealed = await store.vault.sealJson(draftContext(place), text)
  await guarded(store.db.drafts.put({ place, sealed }))
}
