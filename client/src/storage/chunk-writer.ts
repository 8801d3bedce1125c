import { CliqueError } from '@clique/crypto'
import type { FromWriter, ToWriter } from './chunk-writer-messages.ts'
import { packFolder } from './pack-folder.ts'
import type { StartWriter, Store } from './store.ts'

interface Waiting {
  resolve(): void
  reject(error: unknown): void
}

/** The worker that writes files, started when the first is to be written, ended with the store. */
export class ChunkWriter {
  readonly #folder: string
  readonly #start: StartWriter
  readonly #closing: AbortSignal
  readonly #waiting = new Map<number, Waiting>()
  #worker: Promise<Worker> | null = null
  #last = 0
  #isFit = true

  constructor({ name, closing }: Store, start: StartWriter) {
    this.#folder = packFolder(name)
    this.#start = start
    this.#closing = closing
  }

  get mayWrite(): boolean {
    return this.#isFit
  }

  /** Resolves when the file is on the disk. @throws CliqueError `storage-full`, `storage-failed` */
  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const worker = await this.#started()
    const request = ++this.#last
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.set(request, { resolve, reject })
    worker.postMessage({ request, folder: this.#folder, name, parts } satisfies ToWriter)
    await promise
  }

  #started(): Promise<Worker> {
    this.#worker ??= this.#open().catch((error: unknown) => {
      this.#worker = null
      throw error
    })
    return this.#worker
  }

  async #open(): Promise<Worker> {
    if (this.#closing.aborted) throw new CliqueError('storage-failed', 'storage: closed')
    let worker: Worker
    try {
      worker = await this.#start()
    } catch {
      // Its script could not be fetched; for as long as this page lives, rows do.
      return this.#giveUp()
    }
    worker.onmessage = ({ data }: MessageEvent<FromWriter>) => this.#hear(data)
    worker.onerror = () => {
      worker.terminate()
      this.#isFit = false
      this.#failAll()
    }
    this.#closing.addEventListener('abort', () => {
      worker.terminate()
      this.#failAll()
    })
    return worker
  }

  #hear({ request, fault }: FromWriter): void {
    const waiting = this.#waiting.get(request)
    this.#waiting.delete(request)
    if (fault === 'unfit') this.#isFit = false
    if (fault === null) waiting?.resolve()
    else waiting?.reject(new CliqueError(fault === 'unfit' ? 'storage-failed' : fault, 'storage: file'))
  }

  #failAll(): void {
    for (const { reject } of this.#waiting.values())
      reject(new CliqueError('storage-failed', 'storage: file'))
    this.#waiting.clear()
  }

  #giveUp(): never {
    this.#isFit = false
    throw new CliqueError('storage-failed', 'storage: no worker')
  }
}
