import { CliqueError } from '@clique/crypto'
import type { ChunkId, Random } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { backoffMs, chanceFrom } from '../network/backoff.ts'
import { haveChunks, putChunk } from '../network/relay-chunks.ts'
import type { RelaySession } from '../network/relay-session.ts'
import type { ChunkStore } from './chunk-ports.ts'

/** Milliseconds, the longest wait after a refusal that may pass: each try costs a chunk on the way up. */
const longestWaitMs = 5 * 60 * 1000

/** Codes that are about one chunk and would come again for ever. */
const chunkCodes: readonly string[] = ['media-size', 'media-name', 'relay-message', 'frame-too-large']

export interface ChunkUploadsHost {
  readonly store: Pick<ChunkStore, 'read' | 'uploads' | 'markUploaded'>
  readonly session: Pick<RelaySession, 'ask' | 'close' | 'ended' | 'isOver' | 'relayNow'>
  /** PeerId of the relay. */
  readonly peer: string
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
  /** A code that people should see: the relay is full. Null when it has passed. */
  onTrouble(code: CliqueError['code'] | null): void
}

/**
 * Brings to one relay, during one session, what is to go there: one chunk at a time, so that messages are behind one
 * at most. What waits is in storage until the relay has said that it keeps it.
 */
export class ChunkUploads {
  readonly #host: ChunkUploadsHost
  #cancelRetry: (() => void) | null = null
  #failures = 0
  #isDue = false
  #isWorking = false
  #isOver = false

  constructor(host: ChunkUploadsHost) {
    this.#host = host
    void host.session.ended.then(() => this.close())
    this.work()
  }

  /** There may be more to bring. */
  work(): void {
    this.#isDue = true
    // After a refusal, what comes in the meantime waits with the rest.
    if (this.#isWorking || this.#isOver || this.#cancelRetry !== null) return
    this.#isWorking = true
    void this.#bringAll()
  }

  /** At once, also after a refusal. */
  wake(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = null
    this.work()
  }

  close(): void {
    this.#isOver = true
    this.#cancelRetry?.()
    this.#cancelRetry = null
  }

  async #bringAll(): Promise<void> {
    try {
      while (this.#isDue && !this.#isOver) {
        this.#isDue = false
        await this.#bringSome()
      }
      this.#succeeded()
    } catch (error) {
      if (!this.#isOver) this.#fail(error)
    } finally {
      this.#isWorking = false
    }
  }

  async #bringSome(): Promise<void> {
    const { store, session, peer } = this.#host
    const chunks = await store.uploads(peer, limits.chunksPerQuestion)
    if (chunks.length === 0) return
    this.#isDue = true
    const kept = await haveChunks(session, chunks)
    await store.markUploaded(
      peer,
      chunks.filter((chunk) => kept.has(chunk)),
    )
    for (const chunk of chunks) {
      if (this.#isOver) return
      if (kept.has(chunk)) continue
      await this.#bring(chunk)
      await store.markUploaded(peer, [chunk])
      this.#succeeded()
    }
  }

  async #bring(chunk: ChunkId): Promise<void> {
    const { store, session } = this.#host
    const bytes = await store.read(chunk)
    // Nothing names it any more.
    if (bytes === null) return
    try {
      await putChunk(session, chunk, bytes, session.relayNow + limits.keepChunks)
    } catch (error) {
      if (!(error instanceof CliqueError) || !chunkCodes.includes(error.code) || session.isOver) throw error
    }
  }

  #succeeded(): void {
    this.#failures = 0
    this.#host.onTrouble(null)
  }

  #fail(error: unknown): void {
    const { session, later, random, onTrouble } = this.#host
    if (session.isOver) return
    if (!(error instanceof CliqueError)) reportError(error)
    // Evidence that ran out: a new session proves again.
    if (!(error instanceof CliqueError) || error.code === 'relay-not-attested') return session.close()
    onTrouble(error.code)
    const ms = backoffMs(++this.#failures, chanceFrom(random), longestWaitMs)
    this.#cancelRetry = later(() => {
      this.#cancelRetry = null
      this.work()
    }, ms)
  }
}
