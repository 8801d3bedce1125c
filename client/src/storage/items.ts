import { CliqueError, lacksWraps } from '@clique/crypto'
import type { CliqueId } from '@clique/crypto'
import { forgetItemsAtRelays, noteItemsAtRelay } from './at-relay.ts'
import type { SecretRow } from './database.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** A control item and the operation that is in it. */
export interface StoredItem {
  readonly id: string
  readonly bytes: Uint8Array
  /** Its author handed the keys to others than the roster says. */
  readonly wrongWraps?: true
  /** When it came or was made, in milliseconds since 1970. */
  readonly heardAt?: number
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
    items: rows.map(({ order: _order, clique: _clique, ...item }) => item),
    order: rows.at(-1)?.order ?? after,
  }
}

export async function readKeyring(store: Store, clique: CliqueId): Promise<Uint8Array | null> {
  const row = await guarded(store.db.keyrings.get(clique))
  return row === undefined ? null : store.vault.open(keyringContext(clique), row.sealed)
}

/** Other bytes each time it is stored: they tell whether it may have changed. @throws CliqueError `clique-keys-missing` */
export async function readSealedKeyring({ db }: Store, clique: CliqueId): Promise<Uint8Array> {
  const row = await guarded(db.keyrings.get(clique))
  if (row === undefined) throw new CliqueError('clique-keys-missing')
  return row.sealed
}

/** What else goes into a commit of items. */
export interface Alongside {
  /** Ids by the PeerId of a relay that has them. */
  readonly atRelays?: ReadonlyMap<string, readonly string[]>
  /** With all their wraps, in place of what was stored without them: others and the recovery key open theirs from there. */
  readonly copies?: readonly StoredItem[]
  /** Private halves of what the items name: on the disk before anybody can hear of them. */
  readonly secrets?: readonly SecretRow[]
}

/**
 * Items and the keyring that they led to, in one commit: a key that opened an item is never lost while the item
 * stays. An item that is there already stays as it is; the keyring takes the place of the one that is stored, of which
 * it holds all: whoever saves has joined that one to its own under the clique's lock.
 */
export async function saveItems(
  store: Store,
  clique: CliqueId,
  items: readonly StoredItem[],
  keyring: Uint8Array,
  { atRelays = new Map(), copies = [], secrets = [] }: Alongside = {},
): Promise<void> {
  const { db } = store
  const sealed = await store.vault.seal(keyringContext(clique), keyring)
  await transact(store, [db.items, db.itemsAtRelay, db.keyrings, db.secrets], async () => {
    await putItems(store, clique, items)
    await mendItems(store, clique, copies)
    for (const [relay, ids] of atRelays) await noteItemsAtRelay(store, clique, relay, ids)
    await db.keyrings.put({ clique, sealed })
    await db.secrets.bulkPut(secrets)
  })
  store.changes.announce({ kind: 'items', clique })
}

/** For use inside a transaction that holds `items`. */
export async function putItems(store: Store, clique: CliqueId, items: readonly StoredItem[]): Promise<void> {
  const { items: table } = store.db
  const known = await table
    .where('[clique+id]')
    .anyOf(items.map(({ id }) => [clique, id]))
    .toArray()
  const there = new Set(known.map(({ id }) => id))
  await table.bulkAdd(items.filter(({ id }) => !there.has(id)).map((item) => ({ ...item, clique })))
}

/** Only where the stored one lacks its wraps. A mailbox that gave that one may hold no better. */
async function mendItems(store: Store, clique: CliqueId, copies: readonly StoredItem[]): Promise<void> {
  const { items } = store.db
  const whole = new Map(copies.map(({ id, bytes }) => [id, bytes]))
  const kept = await items
    .where('[clique+id]')
    .anyOf(copies.map(({ id }) => [clique, id]))
    .toArray()
  const mended = kept.flatMap((row) => {
    const bytes = whole.get(row.id)
    return bytes === undefined || !lacksWraps(row.bytes) ? [] : [{ ...row, bytes }]
  })
  await items.bulkPut(mended)
  await forgetItemsAtRelays(
    store,
    clique,
    mended.map(({ id }) => id),
  )
}

/** Ids of the items that a relay (by its PeerId) is not known to have, in no order. */
export async function readUnrelayedItems(store: Store, clique: CliqueId, relay: string): Promise<string[]> {
  const { items, itemsAtRelay } = store.db
  const all = await guarded(items.where('[clique+id]').between([clique, ''], [clique, '\uffff']).keys())
  const there = await guarded(
    itemsAtRelay
      .where('[clique+relay+id]')
      .between([clique, relay, ''], [clique, relay, '\uffff'])
      .primaryKeys(),
  )
  const known = new Set(there.map(([, , id]) => id))
  // Dexie types the keys of an index as one value.
  return (all as unknown as [CliqueId, string][]).flatMap(([, id]) => (known.has(id) ? [] : [id]))
}

/** These items, those that came here first first. */
export async function readItemsById(
  store: Store,
  clique: CliqueId,
  ids: readonly string[],
  limit: number,
): Promise<StoredItem[]> {
  if (ids.length === 0) return []
  const { items } = store.db
  const orders = await guarded(
    items
      .where('[clique+id]')
      .anyOf(ids.map((id) => [clique, id]))
      .primaryKeys(),
  )
  const rows = await guarded(items.bulkGet(orders.toSorted((a, b) => a - b).slice(0, limit)))
  return rows.flatMap((row) => (row === undefined ? [] : [{ id: row.id, bytes: row.bytes }]))
}

export async function markItemsRelayed(
  store: Store,
  clique: CliqueId,
  relay: string,
  ids: readonly string[],
): Promise<void> {
  await transact(store, [store.db.itemsAtRelay], () => noteItemsAtRelay(store, clique, relay, ids))
  store.changes.announce({ kind: 'items', clique })
}
