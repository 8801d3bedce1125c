import { isCliqueError } from '@clique/crypto/verify'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { chunkOf, newChunk, smallChunk, tenantOf } from '../testing/chunk-samples.ts'
import type { ChunkStorage } from './chunk-storage.ts'

/** What every storage of chunks does. `open` gives an empty one; `maxBytes` bounds it. */
export function chunkStorageContract(name: string, open: (maxBytes?: number) => ChunkStorage): void {
  describe(name, () => {
    const opened: ChunkStorage[] = []
    const fresh = (maxBytes?: number): ChunkStorage => {
      const storage = open(maxBytes)
      opened.push(storage)
      return storage
    }
    afterEach(async () => {
      for (const storage of opened.splice(0)) await storage.close()
    })
    const ids = (...numbers: number[]) => numbers.map((n) => chunkOf(n).id)

    it('[CS1] gives back what was put, to its tenant alone', async () => {
      const storage = fresh()
      expect(await storage.put(newChunk(1))).toBe(1000)
      expect(await storage.get(tenantOf(1), chunkOf(1).id)).toEqual(chunkOf(1).bytes)
      expect(await storage.get(tenantOf(2), chunkOf(1).id)).toBeNull()
      expect(await storage.get(tenantOf(1), chunkOf(2).id)).toBeNull()
      expect(await storage.have(tenantOf(1), ids(2, 1, 3))).toEqual(ids(1))
      expect(await storage.have(tenantOf(2), ids(1))).toEqual([])
      await storage.put(newChunk(1, { tenant: tenantOf(2) }))
      expect(await storage.have(tenantOf(2), ids(1))).toEqual(ids(1))
    })

    it('[CS1] what was put is what is kept, in whatever order and however often', async () => {
      const storage = fresh()
      const kept = new Set<number>()
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(30), { maxLength: 12 }), async (numbers) => {
          await Promise.all(numbers.map((n) => storage.put(newChunk(n))))
          for (const n of numbers) kept.add(n)
          const all = Array.from({ length: 31 }, (_, n) => n)
          expect(await storage.have(tenantOf(1), ids(...all))).toEqual(ids(...all.filter((n) => kept.has(n))))
          for (const n of numbers)
            expect(await storage.get(tenantOf(1), chunkOf(n).id)).toEqual(chunkOf(n).bytes)
        }),
        { numRuns: 15 },
      )
    })

    it('[CS2] the same chunk twice is one, also at the same time, kept for as long as anybody asked', async () => {
      const storage = fresh()
      const limit = { shareLimit: smallChunk }
      const both = [newChunk(1, { ...limit, keepUntil: 100 }), newChunk(1, { ...limit, keepUntil: 300 })]
      await Promise.all(both.map((chunk) => storage.put(chunk)))
      expect(await storage.put(newChunk(1, { ...limit, keepUntil: 200 }))).toBe(300)
      expect(await storage.prune(299, 10)).toBe(0)
      expect(await storage.prune(300, 10)).toBe(1)
    })

    it('[CS3] a share that is full refuses, also when much comes at once, and takes more when there is room', async () => {
      const storage = fresh()
      const limit = { shareLimit: 3 * smallChunk }
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) => storage.put(newChunk(n, { ...limit, keepUntil: 10 + n }))),
      )
      const refused = results.filter((result) => result.status === 'rejected')
      expect(refused).toHaveLength(5)
      for (const { reason } of refused) expect(isCliqueError(reason, 'relay-quota')).toBe(true)
      expect(await storage.have(tenantOf(1), ids(0, 1, 2, 3, 4, 5, 6, 7))).toHaveLength(3)
      await storage.put(newChunk(20, { ...limit, tenant: tenantOf(2) }))
      expect(await storage.prune(100, 1)).toBe(1)
      await storage.put(newChunk(9, { ...limit, keepUntil: 2000 }))
      await expect(storage.put(newChunk(10, limit))).rejects.toThrow('relay-quota')
    })

    it('[CS3] a storage that is full refuses with its code, keeps what it has and goes on reading', async () => {
      const storage = fresh(2 * smallChunk)
      await storage.put(newChunk(1))
      await storage.put(newChunk(2, { tenant: tenantOf(2) }))
      await expect(storage.put(newChunk(3))).rejects.toThrow('relay-storage-full')
      expect(await storage.have(tenantOf(1), ids(1, 3))).toEqual(ids(1))
      expect(await storage.get(tenantOf(1), chunkOf(1).id)).toEqual(chunkOf(1).bytes)
      // What is there already takes no room.
      expect(await storage.put(newChunk(1, { keepUntil: 1 }))).toBe(1000)
      expect(await storage.prune(1000, 1)).toBe(1)
      await storage.put(newChunk(4))
    })

    it('[CS4] what is over is removed in steps, and its room is given back', async () => {
      const storage = fresh()
      for (let n = 0; n < 5; n++) await storage.put(newChunk(n, { keepUntil: n < 3 ? 100 : 200 }))
      expect(await storage.prune(99, 10)).toBe(0)
      expect(await storage.prune(100, 2)).toBe(2)
      expect(await storage.prune(100, 2)).toBe(1)
      expect(await storage.have(tenantOf(1), ids(0, 1, 2, 3, 4))).toEqual(ids(3, 4))
      expect(await storage.get(tenantOf(1), chunkOf(0).id)).toBeNull()
      await storage.put(newChunk(0))
      expect(await storage.get(tenantOf(1), chunkOf(0).id)).toEqual(chunkOf(0).bytes)
    })

    it('[CS5] closing stores what was put before, and refuses what comes after', async () => {
      const storage = fresh()
      const last = storage.put(newChunk(1))
      await storage.close()
      expect(await last).toBe(1000)
      await expect(storage.put(newChunk(2))).rejects.toThrow('relay-stopping')
    })
  })
}
