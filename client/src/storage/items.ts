import { lacksWraps } from '@clique/crypto'
import type { CliqueId } from '@clique/crypto'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** A control item and the operation that is in it. */
export interface StoredItem {
  readonly id: string
  readonly bytes: Uint8Array
  /** Its author handed the keys to others than the roster says. */
  readonly wrongWraps?: true
}

export const keyringContext = (clique: CliqueId) => `keyrings/${clique}`

/** All control items of a clique in the order in which they were committed here, and that order's end. */
export async function readItems(
  store: Store,
  clique: CliqueId,
  after = 0,
): Promise<{ items: StoredItem[]; order: number }> {
  const rows = await guarded(
    store.db.items
      .where('[clique+order]')
      .between([clique, after], [clique, Infinity], false, true)
      .toArray(),
  )
  return {
    items: rows.map(({ id, bytes, wrongWraps }) => (wrongWraps ? { id, bytes, wrongWraps } : { id, bytes })),
    order: rows.at(-1)?.order ?? after,
  }
}

export async function readKeyring(store: Store, clique: CliqueId): Promise<Uint8Array | null> {
  const row = await guarded(store.db.keyrings.get(clique))
  return row === undefined ? null : store.vault.open(keyringContext(clique), row.sealed)
}

/**
 * Items and the keyring that they led to, in one commit: a key that opened an item is never lost while the item
 * stays. An item that is there already stays as it is, but `relayed` is taken over. `copies` have all their wraps, and
 * stand in for what was stored without them: others and the recovery key open theirs from there.
 */
export async function saveItems(
  store: Store,
  clique: CliqueId,
  items: readonly StoredItem[],
  keyring: Uint8Array,
  relayed: boolean,
  copies: readonly StoredItem[] = [],
): Promise<void> {
  const { db } = store
  const sealed = await store.vault.seal(keyringContext(clique), keyring)
  await transact(store, [db.items, db.keyrings], async () => {
    await putItems(store, clique, items, relayed)
    await mendItems(store, clique, copies, relayed)
    await db.keyrings.put({ clique, sealed })
  })
  store.changes.announce({ kind: 'items', clique })
}

/** For use inside a transaction that holds `items`. */
export async function putItems(
  store: Store,
  clique: CliqueId,
  items: readonly StoredItem[],
  relayed: boolean,
): Promise<void> {
  const { items: table } = store.db
  const known = await table
    .where('[clique+id]')
    .anyOf(items.map(({ id }) => [clique, id]))
    .toArray()
  const orders = new Map(known.map((row) => [row.id, row]))
  const fresh = items.filter(({ id }) => !orders.has(id))
  await table.bulkAdd(
    fresh.map((item) => ({ ...item, clique, relayed: relayed ? (1 as const) : (0 as const) })),
  )
  if (relayed) {
    await table.bulkPut(known.filter((row) => row.relayed === 0).map((row) => ({ ...row, relayed: 1 })))
  }
}

/** Only where the stored one lacks its wraps. A mailbox that gave that one may hold no better: `relayed` is of the copy. */
async function mendItems(
  store: Store,
  clique: CliqueId,
  copies: readonly StoredItem[],
  relayed: boolean,
): Promise<void> {
  const { items } = store.db
  const whole = new Map(copies.map(({ id, bytes }) => [id, bytes]))
  const kept = await items
    .where('[clique+id]')
    .anyOf(copies.map(({ id }) => [clique, id]))
    .toArray()
  const mended = kept.flatMap((row) => {
    const bytes = whole.get(row.id)
    if (bytes === undefined || !lacksWraps(row.bytes)) return []
    return [{ ...row, bytes, relayed: relayed ? (1 as const) : (0 as const) }]
  })
  await items.bulkPut(mended)
}

/** Items that no relay has confirmed yet, oldest first. */
export async function readUnrelayedItems(
  store: Store,
  clique: CliqueId,
  limit: number,
): Promise<StoredItem[]> {
  const rows = await guarded(
    store.db.items
      .where('[clique+relayed+order]')
      .between([clique, 0, 0], [clique, 0, Infinity])
      .limit(limit)
      .toArray(),
  )
  return rows.map(({ id, bytes }) => ({ id, bytes }))
}

export async function markItemsRelayed(
  store: Store,
  clique: CliqueId,
  ids: readonly string[],
): Promise<void> {
  const { items } = store.db
  await transact(store, [items], async () => {
    const rows = await items
      .where('[clique+id]')
      .anyOf(ids.map((id) => [clique, id]))
      .toArray()
    await items.bulkPut(rows.map((row) => ({ ...row, relayed: 1 })))
  })
  store.changes.announce({ kind: 'items', clique })
}
