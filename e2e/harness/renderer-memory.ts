import type { Browser, CDPSession } from '@playwright/test'
import { readFileSync } from 'node:fs'

const lookMs = 200

/** Memory of the processes that run pages and their workers, as the system counts it (Linux). */
export class RendererMemory {
  readonly #session: CDPSession
  readonly #before = new Map<number, number>()
  readonly #most = new Map<number, number>()
  readonly #timer: ReturnType<typeof setInterval>
  #looking: Promise<void> = Promise.resolve()

  private constructor(session: CDPSession) {
    this.#session = session
    this.#timer = setInterval(() => (this.#looking = this.#looking.then(() => this.#look())), lookMs)
  }

  static async watch(browser: Browser): Promise<RendererMemory> {
    const memory = new RendererMemory(await browser.newBrowserCDPSession())
    await memory.#look()
    return memory
  }

  /** MiB by which the one grew that grew the most since the last time; from now on it is measured anew. */
  async mostSoFar(): Promise<number> {
    await this.#looking
    const grown = [...this.#most].map(([id, most]) => most - (this.#before.get(id) ?? most))
    this.#most.clear()
    return Math.max(0, ...grown) / 1024
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
    await this.#session.detach()
  }

  async #look(): Promise<void> {
    const { processInfo } = await this.#session.send('SystemInfo.getProcessInfo')
    for (const { id, type } of processInfo) {
      if (type !== 'renderer') continue
      const kibibytes = residentKibibytes(id)
      if (!this.#before.has(id)) this.#before.set(id, kibibytes)
      this.#most.set(id, Math.max(this.#most.get(id) ?? 0, kibibytes))
    }
  }
}

function residentKibibytes(id: number): number {
  // It may have ended meanwhile.
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
