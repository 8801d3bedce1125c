import { CliqueError } from '@clique/crypto'
import { FrameCutter, toFrame } from '@clique/relay/protocol'

/** Two parties that hand each other frames. What auth, sync and the relay session are written against. */
export interface FrameChannel {
  /** Settles when the stream has taken the frame; waits while the other side does not read. @throws CliqueError */
  send(frame: Uint8Array): Promise<void>
  /** The next frame; null when the other side is done. @throws CliqueError `peer-silent` after `waitMs` */
  receive(waitMs?: number): Promise<Uint8Array | null>
  /** Ends this direction after what was sent. Never throws. */
  close(): Promise<void>
  /** Ends both directions now. */
  abort(): void
}

/** The part of a libp2p stream that is used here, so that nothing but node.ts needs the library itself. */
export interface ByteStream {
  send(bytes: Uint8Array): boolean
  onDrain(options: { signal: AbortSignal }): Promise<void>
  pause(): void
  resume(): void
  close(options: { signal: AbortSignal }): Promise<void>
  abort(error: Error): void
  addEventListener(type: 'message', listener: (event: { data: { subarray(): Uint8Array } }) => void): void
  addEventListener(type: 'close' | 'end', listener: () => void): void
  readonly readStatus: string
}

export interface ChannelLimits {
  /** Bytes of the largest frame. */
  readonly maxFrame: number
  /** Bytes of whole frames kept for a reader that is slow; beyond it the stream is paused. */
  readonly maxHeld: number
  /** Milliseconds for the other side to take what is sent. */
  readonly drainMs: number
}

export const defaultChannelLimits: ChannelLimits = {
  maxFrame: 1024 * 1024,
  maxHeld: 4 * 1024 * 1024,
  drainMs: 20_000,
}

/** Milliseconds for the farewell of a stream that is closed in good order. */
const closeMs = 2_000

/** Frames over a libp2p stream. Garbage in the framing aborts the stream and shows as the code of `receive`. */
export function frameChannel(stream: ByteStream, limits: ChannelLimits = defaultChannelLimits): FrameChannel {
  const cutter = new FrameCutter(limits.maxFrame)
  const frames: Uint8Array[] = []
  let held = 0
  let paused = false
  let ended = false
  let failure: CliqueError | null = null
  let waiting: (() => void) | null = null
  let sending: Promise<void> = Promise.resolve()

  const wake = (): void => {
    const resolve = waiting
    waiting = null
    resolve?.()
  }
  const finish = (): void => {
    if (ended) return
    ended = true
    if (failure === null && cutter.held > 0) failure = new CliqueError('frame-cut')
    wake()
  }

  stream.addEventListener('message', (event) => {
    if (ended) return
    try {
      cutter.push(event.data.subarray())
      for (let frame = cutter.next(); frame !== null; frame = cutter.next()) {
        frames.push(frame)
        held += frame.length
      }
    } catch (error) {
      failure = error instanceof CliqueError ? error : new CliqueError('frame-cut')
      finish()
      stream.abort(failure)
      return
    }
    if (held > limits.maxHeld && !paused && stream.readStatus === 'readable') {
      paused = true
      stream.pause()
    }
    wake()
  })
  stream.addEventListener('end', finish)
  stream.addEventListener('close', finish)

  async function sendNow(frame: Uint8Array): Promise<void> {
    if (frame.length > limits.maxFrame) throw new Error('a frame of our own is larger than the limit')
    try {
      if (!stream.send(toFrame(frame))) {
        await stream.onDrain({ signal: AbortSignal.timeout(limits.drainMs) })
      }
    } catch {
      const refused = new CliqueError('peer-silent')
      stream.abort(refused)
      throw refused
    }
  }

  return {
    send(frame) {
      const done = sending.then(() => sendNow(frame))
      // Later senders wait their turn; each caller sees its own failure.
      sending = done.catch(() => undefined)
      return done
    },

    async receive(waitMs) {
      const deadline = waitMs === undefined ? null : AbortSignal.timeout(waitMs)
      for (;;) {
        const frame = frames.shift()
        if (frame !== undefined) {
          held -= frame.length
          if (paused && held <= limits.maxHeld / 2) {
            paused = false
            if (stream.readStatus === 'paused') stream.resume()
          }
          return frame
        }
        if (failure !== null) throw failure
        if (ended) return null
        if (deadline?.aborted === true) throw new CliqueError('peer-silent')
        await new Promise<void>((resolve) => {
          waiting = resolve
          deadline?.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    },

    async close() {
      await sending
      try {
        await stream.close({ signal: AbortSignal.timeout(closeMs) })
      } catch {
        stream.abort(new CliqueError('peer-silent'))
      }
    },

    abort() {
      finish()
      stream.abort(new CliqueError('peer-silent'))
    },
  }
}
