import type { StoredChunk } from '../storage/chunks.ts'
import { scriptUrl } from '../ui/script-url.ts'
import { AppError } from '../words/errors.ts'
import type { Handling, PreparedFile, Progress } from './prepare-file.ts'
import type { FromWorkshop, ToWorkshop } from './workshop-messages.ts'
// oxlint-disable-next-line import/default -- the bundler makes it an address
import workerUrl from './workshop-worker.ts?worker&url'

/** A worker that says nothing for this long has met a file that it cannot get through. */
const silenceMs = 60_000

export interface Job {
  readonly source: File
  readonly wish: Handling
  keep(batch: StoredChunk[], progress: Progress): Promise<void>
  /** Ends the job; its promise is then rejected with the signal's reason. */
  readonly signal: AbortSignal
}

/** Prepares files in a worker, one after another: two large pictures at once would not fit into a phone. */
export class Workshop {
  #worker: Worker | null = null
  #last: Promise<unknown> = Promise.resolve()

  prepare(job: Job): Promise<PreparedFile> {
    const turn = this.#last.then(() => this.#work(job))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  close(): void {
    this.#worker?.terminate()
    this.#worker = null
  }

  async #work({ source, wish, keep, signal }: Job): Promise<PreparedFile> {
    signal.throwIfAborted()
    const worker = (this.#worker ??= new Worker(scriptUrl(workerUrl), { type: 'module' }))
    const { promise, resolve, reject } = Promise.withResolvers<PreparedFile>()
    const stop = () => reject(signal.reason as Error)
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = (message: ToWorkshop) => {
      timer = setTimeout(() => reject(new AppError('picture-damaged')), silenceMs)
      worker.postMessage(message)
    }
    worker.onmessage = ({ data }: MessageEvent<FromWorkshop>) => {
      clearTimeout(timer)
      if (data.kind === 'ready') resolve(data.prepared)
      else if (data.kind === 'failed') reject(new AppError(data.code))
      else keep(data.batch, data.progress).then(() => ask({ kind: 'kept' }), reject)
    }
    // The script itself could not be fetched, or the browser took its memory away.
    worker.onerror = () => reject(new AppError('relay-unreachable'))
    signal.addEventListener('abort', stop)
    try {
      ask({ kind: 'prepare', source, wish })
      return await promise
    } catch (error) {
      // Whatever it is in the middle of, it is not to go on with.
      this.close()
      throw error
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  }
}
