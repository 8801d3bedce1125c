import { CliqueError } from '@clique/crypto'
import type { DeviceId, MemberId } from '@clique/crypto'
import type { FrameChannel } from '../network/frame-channel.ts'
import { answerToBytes, bytesToQuestion } from './chunk-messages.ts'
import type { ChunkAnswer, ChunkQuestion } from './chunk-messages.ts'
import type { ChunkStore } from './chunk-ports.ts'

/** Chunks that are in memory for others, over all links. Who waits gets a place in turn, one for each link. */
export const servedAtOnce = 8
/**
 * Of those for one member, over all their devices: a reader that takes nothing keeps its places for as long as a stream
 * waits for it (`chunkChannelLimits.drainMs`), and must not keep everybody else waiting for that long.
 */
export const servedToOne = 2

export interface ChunkServerHost {
  readonly store: Pick<ChunkStore, 'read' | 'held'>
  /** Null for a device that is not in. Asked at every question: whoever is out gets nothing more. */
  memberOf(device: DeviceId): MemberId | null
}

interface Waiting {
  readonly member: MemberId
  resolve(): void
}

/** Gives other devices what is held here. */
export class ChunkServer {
  readonly #host: ChunkServerHost
  readonly #waiting: Waiting[] = []
  readonly #channels = new Set<FrameChannel>()
  /** Places that are taken, by member. */
  readonly #serving = new Map<MemberId, number>()
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
        const member = this.#host.memberOf(device)
        if (member === null) throw new CliqueError('auth-not-a-member')
        await this.#answer(bytesToQuestion(frame), channel, member)
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
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  async #answer(question: ChunkQuestion, channel: FrameChannel, member: MemberId): Promise<void> {
    if (question.kind === 'have') {
      const held = await this.#host.store.held(question.chunks)
      return channel.send(answerToBytes({ kind: 'held', chunks: [...held] }))
    }
    await this.#takePlace(member)
    try {
      const bytes = await this.#host.store.read(question.chunk)
      const answer: ChunkAnswer = bytes === null ? { kind: 'lacking' } : { kind: 'chunk', bytes }
      await channel.send(answerToBytes(answer))
    } finally {
      this.#count(member, -1)
      this.#givePlaces()
    }
  }

  async #takePlace(member: MemberId): Promise<void> {
    if (this.#isFree(member)) return this.#count(member, 1)
    // Counted when the place is given, so that nobody comes in between.
    await new Promise<void>((resolve) => this.#waiting.push({ member, resolve }))
  }

  /** To whoever waits longest of those who have not their share already. */
  #givePlaces(): void {
    for (;;) {
      const next = this.#waiting.findIndex(({ member }) => this.#isFree(member))
      const [one] = next === -1 ? [] : this.#waiting.splice(next, 1)
      if (one === undefined) return
      this.#count(one.member, 1)
      one.resolve()
    }
  }

  #isFree(member: MemberId): boolean {
    const taken = [...this.#serving.values()].reduce((sum, count) => sum + count, 0)
    return taken < servedAtOnce && (this.#serving.get(member) ?? 0) < servedToOne
  }

  #count(member: MemberId, change: number): void {
    const count = (this.#serving.get(member) ?? 0) + change
    if (count > 0) this.#serving.set(member, count)
    else this.#serving.delete(member)
  }
}
