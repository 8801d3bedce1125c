import { checkChunk } from '@clique/crypto/verify'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { serverLimits } from '../server-limits.ts'
import { chunkOf, newChunk, smallChunk, tenantOf, writtenSize } from '../testing/chunk-samples.ts'
import { chunkStorageContract } from './chunk-storage.contract.ts'
import { FileChunks } from './file-chunks.ts'

const folder = mkdtempSync(join(tmpdir(), 'clique-chunks-'))
afterAll(() => rmSync(folder, { recursive: true }))
let folders = 0
const newFolder = (): string => join(folder, String(folders++))
const filesIn = (path: string): string[] => readdirSync(path).filter((name) => name.endsWith('.chunk'))

chunkStorageContract(
  'a file for each chunk',
  (maxBytes) => new FileChunks(newFolder(), maxBytes === undefined ? {} : { maxBytes }),
)

describe('files of chunks', () => {
  it('[CS6] are there after a restart with what is counted, and go when their time is over', async () => {
    const path = newFolder()
    const first = new FileChunks(path)
    for (let n = 0; n < 4; n++) await first.put(newChunk(n))
    await first.close()
    const second = new FileChunks(path, { maxBytes: 4 * smallChunk })
    expect(await second.get(tenantOf(1), chunkOf(2).id)).toEqual(chunkOf(2).bytes)
    await expect(second.put(newChunk(9))).rejects.toThrow('relay-storage-full')
    expect(filesIn(path)).toHaveLength(4)
    expect(await second.prune(1000, 10)).toBe(4)
    expect(filesIn(path)).toEqual([])
    await second.put(newChunk(9))
    await second.close()
  })

  it('[CS6] that no row names are what is left of a write, and are removed at the start', async () => {
    const path = newFolder()
    const first = new FileChunks(path)
    await first.put(newChunk(1))
    await first.close()
    writeFileSync(join(path, '2.chunk'), new Uint8Array(100))
    writeFileSync(join(path, '7000.chunk'), chunkOf(3).bytes)
    writeFileSync(join(path, 'note of the operator'), 'kept')
    const second = new FileChunks(path)
    expect(filesIn(path)).toEqual(['1.chunk'])
    expect(readdirSync(path)).toContain('note of the operator')
    await second.put(newChunk(2))
    expect(await second.get(tenantOf(1), chunkOf(2).id)).toEqual(chunkOf(2).bytes)
    await second.close()
  })

  it('[CS7] that are cut or gone are not served, and their chunks can be brought again', async () => {
    const path = newFolder()
    const storage = new FileChunks(path)
    await storage.put(newChunk(1, { shareLimit: 2 * smallChunk }))
    await storage.put(newChunk(2, { shareLimit: 2 * smallChunk }))
    truncateSync(join(path, '1.chunk'), 100)
    rmSync(join(path, '2.chunk'))
    for (const n of [1, 2]) {
      expect(await storage.get(tenantOf(1), chunkOf(n).id)).toBeNull()
      expect(await storage.have(tenantOf(1), [chunkOf(n).id])).toEqual([])
      await storage.put(newChunk(n, { shareLimit: 2 * smallChunk }))
      expect(await storage.get(tenantOf(1), chunkOf(n).id)).toEqual(chunkOf(n).bytes)
    }
    await storage.close()
  })

  it('[CS3] leave the disk what it needs for everything else', async () => {
    let free = serverLimits.diskReserve + smallChunk
    const path = newFolder()
    const storage = new FileChunks(path, { freeBytes: async () => free })
    await storage.put(newChunk(1))
    free -= 1
    await expect(storage.put(newChunk(2))).rejects.toThrow('relay-storage-full')
    expect(filesIn(path)).toEqual(['1.chunk'])
    free += smallChunk
    await storage.put(newChunk(2))
    await storage.close()
  })

  it('[CS1] are readable by their owner alone, and their names say nothing', async () => {
    const path = newFolder()
    const storage = new FileChunks(path)
    await storage.put(newChunk(1))
    expect(filesIn(path)).toEqual(['1.chunk'])
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, '1.chunk')).mode & 0o777).toBe(0o600)
    await storage.close()
  })

  it(
    '[CS6] are whole or not there after kill -9 in the middle, and every acknowledged one is there',
    { timeout: 60_000 },
    async () => {
      const path = newFolder()
      const writer = fileURLToPath(new URL('../testing/chunk-writer.ts', import.meta.url))
      const acknowledged = new Set<number>()
      for (let round = 0; round < 3; round++) {
        const first = round * 100_000
        const child = spawn(process.execPath, [writer, path, String(first)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const wanted = acknowledged.size + 40 + 17 * round
        for await (const line of createInterface(child.stdout)) {
          acknowledged.add(Number(line))
          if (acknowledged.size === wanted) child.kill('SIGKILL')
        }
        const storage = new FileChunks(path)
        const files = filesIn(path)
        let kept = 0
        for (let n = first; n < first + 500; n++) {
          const { id } = chunkOf(n, writtenSize(n))
          const bytes = await storage.get(tenantOf(1), id)
          if (bytes === null) expect(acknowledged.has(n)).toBe(false)
          else await checkChunk(bytes, id)
        }
        for (const n of acknowledged) {
          const { id } = chunkOf(n, writtenSize(n))
          expect(await storage.have(tenantOf(1), [id])).toEqual([id])
          kept++
        }
        // Nothing is left of what was not acknowledged, but for what had been committed without its answer.
        expect(files.length - kept).toBeLessThanOrEqual(8 * (round + 1))
        expect(filesIn(path)).toEqual(files)
        await storage.close()
      }
    },
  )
})
