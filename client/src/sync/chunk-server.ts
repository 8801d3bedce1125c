import { CliqueError } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import type { FrameChannel } from '../network/frame-channel.ts'
import { answerToBytes, bytesToQuestion } from './chunk-messages.ts'
import type { ChunkAnswer, ChunkQuestion } from './chunk-messages.ts'
import type { ChunkStore } from './chunk-ports.ts'

/** Chunks that are in memory for others, over all links. Who waits gets a place in turn, one for each link. */
export const servedAtOnce = 8

export interface ChunkServerHost {
  readonly store: Pick<ChunkStore, 'read' | 'held'>
  /** Asked at every question: whoever is out gets nothing more. */
  isIn(device: DeviceId): boolean
}

/** Gives other devices what is held here. */
export class ChunkServer {
  readonly #host: ChunkServerHost
  readonly #waiting: (() => void)[] = []
  readonly #channels = new Set<FrameChannel>()
  #serving = 0
  #isOver = false

  constructor(host: ChunkServerHost) {
    this.#host = host
  }

  /** Answers a device that has proven who it is, one question after the other, until it is done. Never rejects. */
  async serve(channel: FrameChannel, device: DeviceId): Promise<void> {
    if (this.#isOver) return channel.abort()
    this.#channels.add(channel)
    try {
      for (;;) {
        const frame = await channel.receive()
        if (frame === null) break
        if (!this.#host.isIn(device)) throw new CliqueError('auth-not-a-member')
        await this.#answer(bytesToQuestion(frame), channel)
      }
    } catch (error) {
      // Garbage, a reader that does not read, or our own disk: this stream ends, and with the next one it is tried anew.
      if (!(error instanceof CliqueError)) reportError(error)
    } finally {
      this.#channels.delete(channel)
      channel.abort()
    }
  }

  close(): void {
    this.#isOver = true
    for (const channel of this.#channels) channel.abort()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async #answer(question: ChunkQuestion, channel: FrameChannel): Promise<void> {
    if (question.kind === 'have') {
      const held = await this.#host.store.held(question.chunks)
      return channel.send(answerToBytes({ kind: 'held', chunks: [...held] }))
    }
    await this.#takePlace()
    try {
      const bytes = await this.#host.store.read(question.chunk)
      const answer: ChunkAnswer = bytes === null ? { kind: 'lacking' } : { kind: 'chunk', bytes }
      await channel.send(answerToBytes(answer))
    } finally {
      this.#leavePlace()
    }
  }

  async #takePlace(): Promise<void> {
    if (this.#serving >= servedAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#serving++
  }

  /** The place goes to whoever waits longest. */
  #leavePlace(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#serving--
    else next()
  }
}
