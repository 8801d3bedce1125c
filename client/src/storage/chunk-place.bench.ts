import { sealedChunkSize, systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId } from '@clique/crypto'
import { median, ratio } from '../../../scripts/bench/figures.ts'
import type { Figure } from '../../../scripts/bench/figures.ts'
// oxlint-disable-next-line import/default -- the bundler makes it a class
import ChunkWriterWorker from './chunk-writer-worker.ts?worker&inline'
import { putChunks, readChunk } from './chunks.ts'
import type { StoredChunk } from './chunks.ts'
import { deleteStore, openStore } from './store.ts'

const runs = 3
const mebibytes = 256
const count = (mebibytes * 1024 * 1024) / sealedChunkSize
/** As the composer hands them on, and as they arrive: one by one, so many at once. */
const prepared = 8
const arriving = 6

type Times = Record<'prepared' | 'arrived' | 'read', number[]>

/** A file of 256 MiB into storage and out again: in files, as the app does it, against rows of the database. */
export async function figures(): Promise<Figure[]> {
  const [files, rows]: [Times, Times] = [noTimes(), noTimes()]
  for (let run = 0; run < runs; run++) {
    await measure(files, () => Promise.resolve(new ChunkWriterWorker()))
    await measure(rows, null)
  }
  const figure = (what: string, part: keyof Times): Figure => ({
    kind: 'measured',
    what: `${what} of a file of ${mebibytes} MiB in the browser's file system, ÷ in IndexedDB, in Chromium on a disk`,
    against: 'IndexedDB rows with the same commits',
    value: ratio(files[part], rows[part]),
    unit: 'ratio',
    goal: null,
    runs,
    detail: `${median(files[part]).toFixed(1)} s / ${median(rows[part]).toFixed(1)} s`,
  })
  return [
    figure('keeping the chunks of a chosen file: time', 'prepared'),
    figure('keeping arriving chunks: time', 'arrived'),
    figure('reading all chunks: time', 'read'),
  ]
}

function noTimes(): Times {
  return { prepared: [], arrived: [], read: [] }
}

async function measure(times: Times, startWriter: (() => Promise<Worker>) | null): Promise<void> {
  for (const part of ['prepared', 'arrived'] as const) {
    const store = await openStore(`bench-${toHex(systemRandom(8))}`, startWriter)
    const clique = toHex(systemRandom(32)) as CliqueId
    const put = (batch: readonly StoredChunk[]): Promise<void> => putChunks(store, clique, batch)
    const ids = Array.from({ length: count }, () => toHex(systemRandom(32)) as ChunkId)
    const chunkOf = (chunk: ChunkId): StoredChunk => ({ chunk, bytes: sealed.slice() })
    times[part].push(
      await seconds(async () => {
        if (part === 'prepared') {
          for (let i = 0; i < count; i += prepared) await put(ids.slice(i, i + prepared).map(chunkOf))
        } else {
          const left = ids.values()
          const take = async (): Promise<void> => {
            for (const chunk of left) await put([chunkOf(chunk)])
          }
          await Promise.all(Array.from({ length: arriving }, take))
        }
      }),
    )
    if (part === 'prepared') {
      times.read.push(
        await seconds(async () => {
          for (const chunk of ids) {
            if ((await readChunk(store, clique, chunk))?.length !== sealedChunkSize) throw new Error('lost')
          }
        }),
      )
    }
    store.close()
    await deleteStore(store.name)
  }
}

/** Nothing that a disk or a database could make smaller. */
const sealed = new Uint8Array(sealedChunkSize)
for (let at = 0; at < sealed.length; at += 65_536) sealed.set(systemRandom(65_536), at)

async function seconds(task: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await task()
  return (performance.now() - start) / 1000
}
