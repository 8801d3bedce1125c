import { writeSync } from 'node:fs'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import { addTenant, batchOf } from './storage-samples.ts'

/**
 * A child process for the kill test: appends without end, sixteen batches in flight, and writes the offset of each
 * one that was acknowledged. Run: node storage-writer.ts FILE
 */
const [, , path = ''] = process.argv
const storage = new SqliteStorage(path)
// A later round meets the tenant of the first: the same registration stands.
const { control } = await addTenant(storage, 1)

async function appendForever(lane: number): Promise<void> {
  for (let i = 0; ; i++) {
    const { first } = await storage.append(batchOf(control, [`lane ${lane} item ${i} ${'x'.repeat(600)}`]))
    writeSync(1, `${first}\n`)
  }
}
for (let lane = 0; lane < 16; lane++) void appendForever(lane)
