// oxlint-disable-next-line import/default -- the bundler makes it an address
import workerUrl from '../chunk-writer-worker.ts?worker&url'

/** As the app starts it, in pages without a policy for scripts. */
export function startTestWriter(): Promise<Worker> {
  return Promise.resolve(new Worker(workerUrl, { type: 'module' }))
}
