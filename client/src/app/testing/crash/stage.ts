import { systemRandom, toHex } from '@clique/crypto'
import { commands } from 'vitest/browser'
import type {} from './crash-scripts.ts'
import { Changes } from '../../../storage/changes.ts'
import { layOut } from './store-image.ts'
import type { StoreImage } from './store-image.ts'
import type { Input, Job, PathName } from './paths.ts'
import type { Told } from './stops.ts'

/** What is left of a walk. */
export interface Walked {
  /** Name of the profile it wrote to. */
  readonly name: string
  /** Where it stopped; null where it came to its end before. */
  readonly stopped: string | null
  /** All points, where it was not to stop. */
  readonly passed: readonly string[]
  readonly kept: readonly unknown[]
}

export interface Walk {
  readonly path: PathName
  readonly image: StoreImage
  readonly input: Input
  readonly stopAt: number | null
  readonly stopsWriter: boolean
}

/** Walks paths in workers of their own, and ends these where they are to stop. */
export class Stage {
  readonly #worker: string
  readonly #writer: string

  private constructor(worker: string, writer: string) {
    this.#worker = worker
    this.#writer = writer
  }

  static async set(): Promise<Stage> {
    const { worker, writer } = await commands.crashScripts()
    return new Stage(addressOf(worker), addressOf(writer))
  }

  /** `onChange`: a change was announced, by which anybody may take what is there and pass it on. */
  async walk(walk: Walk, onChange?: (name: string) => Promise<void>): Promise<Walked> {
    const { image, ...order } = walk
    const name = `test-${toHex(systemRandom(8))}`
    await layOut(image, name)
    const channel = `stage-${name}`
    const heard = new BroadcastChannel(channel)
    const changes = new Changes(name)
    const passed: string[] = []
    const kept: unknown[] = []
    let following: Promise<void> = Promise.resolve()
    changes.listen(() => {
      following = following.then(() => onChange?.(name))
    })
    const worker = new Worker(this.#worker, { type: 'module' })
    const job: Job = { ...order, store: name, channel, writer: this.#writer }
    try {
      const stopped = await new Promise<string | null>((resolve, reject) => {
        worker.onerror = ({ message }) => reject(new Error(message))
        heard.onmessage = ({ data }: MessageEvent<Told>) => {
          if (data.passed !== undefined) passed.push(data.passed)
          if ('kept' in data) kept.push(data.kept)
          if (data.failed !== undefined) reject(new Error(data.failed))
          if (data.stopped !== undefined) resolve(data.stopped)
          if (data.done) resolve(null)
        }
        worker.postMessage(job)
      })
      return { name, stopped, passed, kept }
    } finally {
      worker.terminate()
      // Nothing of it is left once its lock is free.
      for (const lock of [channel, `${channel}-writer`]) await navigator.locks.request(lock, () => undefined)
      await following
      heard.close()
      changes.close()
    }
  }

  strike(): void {
    URL.revokeObjectURL(this.#worker)
    URL.revokeObjectURL(this.#writer)
  }
}

function addressOf(script: string): string {
  return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
}
