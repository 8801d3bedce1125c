import type { ChunkId, CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { rowsOfChunks } from './chunk-keys.ts'
import type { WantRow } from './database.ts'
import { ChunkPlaces } from './chunk-places.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/**
 * Chunks that are to be fetched from whoever holds them. Whoever shows a file writes it here; whoever owns the network
 * reads it. What is to be brought to relays: `chunk-uploads.ts`.
 */

/** Lower goes first: somebody waits for it, somebody will soon see it, it may take its time. */
export const urgencies = { now: 0, soon: 1, later: 2 } as const
export type Urgency = (typeof urgencies)[keyof typeof urgencies]

/** Chunks wanted at once in a clique: eight of the largest files. Further ones are wanted when those are there. */
export const maxWants = 8 * 1_032
/**
 * Of those that come by themselves for the messages of one member, so that made-up pictures of one do not push out
 * those of the others: some thirty of the largest that come by themselves.
 */
export const maxWantsOfOne = 1_032

/** Where something was asked for, and whose message names it. */
export interface Asking {
  readonly space: SpaceId
  readonly author: MemberId
}

export interface Want extends Asking {
  readonly chunk: ChunkId
  readonly urgency: Urgency
}

/**
 * What is held is not wanted; what is wanted already takes over the new urgency and keeps its turn. What is less urgent
 * gives way, and for what somebody asks also what was asked for before, the oldest first: one member's messages can name
 * any number of chunks that nobody has. Returns those for which there was no room.
 */
export async function wantChunks(
  store: Store,
  clique: CliqueId,
  { space, author }: Asking,
  asked: readonly ChunkId[],
  urgency: Urgency,
): Promise<ChunkId[]> {
  if (asked.length === 0) return []
  const { chunks, wants } = store.db
  const places = await ChunkPlaces.of(store)
  const left = await transact(store, [chunks, wants], async () => {
    const held = await chunks.bulkGet(asked.map((chunk): [CliqueId, ChunkId] => [clique, chunk]))
    const missing = new Set(asked.filter((_, i) => !places.isHeld(held[i])))
    const known = await wantsOf(store, clique).toArray()
    const others = known.filter(({ chunk }) => !missing.has(chunk))
    const moved = known.filter((row) => missing.delete(row.chunk) && row.urgency !== urgency)
    await wants.bulkPut(moved.map((row) => ({ ...row, space, author, urgency })))
    const own = others.filter((row) => row.author === author && row.urgency !== urgencies.now)
    const share = urgency === urgencies.now ? missing.size : Math.max(0, maxWantsOfOne - own.length)
    const count = Math.min(missing.size, share)
    const dropped = leastUrgent(others, urgency).slice(0, Math.max(0, known.length + count - maxWants))
    await wants.bulkDelete(dropped.flatMap(({ order }) => order ?? []))
    const added = [...missing].slice(0, Math.min(count, maxWants - known.length + dropped.length))
    await wants.bulkAdd(added.map((chunk) => ({ clique, space, author, chunk, urgency })))
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

/** The most urgent first; among those the authors in turns, and of each what was wanted first. */
export async function readWants(store: Store, clique: CliqueId, limit: number): Promise<Want[]> {
  const rows = await guarded(wantsOf(store, clique).toArray())
  return inTurns(rows)
    .slice(0, limit)
    .map(({ space, chunk, urgency, author = nobody }) => ({
      space,
      chunk,
      urgency: urgency as Urgency,
      author,
    }))
}

/** What was wanted before authors were noted. */
const nobody = '' as string as MemberId

/** `rows`: the most urgent first. */
function inTurns(rows: readonly WantRow[]): WantRow[] {
  const turns = new Map<string, number>()
  const placed = rows.map((row) => {
    const name = `${row.urgency} ${row.author ?? nobody}`
    const turn = turns.get(name) ?? 0
    turns.set(name, turn + 1)
    return { row, turn }
  })
  return placed.toSorted((a, b) => a.row.urgency - b.row.urgency || a.turn - b.turn).map(({ row }) => row)
}

/** What messages of anybody else name, who is not shown any more, is not fetched for anybody. */
export async function keepWantsOf(
  store: Store,
  clique: CliqueId,
  authors: ReadonlySet<MemberId>,
): Promise<void> {
  const dropped = await transact(store, [store.db.wants], () =>
    wantsOf(store, clique)
      .filter(({ author }) => author !== undefined && !authors.has(author))
      .delete(),
  )
  if (dropped > 0) store.changes.announce({ kind: 'wants', clique })
}

/** Which of these are wanted. */
export async function wantedChunks(
  store: Store,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<Set<ChunkId>> {
  return new Set((await rowsOfChunks(store.db.wants, clique, asked)).map(({ chunk }) => chunk))
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

function wantsOf(store: Store, clique: CliqueId) {
  return store.db.wants.where('[clique+urgency+order]').between([clique, 0, 0], [clique, Infinity, Infinity])
}
