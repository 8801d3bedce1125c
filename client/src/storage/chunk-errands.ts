import type { ChunkId, CliqueId, SpaceId } from '@clique/crypto'
import type { WantRow } from './database.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/**
 * What is to be done with chunks: fetched from whoever holds them, brought to relays. Whoever shows or sends a file
 * writes it here; whoever owns the network reads it.
 */

/** Lower goes first: somebody waits for it, somebody will soon see it, it may take its time. */
export const urgencies = { now: 0, soon: 1, later: 2 } as const
export type Urgency = (typeof urgencies)[keyof typeof urgencies]

/** Chunks wanted at once in a clique: eight of the largest files. Further ones are wanted when those are there. */
export const maxWants = 8 * 1_032

export interface Want {
  readonly space: SpaceId
  readonly chunk: ChunkId
  readonly urgency: Urgency
}

export interface Upload {
  readonly space: SpaceId
  readonly chunk: ChunkId
}

/**
 * What is held is not wanted; what is wanted already takes over the new urgency and keeps its turn. What is less urgent
 * gives way, and for what somebody asks also what was asked for before, the oldest first: one member's messages can name
 * any number of chunks that nobody has. Returns those for which there was no room.
 */
export async function wantChunks(
  store: Store,
  clique: CliqueId,
  space: SpaceId,
  asked: readonly ChunkId[],
  urgency: Urgency,
): Promise<ChunkId[]> {
  if (asked.length === 0) return []
  const { chunks, wants } = store.db
  const left = await transact(store, [chunks, wants], async () => {
    const held = await chunks.bulkGet(asked.map((chunk): [CliqueId, ChunkId] => [clique, chunk]))
    const missing = new Set(asked.filter((_, i) => held[i] === undefined))
    const known = await wantsOf(store, clique).toArray()
    const others = known.filter(({ chunk }) => !missing.has(chunk))
    const moved = known.filter((row) => missing.delete(row.chunk) && row.urgency !== urgency)
    await wants.bulkPut(moved.map((row) => ({ ...row, space, urgency })))
    const dropped = leastUrgent(others, urgency).slice(0, Math.max(0, known.length + missing.size - maxWants))
    await wants.bulkDelete(dropped.flatMap(({ order }) => order ?? []))
    const added = [...missing].slice(0, Math.max(0, maxWants - known.length + dropped.length))
    await wants.bulkAdd(added.map((chunk) => ({ clique, space, chunk, urgency })))
    return [...missing].slice(added.length)
  })
  store.changes.announce({ kind: 'wants', clique })
  return left
}

/** What gives way, those first that can wait longest: what is less urgent, and for what somebody asks anything. */
function leastUrgent(rows: readonly WantRow[], urgency: Urgency): WantRow[] {
  const lesser = urgency === urgencies.now ? rows : rows.filter((row) => row.urgency > urgency)
  return lesser.toSorted((a, b) => b.urgency - a.urgency)
}

/** The most urgent first, among those the one wanted first. */
export async function readWants(store: Store, clique: CliqueId, limit: number): Promise<Want[]> {
  const rows = await guarded(wantsOf(store, clique).limit(limit).toArray())
  return rows.map(({ space, chunk, urgency }) => ({ space, chunk, urgency: urgency as Urgency }))
}

/** Which of these are wanted. */
export async function wantedChunks(
  store: Store,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<Set<ChunkId>> {
  if (asked.length === 0) return new Set()
  const rows = await guarded(
    store.db.wants
      .where('[clique+chunk]')
      .anyOf(asked.map((chunk) => [clique, chunk]))
      .toArray(),
  )
  return new Set(rows.map(({ chunk }) => chunk))
}

export async function dropWants(store: Store, clique: CliqueId, dropped: readonly ChunkId[]): Promise<void> {
  if (dropped.length === 0) return
  await guarded(
    store.db.wants
      .where('[clique+chunk]')
      .anyOf(dropped.map((chunk) => [clique, chunk]))
      .delete(),
  )
  store.changes.announce({ kind: 'wants', clique })
}

/** For a relay, named by its PeerId. What is to go there already stays once. */
export async function addUploads(
  store: Store,
  clique: CliqueId,
  relay: string,
  added: readonly Upload[],
): Promise<void> {
  if (added.length === 0) return
  const { uploads } = store.db
  await transact(store, [uploads], async () => {
    const rows = await uploads
      .where('[clique+relay+chunk]')
      .anyOf(added.map(({ chunk }) => [clique, relay, chunk]))
      .toArray()
    const known = new Set(rows.map(({ chunk }) => chunk))
    const fresh = added.filter(({ chunk }) => !known.has(chunk) && known.add(chunk))
    await uploads.bulkAdd(fresh.map(({ space, chunk }) => ({ clique, relay, space, chunk })))
  })
  store.changes.announce({ kind: 'uploads', clique })
}

/** What is to go to a relay, oldest first. */
export async function readUploads(
  store: Store,
  clique: CliqueId,
  relay: string,
  limit: number,
): Promise<Upload[]> {
  const rows = await guarded(
    store.db.uploads
      .where('[clique+relay+order]')
      .between([clique, relay, 0], [clique, relay, Infinity])
      .limit(limit)
      .toArray(),
  )
  return rows.map(({ space, chunk }) => ({ space, chunk }))
}

/** Which of these have yet to reach some relay. */
export async function readUnuploaded(
  store: Store,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<Set<ChunkId>> {
  if (asked.length === 0) return new Set()
  const rows = await guarded(
    store.db.uploads
      .where('[clique+chunk]')
      .anyOf(asked.map((chunk) => [clique, chunk]))
      .toArray(),
  )
  return new Set(rows.map(({ chunk }) => chunk))
}

/** The relay has them, or will never take them. */
export async function markUploaded(
  store: Store,
  clique: CliqueId,
  relay: string,
  chunks: readonly ChunkId[],
): Promise<void> {
  if (chunks.length === 0) return
  await guarded(
    store.db.uploads
      .where('[clique+relay+chunk]')
      .anyOf(chunks.map((chunk) => [clique, relay, chunk]))
      .delete(),
  )
  store.changes.announce({ kind: 'uploads', clique })
}

function wantsOf(store: Store, clique: CliqueId) {
  return store.db.wants.where('[clique+urgency+order]').between([clique, 0, 0], [clique, Infinity, Infinity])
}
