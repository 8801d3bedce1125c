import { CliqueError } from '@clique/crypto'
import type { ChunkId } from '@clique/crypto'
import type { FrameChannel } from '../network/frame-channel.ts'
import { bytesToAnswer, questionToBytes } from './chunk-messages.ts'
import type { ChunkAnswer, ChunkQuestion } from './chunk-messages.ts'

/** Milliseconds for one answer: a chunk over a slow circuit, and a busy phone that serves others before. */
const answerMs = 30_000

/** Where chunks are fetched from. What it gives is not verified. */
export interface ChunkSource {
  /** Which of these it holds. */
  have(chunks: readonly ChunkId[]): Promise<ReadonlySet<ChunkId>>
  /** Null where it does not hold it. */
  get(chunk: ChunkId): Promise<Uint8Array | null>
  close(): void
}

/**
 * Asks one linked device over a stream that is opened when it is first needed, and again after it broke.
 *
 * Failures are CliqueErrors: `peer-unreachable` where the way ended, `peer-silent` for a device that stalls,
 * `sync-message` for one that speaks garbage or answers what was not asked.
 */
export class ChunkAsker implements ChunkSource {
  readonly #open: () => Promise<FrameChannel>
  readonly #waitMs: number
  #channel: Promise<FrameChannel> | null = null
  /** The answer before: they come in the order of the questions. */
  #before: Promise<unknown> = Promise.resolve()
  #isOver = false

  /** `waitMs`: milliseconds for one answer. */
  constructor(open: () => Promise<FrameChannel>, waitMs = answerMs) {
    this.#open = open
    this.#waitMs = waitMs
  }

  async have(chunks: readonly ChunkId[]): Promise<ReadonlySet<ChunkId>> {
    const answer = await this.#ask({ kind: 'have', chunks })
    const asked = new Set(chunks)
    if (answer.kind !== 'held' || !answer.chunks.every((chunk) => asked.has(chunk))) return this.#garbage()
    return new Set(answer.chunks)
  }

  async get(chunk: ChunkId): Promise<Uint8Array | null> {
    const answer = await this.#ask({ kind: 'get', chunk })
    if (answer.kind === 'lacking') return null
    return answer.kind === 'chunk' ? answer.bytes : this.#garbage()
  }

  close(): void {
    this.#isOver = true
    this.#drop()
  }

  #ask(question: ChunkQuestion): Promise<ChunkAnswer> {
    if (this.#isOver) return Promise.reject(new CliqueError('peer-unreachable'))
    this.#channel ??= this.#open()
    const channel = this.#channel
    const before = this.#before
    // Before anything is awaited, so that questions go out in the order in which their answers are taken.
    const sent = channel.then((open) => open.send(questionToBytes(question)))
    const answer = this.#answer(channel, sent, before).catch((error: unknown) => {
      if (this.#channel === channel) this.#drop()
      throw error
    })
    this.#before = answer.catch(() => undefined)
    return answer
  }

  async #answer(
    channel: Promise<FrameChannel>,
    sent: Promise<void>,
    before: Promise<unknown>,
  ): Promise<ChunkAnswer> {
    try {
      await sent
    } catch {
      // A question is small: what cannot take it is no stream any more.
      throw new CliqueError('peer-unreachable')
    }
    await before
    const frame = await (await channel).receive(this.#waitMs)
    if (frame === null) throw new CliqueError('peer-unreachable')
    return bytesToAnswer(frame)
  }

  #garbage(): never {
    this.#drop()
    throw new CliqueError('sync-message')
  }

  #drop(): void {
    const channel = this.#channel
    this.#channel = null
    channel?.then(
      (open) => open.abort(),
      () => undefined,
    )
  }
}
