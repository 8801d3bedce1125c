import type { CliqueId } from '@clique/crypto'
import type { Upload } from '../chunk-uploads.ts'
import type { Store } from '../store.ts'

/** As if a message had been sent with these chunks while this was the clique's only relay. */
export async function addUploads(
  store: Store,
  clique: CliqueId,
  relay: string,
  added: readonly Upload[],
): Promise<void> {
  await store.db.uploads.bulkAdd(added.map(({ space, chunk }) => ({ clique, relay, space, chunk })))
  store.changes.announce({ kind: 'uploads', clique })
}
