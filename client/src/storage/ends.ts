import type { CliqueId, EndNotice } from '@clique/crypto'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** Word of this device's end that came beside an operation which the device cannot open. */
export interface HeardNotice {
  readonly notice: EndNotice
  /** Milliseconds since 1970, by this device's clock. */
  readonly noticedAt: number
}

const endsContext = (clique: CliqueId) => `ends/${clique}`

/** In the order in which they came. */
export async function readEndNotices(store: Store, clique: CliqueId): Promise<readonly HeardNotice[]> {
  const row = await guarded(store.db.ends.get(clique))
  return row === undefined ? [] : store.vault.openJson<HeardNotice[]>(endsContext(clique), row.sealed)
}

export async function saveEndNotices(
  store: Store,
  clique: CliqueId,
  heard: readonly HeardNotice[],
): Promise<void> {
  const sealed = await store.vault.sealJson(endsContext(clique), heard)
  await guarded(store.db.ends.put({ clique, sealed }))
  store.changes.announce({ kind: 'items', clique })
}
