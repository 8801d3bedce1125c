import { Dexie } from 'dexie'
import type { Store } from '../store.ts'

/** Makes the next write of this kind fail as a full disk does, in the middle of its transaction; once. */
export function fillDisk(
  store: Store,
  table: 'records' | 'heads' | 'documents' | 'views' | 'chunks' | 'chunkBytes',
): void {
  const restore = (): void => store.db[table].hook('creating').unsubscribe(refuse)
  const refuse = (): never => {
    restore()
    throw new Dexie.QuotaExceededError('full')
  }
  store.db[table].hook('creating', refuse)
}
