import { openStore } from '../../../storage/store.ts'
import { paths } from './paths.ts'
import type { Job } from './paths.ts'
import { armStops } from './stops.ts'
import type { Told } from './stops.ts'

/** Walks one path of the app up to the point at which it is to stop, alone with its storage, as a page would. */
globalThis.onmessage = ({ data }: MessageEvent<Job>): void => void walk(data)

async function walk(job: Job): Promise<void> {
  const stage = new BroadcastChannel(job.channel)
  const tell = (told: Told): void => stage.postMessage(told)
  // Whoever gets this lock knows that nothing of this worker is left.
  await new Promise<void>((held) => {
    void navigator.locks.request(job.channel, () => {
      held()
      return new Promise(() => undefined)
    })
  })
  const startWriter = (): Promise<Worker> => {
    const name = JSON.stringify({ channel: job.channel, stopAt: job.stopsWriter ? job.stopAt : 0 })
    return Promise.resolve(new Worker(job.writer, { type: 'module', name }))
  }
  try {
    armStops(job.stopsWriter ? 0 : job.stopAt, tell)
    const store = await openStore(job.store, startWriter)
    await paths[job.path]({ store, input: job.input, kept: (kept) => tell({ kept }) })
    tell({ done: true })
  } catch (error) {
    tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
