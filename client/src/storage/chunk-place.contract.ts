import { systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Change } from './changes.ts'
import { readWants, urgencies, wantChunks } from './chunk-wants.ts'
import { deleteChunks, heldChunks, putChunks, readChunk } from './chunks.ts'
import type { StoredChunk } from './chunks.ts'
import { settleChunks } from './settle-chunks.ts'
import { deleteStore } from './store.ts'
import type { Store } from './store.ts'
import { fillDisk } from './testing/full-disk.ts'

const id = (bytes: number) => toHex(systemRandom(bytes))
const makeChunk = (size = 64): StoredChunk => ({
  chunk: id(32) as ChunkId,
  bytes: new Uint8Array(size).map((_, i) => i % 251),
})
const makeChunks = (count: number, size?: number) => Array.from({ length: count }, () => makeChunk(size))

/** Chunks behave alike wherever their bytes rest. */
export function chunkPlaceContract(place: string, open: (name: string) => Promise<Store>): void {
  describe(`chunks in ${place}`, () => {
    const [clique, other] = [id(32) as CliqueId, id(32) as CliqueId]
    const asking = { space: id(16) as SpaceId, author: id(32) as MemberId }
    let store: Store
    let changes: Change[]
    beforeEach(async () => {
      store = await open(`test-${id(8)}`)
      changes = []
      store.changes.listen((change) => changes.push(change))
    })
    afterEach(async () => {
      store.close()
      await deleteStore(store.name)
    })

    test('[CP1] are held in their clique alone, and come back as they were', async () => {
      const [a, b] = [makeChunk(256 * 1024), makeChunk(16 * 1024)]
      await putChunks(store, clique, [a, b])
      await putChunks(store, clique, [a])
      expect(changes[0]).toEqual({ kind: 'chunks', clique, chunks: [a.chunk, b.chunk] })
      expect(await readChunk(store, clique, a.chunk)).toEqual(a.bytes)
      expect(await readChunk(store, clique, b.chunk)).toEqual(b.bytes)
      expect(await readChunk(store, other, a.chunk)).toBeNull()
      const absent = makeChunk().chunk
      expect(await heldChunks(store, clique, [absent, b.chunk])).toEqual(new Set([b.chunk]))
    })

    test('[CP2] that are forgotten are gone, and their neighbours stay', async () => {
      const [a, b] = [makeChunk(), makeChunk()]
      await putChunks(store, clique, [a, b])
      await putChunks(store, other, [a])
      await deleteChunks(store, clique, [a.chunk])
      expect(await heldChunks(store, clique, [a.chunk, b.chunk])).toEqual(new Set([b.chunk]))
      expect(await readChunk(store, clique, a.chunk)).toBeNull()
      expect(await readChunk(store, clique, b.chunk)).toEqual(b.bytes)
      expect(await readChunk(store, other, a.chunk)).toEqual(a.bytes)
      await deleteChunks(store, clique, [b.chunk])
      await putChunks(store, clique, [b])
      expect(await readChunk(store, clique, b.chunk)).toEqual(b.bytes)
    })

    test('[CP3] of a commit that fails are not held, and what was wanted still is', async () => {
      const [a, b] = [makeChunk(), makeChunk()]
      await wantChunks(store, clique, asking, [a.chunk], urgencies.now)
      changes = []
      fillDisk(store, 'chunks')
      await expect(putChunks(store, clique, [a, b])).rejects.toMatchObject({ code: 'storage-full' })
      expect(await heldChunks(store, clique, [a.chunk, b.chunk])).toEqual(new Set())
      expect(await readWants(store, clique, 9)).toHaveLength(1)
      expect(changes).toEqual([])
      await putChunks(store, clique, [a, b])
      expect(await readChunk(store, clique, b.chunk)).toEqual(b.bytes)
      expect(await readWants(store, clique, 9)).toEqual([])
    })

    test('[CP4] that come at the same time, in two tabs and some of them twice, are all kept', async () => {
      const tab = await open(store.name)
      const all = makeChunks(40, 4_096)
      await Promise.all([
        ...all.map((one) => putChunks(store, clique, [one])),
        ...all.slice(20).map((one) => putChunks(tab, clique, [one])),
        putChunks(tab, other, all.slice(0, 5)),
      ])
      tab.close()
      for (const { chunk, bytes } of all) expect(await readChunk(store, clique, chunk)).toEqual(bytes)
      expect(await readChunk(store, other, all[3]?.chunk as ChunkId)).toEqual(all[3]?.bytes)
    })

    test('[CP5] of which some find no room do not take it from the others', async () => {
      const all = makeChunks(6)
      fillDisk(store, 'chunks')
      const kept = await Promise.allSettled(all.map((one) => putChunks(store, clique, [one])))
      const held = await heldChunks(
        store,
        clique,
        all.map(({ chunk }) => chunk),
      )
      expect(held.size).toBe(kept.filter(({ status }) => status === 'fulfilled').length)
      expect(held.size).toBeGreaterThan(0)
    })

    test('[CP6] are there when the app is opened anew, also after it was set right', async () => {
      const all = makeChunks(20, 1_024)
      await putChunks(store, clique, all)
      store.close()
      store = await open(store.name)
      await settleChunks(store)
      for (const { chunk, bytes } of all) expect(await readChunk(store, clique, chunk)).toEqual(bytes)
    })
  })
}
