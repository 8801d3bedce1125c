import type { ChunkId, CliqueId } from '@clique/crypto'
import type { ChunkPlace, PlacedChunk, StoredChunk } from './chunk-place.ts'
import { ChunkPlaces } from './chunk-places.ts'
import type { ChunkRow } from './database.ts'
import { transact } from './store.ts'
import type { Store } from './store.ts'

/** Chunks that are written together: 4 MiB, so that what arrives one by one shares a file, a flush and a commit. */
const maxTogether = 16

interface Put {
  readonly clique: CliqueId
  readonly added: readonly StoredChunk[]
  resolve(): void
  reject(error: unknown): void
}

/**
 * Whoever is between writing a file and naming it in the index holds this lock of the profile, shared. Whoever has it
 * alone sees no file that somebody is about to name. A tab that is killed lets go of it.
 */
export function packLock(store: Store): string {
  return `${store.name}-chunks`
}

/** Writes what is to be kept: one group after the other, each of all that has come meanwhile. */
export class ChunkIntake {
  readonly #store: Store
  #waiting: Put[] = []
  #isWorking = false

  constructor(store: Store) {
    this.#store = store
  }

  static of(store: Store): ChunkIntake {
    const intake = intakes.get(store) ?? new ChunkIntake(store)
    intakes.set(store, intake)
    return intake
  }

  /** On the disk when it resolves, all or none. @throws CliqueError `storage-full`, `storage-failed` */
  put(clique: CliqueId, added: readonly StoredChunk[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ clique, added, resolve, reject })
      if (!this.#isWorking) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    while (this.#waiting.length > 0) await this.#keep(this.#nextGroup())
    this.#isWorking = false
  }

  #nextGroup(): Put[] {
    let count = 0
    const end = this.#waiting.findIndex(({ added }, i) => (count += added.length) > maxTogether && i > 0)
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  async #keep(group: readonly Put[]): Promise<void> {
    try {
      await keepAll(this.#store, group)
      for (const { resolve } of group) resolve()
    } catch (error) {
      const [only] = group
      if (group.length === 1) return only?.reject(error)
      // There may be room for some of them.
      for (const one of group) await this.#keep([one])
    }
  }
}

const intakes = new WeakMap<Store, ChunkIntake>()

async function keepAll(store: Store, group: readonly Put[]): Promise<void> {
  const places = await ChunkPlaces.of(store)
  const fresh = await freshOf(store, places, group)
  const place = places.forNew
  if (place === places.rows) return nameAll(store, places, place, group, fresh)
  try {
    await navigator.locks.request(packLock(store), { mode: 'shared' }, () =>
      nameAll(store, places, place, group, fresh),
    )
  } catch (error) {
    // It turned out just now that this browser writes no files.
    if (places.forNew === place) throw error
    await nameAll(store, places, places.rows, group, fresh)
  }
}

/** Those that are not held yet, each once. */
async function freshOf(store: Store, places: ChunkPlaces, group: readonly Put[]): Promise<PlacedChunk[]> {
  const all = new Map<string, PlacedChunk>()
  for (const { clique, added } of group) {
    for (const one of added) all.set(`${clique} ${one.chunk}`, { clique, ...one })
  }
  const asked = [...all.values()]
  const held = await store.db.chunks.bulkGet(asked.map(keyOf))
  return asked.filter((_, i) => !places.isHeld(held[i]))
}

/** The bytes first, then the index, in one commit with the end of what was wanted. */
async function nameAll(
  store: Store,
  places: ChunkPlaces,
  place: ChunkPlace,
  group: readonly Put[],
  fresh: readonly PlacedChunk[],
): Promise<void> {
  const { chunks, chunkBytes, wants } = store.db
  const rows = fresh.length === 0 ? [] : await place.write(fresh)
  const wanting = new Set<CliqueId>()
  try {
    await transact(store, [chunks, chunkBytes, wants], async () => {
      // Another tab may have kept the same meanwhile.
      const held = await chunks.bulkGet(fresh.map(keyOf))
      const isNew = (_: unknown, i: number): boolean => !places.isHeld(held[i])
      await chunks.bulkPut(rows.filter(isNew))
      await place.commit(fresh.filter(isNew))
      for (const { clique, added } of group) {
        const keys = added.map(({ chunk }): [CliqueId, ChunkId] => [clique, chunk])
        if ((await wants.where('[clique+chunk]').anyOf(keys).delete()) > 0) wanting.add(clique)
      }
    })
  } finally {
    await place.clear(rows)
  }
  for (const clique of new Set(group.map((put) => put.clique))) {
    const kept = group.flatMap((put) => (put.clique === clique ? put.added : []))
    store.changes.announce({ kind: 'chunks', clique, chunks: kept.map(({ chunk }) => chunk) })
  }
  for (const clique of wanting) store.changes.announce({ kind: 'wants', clique })
}

export function keyOf({ clique, chunk }: Pick<ChunkRow, 'clique' | 'chunk'>): [CliqueId, ChunkId] {
  return [clique, chunk]
}
