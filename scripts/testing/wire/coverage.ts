import { Session } from 'node:inspector/promises'

/** What of the product's own code has run, as V8 counts it: block by block. */
export class Coverage {
  readonly #session = new Session()
  readonly #seen = new Set<string>()

  async start(): Promise<void> {
    this.#session.connect()
    await this.#session.post('Profiler.enable')
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
    await this.fresh()
  }

  /** Blocks that have run since the last question and never before. */
  async fresh(): Promise<string[]> {
    const fresh = (await this.ran()).filter((block) => !this.#seen.has(block))
    for (const block of fresh) this.#seen.add(block)
    return fresh
  }

  /** Blocks that have run since the last question. */
  async ran(): Promise<string[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    const blocks: string[] = []
    for (const { url, functions } of result) {
      if (!/\/(crypto\/src|client\/src|relay\/(protocol|src))\//.test(url) || url.includes('/testing/'))
        continue
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count > 0) blocks.push(`${url}:${startOffset}:${endOffset}`)
        }
      }
    }
    return blocks
  }

  stop(): void {
    this.#session.disconnect()
  }
}
