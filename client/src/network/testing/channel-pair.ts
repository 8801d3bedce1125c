import { CliqueError } from '@clique/crypto'
import type { FrameChannel } from '../frame-channel.ts'

export interface TestChannel extends FrameChannel {
  /** Frames and bytes that this end has sent. */
  readonly sent: Uint8Array[]
  /** While true, what this end sends is lost on the way and its sender does not notice. */
  isCut: boolean
  readonly isAborted: boolean
}

/** Two ends of a stream in memory. What is sent arrives after so many turns of the event loop; 0: at once. */
export function channelPair(turns = 0): [TestChannel, TestChannel] {
  const a = new End(turns)
  const b = new End(turns)
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
  readonly #turns: number
  #way: Promise<void> = Promise.resolve()

  constructor(turns: number) {
    this.#turns = turns
  }

  send(frame: Uint8Array): Promise<void> {
    if (this.isAborted || this.other.isAborted) return Promise.reject(new CliqueError('peer-silent'))
    this.sent.push(frame)
    const copy = frame.slice()
    if (!this.isCut) this.#underWay(() => this.other.#deliver(copy))
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
    this.#underWay(() => this.other.#end())
    return Promise.resolve()
  }

  abort(): void {
    if (this.isAborted) return
    this.isAborted = true
    this.#end()
    this.other.#end()
  }

  #underWay(arrive: () => void): void {
    if (this.#turns === 0) return arrive()
    this.#way = this.#way.then(async () => {
      for (let i = 0; i < this.#turns; i++) await turn()
      arrive()
    })
  }

  #deliver(frame: Uint8Array): void {
    if (this.#isEnded) return
    this.#frames.push(frame)
    this.#wake?.()
  }

  #end(): void {
    this.#isEnded = true
    this.#wake?.()
  }
}

/** Lets everything that is ready run. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
