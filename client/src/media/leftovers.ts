import type { ChunkId, CliqueId } from '@clique/crypto'
import { allChunkIdsOf } from '../documents/attached-file.ts'
import { readDrafts } from '../storage/all-drafts.ts'
import { deleteDrafted, readDrafted } from '../storage/drafted-chunks.ts'
import type { Store } from '../storage/store.ts'
import type { DraftFile } from './tray-view.ts'

/** Held, shared, from the first chunk of a file until its draft is kept. A tab that is closed lets go of it. */
const lockName = (store: Store): string => `${store.name}-drafting`

export function whileMakingDrafts<T>(store: Store, make: () => Promise<T>): Promise<T> {
  return navigator.locks.request(lockName(store), { mode: 'shared' }, make) as Promise<T>
}

/**
 * Forgets chunks that were made for a draft and that no draft names: a tab was closed before its file was ready. Done
 * at a start of the app, and not while some tab is making files ready; then at the next start.
 */
export async function forgetLeftovers(store: Store): Promise<void> {
  await navigator.locks.request(lockName(store), { ifAvailable: true }, async (lock) => {
    if (lock === null) return
    const marked = await readDrafted(store)
    if (marked.length === 0) return
    const drafts = await readDrafts<DraftFile>(store)
    const named = new Set<ChunkId>(
      drafts.flatMap(({ files }) => allChunkIdsOf(files.map(({ file }) => file))),
    )
    const byClique = new Map<CliqueId, ChunkId[]>()
    for (const { clique, chunk } of marked) {
      if (!named.has(chunk)) byClique.set(clique, [...(byClique.get(clique) ?? []), chunk])
    }
    for (const [clique, chunks] of byClique) await deleteDrafted(store, clique, chunks)
  })
}
