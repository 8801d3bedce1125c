import { writeSync } from 'node:fs'
import { FileChunks } from '../storage/file-chunks.ts'
import { chunkOf, newChunk, writtenSize } from './chunk-samples.ts'

/**
 * A child process for the kill test: puts chunks without end, eight at a time, large and small ones, and writes the
 * number of each one that was acknowledged. Run: node chunk-writer.ts FOLDER FIRST
 */
const [, , folder = '', first = '0'] = process.argv
const storage = new FileChunks(folder)
let next = Number(first)

async function putForever(): Promise<void> {
  for (;;) {
    const n = next++
    await storage.put(newChunk(n, chunkOf(n, writtenSize(n))))
    writeSync(1, `${n}\n`)
  }
}
for (let lane = 0; lane < 8; lane++) void putForever()
