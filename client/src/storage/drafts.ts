import { equal } from '@clique/crypto'
import type { Place } from './place.ts'
import { guarded } from './store.ts'
import type { AlsoWritten, Store } from './store.ts'

/** What was typed and chosen and not sent. `F`: what the layer above keeps of a file whose chunks are held already. */
export interface Draft<F> {
  readonly text: string
  readonly files: readonly F[]
}

export const draftContext = (place: Place) => `drafts/${place}`

/** An empty one where there is nothing. */
export async function readDraft<F>(store: Store, place: Place): Promise<Draft<F>> {
  const row = await guarded(store.db.drafts.get(place))
  return row === undefined
    ? { text: '', files: [] }
    : store.vault.openJson<Draft<F>>(draftContext(place), row.sealed)
}

/** A draft that is being sent goes in the commit of its message, unless it has become another one meanwhile. */
export async function sentDraft<F>(
  store: Store,
  place: Place,
  isSent: (draft: Draft<F>) => boolean,
): Promise<AlsoWritten> {
  const { drafts } = store.db
  const before = await guarded(drafts.get(place))
  const draft = await readDraft<F>(store, place)
  const write = async (): Promise<void> => {
    const now = await drafts.get(place)
    if (now !== undefined && before !== undefined && isSent(draft) && equal(now.sealed, before.sealed))
      await drafts.delete(place)
  }
  return { tables: [drafts], write }
}

export async function saveDraft<F>(store: Store, place: Place, draft: Draft<F>): Promise<void> {
  if (draft.text === '' && draft.files.length === 0) {
    await guarded(store.db.drafts.delete(place))
  } else {
    const sealed = await store.vault.sealJson(draftContext(place), draft)
    await guarded(store.db.drafts.put({ place, sealed }))
  }
  store.changes.announce({ kind: 'drafts', place })
}
