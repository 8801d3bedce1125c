import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { inBenchFolder } from '../../../scripts/bench/bench-folder.ts'
import { median, ratio } from '../../../scripts/bench/figures.ts'
import type { Figure } from '../../../scripts/bench/figures.ts'
import { addTenant, batchOf } from '../testing/storage-samples.ts'
import { SqliteStorage } from './sqlite-storage.ts'

const runs = 5
const appendsPerRun = 300
const size = 600
/** Of the file that is written over and over: a flush of bytes that the file system has room for already. */
const fileSize = 4 * 1024 * 1024

/** One message that is sent, until it is on the disk, against the least that any durable write takes. */
export function figures(): Promise<Figure[]> {
  return inBenchFolder(async (folder) => {
    const storage = new SqliteStorage(join(folder, 'relay.sqlite'))
    const { control } = await addTenant(storage, 1)
    const file = openSync(join(folder, 'plain'), 'w')
    writeSync(file, Buffer.alloc(fileSize))
    fdatasyncSync(file)
    const bytes = Buffer.alloc(size, 'x')
    const [appends, syncs]: [number[], number[]] = [[], []]
    for (let run = 0; run < runs; run++) {
      const [ours, theirs]: [number[], number[]] = [[], []]
      for (let i = 0; i < appendsPerRun; i++) {
        const start = performance.now()
        await storage.append(batchOf(control, ['x'.repeat(size)]))
        const middle = performance.now()
        writeSync(file, bytes, 0, size, (i * size) % (fileSize - size))
        fdatasyncSync(file)
        ours.push(middle - start)
        theirs.push(performance.now() - middle)
      }
      appends.push(median(ours))
      syncs.push(median(theirs))
    }
    closeSync(file)
    await storage.close()
    return [
      {
        kind: 'measured',
        what: 'sending feels instant: one durable append, p50',
        against: 'one write of as many bytes with fdatasync on the same disk, p50',
        value: ratio(appends, syncs),
        unit: 'ratio',
        goal: { atMost: 1.5 },
        runs,
        detail: `${median(appends).toFixed(2)} ms / ${median(syncs).toFixed(2)} ms`,
      },
    ]
  })
}
