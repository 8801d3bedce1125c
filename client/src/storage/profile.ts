import type { MetaRow } from './database.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** Values of the profile as a whole, each sealed: settings, and the public half of the recovery kit. */
export type ProfileKey = 'recovery-kit' | 'recovery-list' | 'settings'

const profileContext = (key: ProfileKey) => `meta/${key}`

/** The caller names the type of what it saved under this key; null where nothing was saved. */
export async function readProfileValue<T>(store: Store, key: ProfileKey): Promise<T | null> {
  const row = await guarded(store.db.meta.get(key))
  if (!(row?.value instanceof Uint8Array)) return null
  return store.vault.openJson<T>(profileContext(key), row.value)
}

/** `value` is plain JSON: bytes go in as text. */
export async function saveProfileValue(store: Store, key: ProfileKey, value: unknown): Promise<void> {
  await guarded(store.db.meta.put(await sealProfileValue(store, key, value)))
}

/** For whoever writes it in a commit with something else. */
export async function sealProfileValue(store: Store, key: ProfileKey, value: unknown): Promise<MetaRow> {
  return { key, value: await store.vault.sealJson(profileContext(key), value) }
}
