import type { WaitingRow } from './database.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/**
 * Records and items whose verdict needs something that has not come yet (a key, a roster head, the record before).
 * They have no effect and are shown to nobody. Bounded: 2,000 covers a device that met a newer epoch in the middle
 * of a catch-up; 16 MiB keeps a garbage sender from filling the disk.
 */
export const maxWaiting = 2_000
export const maxWaitingBytes = 16 * 1024 * 1024

export interface Waiting {
  readonly id: string
  readonly bytes: Uint8Array
  readonly relayed: boolean
}

export async function readWaiting(store: Store, pool: string): Promise<Waiting[]> {
  const rows = await guarded(waitingOf(store, pool).toArray())
  return rows.map(({ id, bytes, relayed }) => ({ id, bytes, relayed: relayed === 1 }))
}

/** Returns the ids for which there was no room. What waits already stays once, but `relayed` is taken over. */
export async function addWaiting(store: Store, pool: string, added: readonly Waiting[]): Promise<string[]> {
  if (added.length === 0) return []
  const { waiting } = store.db
  return transact(store, [waiting], async () => {
    const there = await waitingOf(store, pool).toArray()
    const known = new Set(there.map(({ id }) => id))
    const relayed = new Set(added.filter((one) => one.relayed).map(({ id }) => id))
    const nowRelayed = there.filter((row) => row.relayed === 0 && relayed.has(row.id))
    await waiting.bulkPut(nowRelayed.map((row) => ({ ...row, relayed: 1 })))
    let room = maxWaitingBytes - there.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const left: string[] = []
    const rows: WaitingRow[] = []
    for (const { id, bytes, relayed } of added) {
      if (known.has(id)) continue
      if (known.size >= maxWaiting || bytes.length > room) {
        left.push(id)
        continue
      }
      known.add(id)
      room -= bytes.length
      rows.push({ pool, id, bytes, relayed: relayed ? 1 : 0 })
    }
    await waiting.bulkAdd(rows)
    return left
  })
}

export async function removeWaiting(store: Store, pool: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await guarded(
    store.db.waiting
      .where('[pool+id]')
      .anyOf(ids.map((id) => [pool, id]))
      .delete(),
  )
}

function waitingOf(store: Store, pool: string) {
  return store.db.waiting.where('[pool+id]').between([pool, ''], [pool, '\uffff'])
}
