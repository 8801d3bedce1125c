import type { MemberId } from '@clique/crypto'
import type { WaitingRow } from './database.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/**
 * Records and items whose verdict needs something that has not come yet (a key, a roster head, the record before).
 * They have no effect and are shown to nobody.
 *
 * What cannot be opened, or is of nobody in the roster, shares one pot: 2,000 covers a device that met a newer epoch in
 * the middle of a catch-up; 16 MiB keeps a garbage sender from filling the disk.
 */
export const maxWaiting = 2_000
export const maxWaitingBytes = 16 * 1024 * 1024
/**
 * Each member's records have a share of their own beside it, in each space, so that nobody's gaps take the room of
 * others. It holds the largest record, and what one writes in a long day.
 */
export const maxWaitingOfAuthor = 500
export const maxWaitingBytesOfAuthor = 4 * 1024 * 1024

export interface Waiting {
  readonly id: string
  readonly bytes: Uint8Array
  /** PeerIds of the relays that have it. */
  readonly relays: readonly string[]
  /** Who has proven to have made it, if that is a member. */
  readonly author: MemberId | null
}

export async function readWaiting(store: Store, pool: string): Promise<Waiting[]> {
  const rows = await guarded(waitingOf(store, pool).toArray())
  return rows.map(({ id, bytes, relays, author }) => ({
    id,
    bytes,
    relays,
    author: author === '' ? null : author,
  }))
}

/** Returns the ids for which there was no room. What waits already stays once, and `relays` are joined. */
export async function addWaiting(store: Store, pool: string, added: readonly Waiting[]): Promise<string[]> {
  if (added.length === 0) return []
  const { waiting } = store.db
  return transact(store, [waiting], async () => {
    const there = await waitingOf(store, pool).toArray()
    const known = new Set(there.map(({ id }) => id))
    const given = new Map(added.map(({ id, relays }) => [id, relays]))
    const nowRelayed = there.flatMap((row) => {
      const more = (given.get(row.id) ?? []).filter((relay) => !row.relays.includes(relay))
      return more.length === 0 ? [] : [{ ...row, relays: [...row.relays, ...more] }]
    })
    await waiting.bulkPut(nowRelayed)
    const shares: Shares = new Map()
    for (const { author, bytes } of there) take(shares, author, bytes.length)
    const left: string[] = []
    const rows: WaitingRow[] = []
    for (const { id, bytes, relays, author } of added) {
      if (known.has(id)) continue
      if (!hasRoom(shares, author ?? '', bytes.length)) {
        left.push(id)
        continue
      }
      known.add(id)
      take(shares, author ?? '', bytes.length)
      rows.push({ pool, id, bytes, relays, author: author ?? '' })
    }
    await waiting.bulkAdd(rows)
    return left
  })
}

interface Share {
  readonly count: number
  readonly bytes: number
}
type Shares = Map<MemberId | '', Share>

function shareOf(shares: Shares, author: MemberId | ''): Share {
  return shares.get(author) ?? { count: 0, bytes: 0 }
}

function take(shares: Shares, author: MemberId | '', size: number): void {
  const { count, bytes } = shareOf(shares, author)
  shares.set(author, { count: count + 1, bytes: bytes + size })
}

function hasRoom(shares: Shares, author: MemberId | '', size: number): boolean {
  const { count, bytes } = shareOf(shares, author)
  const [most, mostBytes] =
    author === '' ? [maxWaiting, maxWaitingBytes] : [maxWaitingOfAuthor, maxWaitingBytesOfAuthor]
  return count < most && bytes + size <= mostBytes
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
