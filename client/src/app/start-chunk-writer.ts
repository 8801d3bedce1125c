import { scriptUrl } from '../ui/script-url.ts'
// oxlint-disable-next-line import/default -- the bundler makes it an address
import workerUrl from '../storage/chunk-writer-worker.ts?worker&url'

/** The worker that writes the files of this browser profile. */
export function startChunkWriter(): Worker {
  return new Worker(scriptUrl(workerUrl), { type: 'module' })
}
