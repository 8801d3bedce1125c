import { CliqueError } from '@clique/crypto'
import type { FrameChannel } from '../frame-channel.ts'

export interface TestChannel extends FrameChannel {
  /** Frames and bytes that this end has sent. */
  readonly sent: Uint8Array[]
  /** While true, what this end sends is lost on the way and its sender does not notice. */
  isCut: boolean
  readonly isAborted: boolean
}

/** Two ends of a stream in memory. */
export function channelPair(): [TestChannel, TestChannel] {
  const a = new End()
  const b = new End()
  a.other = b
  b.other = a
  return [a, b]
}

class End implements TestChannel {
  readonly sent: Uint8Array[] = []
  isCut = false
  isAborted = false
  other!: End
  #frames: Uint8Array[] = []
  #isEnded = false
  #wake: (() => void) | null = null

  send(frame: Uint8Array): Promise<void> {
    if (this.isAborted || this.other.isAborted) return Promise.reject(new CliqueError('peer-silent'))
    this.sent.push(frame)
    if (!this.isCut) this.other.#deliver(frame.slice())
    return Promise.resolve()
  }

  async receive(waitMs?: number): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame !== undefined) return frame
      if (this.#isEnded || this.isAborted) return null
      const timedOut = await new Promise<boolean>((resolve) => {
        const timer = waitMs === undefined ? undefined : setTimeout(() => resolve(true), waitMs)
        this.#wake = () => {
          clearTimeout(timer)
          resolve(false)
        }
      })
      if (timedOut) throw new CliqueError('peer-silent')
    }
  }

  close(): Promise<void> {
    this.other.#end()
    return Promise.resolve()
  }

  abort(): void {
    if (this.isAborted) return
    this.isAborted = true
    this.#end()
    this.other.#end()
  }

  #deliver(frame: Uint8Array): void {
    this.#frames.push(frame)
    this.#wake?.()
  }

  #end(): void {
    this.#isEnded = true
    this.#wake?.()
  }
}
