import type { CliqueId } from '@clique/crypto'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/**
 * Forgets a clique that was made here and came to nothing: nothing was written in it yet, so only its own rows go.
 */
export async function deleteClique(store: Store, clique: CliqueId): Promise<void> {
  const { db } = store
  await transact(store, [db.cliques, db.keyrings, db.secrets, db.items], async () => {
    await db.cliques.delete(clique)
    await db.keyrings.delete(clique)
    await db.secrets.where('[clique+name]').between([clique, ''], [clique, '\uffff']).delete()
    await db.items.where('[clique+order]').between([clique, 0], [clique, Infinity]).delete()
  })
  await guarded(
    db.cursors.where('[clique+relay+mailbox]').between([clique, '', ''], [clique, '\uffff', '']).delete(),
  )
  await guarded(
    db.itemsAtRelay.where('[clique+relay+id]').between([clique, '', ''], [clique, '\uffff', '']).delete(),
  )
  await guarded(db.checkpoints.where('[clique+relay]').between([clique, ''], [clique, '\uffff']).delete())
  await guarded(db.logProofs.where('[clique+relay]').between([clique, ''], [clique, '\uffff']).delete())
  store.changes.announce({ kind: 'cliques' })
}
