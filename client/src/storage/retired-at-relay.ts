import type { CliqueId } from '@clique/crypto'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** By the PeerId of each relay that was asked: the capability generation up to which it lets nobody in any more. */
export async function readRetired(store: Store, clique: CliqueId): Promise<Map<string, number>> {
  const rows = await guarded(
    store.db.retiredAtRelay.where('[clique+relay]').between([clique, ''], [clique, '\uffff']).toArray(),
  )
  return new Map(rows.map(({ relay, generation }) => [relay, generation]))
}

/** What the relay said last: one that was restored from a backup takes again what had ended. */
export async function saveRetired(
  store: Store,
  clique: CliqueId,
  relay: string,
  generation: number,
): Promise<void> {
  const known = await guarded(store.db.retiredAtRelay.get([clique, relay]))
  if (known?.generation === generation) return
  await guarded(store.db.retiredAtRelay.put({ clique, relay, generation }))
  store.changes.announce({ kind: 'retired', clique })
}
