import { CliqueError, concat } from '@clique/crypto'
import type { FrameChannel } from './frame-channel.ts'

/**
 * A direct connection takes whatever is sent and keeps it for a reader that is slow, without end: data channels know
 * no pressure back. So the reader says how much it takes:
 *
 *     0, bytes      a frame
 *     1, number     so many more bytes may be sent (4 bytes, most significant first)
 *
 * The first thing that each side says is how much it takes, which also shows that somebody reads. A frame may be
 * begun while anything is left, so one that is larger than what is left is not held up.
 */
const dataTag = 0
const grantTag = 1
const grantSize = 5

/** Bytes that may be on their way or unread. */
const windowBytes = 2 * 1024 * 1024
/** What a frame costs beside its bytes, so that empty ones do not come without end. */
const frameCost = 1024
/** Room is given back in pieces of this size. */
const grantBytes = windowBytes / 4
/** More than this at once is no window of ours. */
const maxGrant = 64 * 1024 * 1024
/** What this adds to a frame. */
export const windowOverhead = 1

export interface WindowChannel extends FrameChannel {
  /** Settles when the other side reads. @throws CliqueError `peer-silent` when that takes longer than `waitMs` */
  ready(waitMs: number): Promise<void>
}

export function windowChannel(inner: FrameChannel): WindowChannel {
  return new Window(inner)
}

class Window implements WindowChannel {
  readonly #inner: FrameChannel
  readonly #frames: Uint8Array[] = []
  /** What may still be sent, and what the other side may still send. */
  #mayWrite = 0
  #mayRead = windowBytes
  /** Read here and not given back yet. */
  #taken = 0
  #isReady = false
  #isOver = false
  #failure: CliqueError | null = null
  readonly #waiting = new Set<() => void>()
  #sending: Promise<void> = Promise.resolve()

  constructor(inner: FrameChannel) {
    this.#inner = inner
    this.#grant(windowBytes)
    void this.#pump()
  }

  async ready(waitMs: number): Promise<void> {
    await this.#until(() => this.#isReady || this.#isOver, AbortSignal.timeout(waitMs))
    if (!this.#isReady) throw this.#failure ?? new CliqueError('peer-silent')
  }

  send(frame: Uint8Array): Promise<void> {
    const done = this.#sending.then(async () => {
      await this.#until(() => this.#mayWrite > 0 || this.#isOver)
      if (this.#isOver) throw this.#failure ?? new CliqueError('peer-silent')
      this.#mayWrite -= frame.length + frameCost
      await this.#inner.send(concat(Uint8Array.of(dataTag), frame))
    })
    this.#sending = done.catch(() => undefined)
    return done
  }

  async receive(waitMs?: number): Promise<Uint8Array | null> {
    const deadline = waitMs === undefined ? undefined : AbortSignal.timeout(waitMs)
    await this.#until(() => this.#frames.length > 0 || this.#isOver, deadline)
    const frame = this.#frames.shift()
    if (frame === undefined) {
      if (this.#failure !== null) throw this.#failure
      return null
    }
    this.#taken += frame.length + frameCost
    if (this.#taken >= grantBytes && !this.#isOver) {
      this.#mayRead += this.#taken
      this.#grant(this.#taken)
      this.#taken = 0
    }
    return frame
  }

  async close(): Promise<void> {
    await this.#sending
    await this.#inner.close()
  }

  abort(): void {
    this.#end(null)
    this.#inner.abort()
  }

  async #pump(): Promise<void> {
    try {
      for (let frame = await this.#inner.receive(); frame !== null; frame = await this.#inner.receive()) {
        if (this.#isOver) return
        this.#take(frame)
        this.#wake()
      }
      this.#end(null)
    } catch (error) {
      this.#end(error instanceof CliqueError ? error : new CliqueError('peer-silent'))
      this.#inner.abort()
    }
  }

  /** @throws CliqueError `frame-cut`, `frame-too-large` */
  #take(frame: Uint8Array): void {
    if (frame[0] === dataTag) {
      if (this.#mayRead <= 0) throw new CliqueError('frame-too-large')
      this.#mayRead -= frame.length - windowOverhead + frameCost
      this.#frames.push(frame.subarray(windowOverhead))
    } else if (frame[0] === grantTag && frame.length === grantSize) {
      const bytes = new DataView(frame.buffer, frame.byteOffset).getUint32(1)
      if (this.#mayWrite + bytes > maxGrant) throw new CliqueError('frame-too-large')
      this.#mayWrite += bytes
      this.#isReady = true
    } else {
      throw new CliqueError('frame-cut')
    }
  }

  #grant(bytes: number): void {
    const frame = new Uint8Array(grantSize)
    frame[0] = grantTag
    new DataView(frame.buffer).setUint32(1, bytes)
    // A stream that fails shows when it is read.
    this.#inner.send(frame).catch(() => undefined)
  }

  #end(failure: CliqueError | null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  /** @throws CliqueError `peer-silent` at the deadline */
  async #until(isTrue: () => boolean, deadline?: AbortSignal): Promise<void> {
    while (!isTrue()) {
      if (deadline?.aborted === true) throw new CliqueError('peer-silent')
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
        deadline?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
}
