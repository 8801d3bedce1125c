import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesToDown, FrameCutter, limits, relayVersion, toFrame, upToBytes } from '../../protocol/index.ts'
import type { Down, Up } from '../../protocol/index.ts'
import { TestRelay } from '../testing/session-harness.ts'
import { Hub } from './hub.ts'
import { StreamSession } from './stream-session.ts'
import type { SessionStream } from './stream-session.ts'

type Listener = (event: { data: { subarray(): Uint8Array } }) => void

/** Behaves as libp2p's streams do: tells `idle` from inside `send`, and keeps for good what is sent in there. */
class TestStream implements SessionStream {
  readStatus = 'readable'
  writeStatus = 'writable'
  writeBufferLength = 0
  readonly received: Down[] = []
  readonly #listeners = new Map<string, (() => void)[]>()
  readonly #cutter = new FrameCutter()
  #isSending = false

  send(bytes: Uint8Array): boolean {
    if (this.#isSending) {
      this.writeBufferLength += bytes.length
      return true
    }
    this.#isSending = true
    this.#cutter.push(bytes)
    for (let frame = this.#cutter.next(); frame !== null; frame = this.#cutter.next()) {
      this.received.push(bytesToDown(frame))
    }
    this.emit('idle')
    this.#isSending = false
    return true
  }

  pause(): void {
    this.readStatus = 'paused'
  }

  resume(): void {
    this.readStatus = 'readable'
  }

  async close(): Promise<void> {
    this.writeStatus = 'closed'
  }

  abort(): void {
    this.emit('close')
  }

  addEventListener(type: string, listener: Listener | (() => void)): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener as () => void])
  }

  emit(type: string, bytes?: Uint8Array): void {
    const event = { data: { subarray: () => bytes ?? new Uint8Array(0) } }
    for (const listener of this.#listeners.get(type) ?? []) (listener as Listener)(event)
  }

  asks(message: Up): void {
    this.emit('message', toFrame(upToBytes(message)))
  }
}

let relay: TestRelay
let hub: Hub
beforeEach(() => {
  relay = new TestRelay()
  hub = new Hub()
})
afterEach(() => relay.storage.close())

async function start(): Promise<{ stream: TestStream; session: StreamSession }> {
  const { world, notes, allowances } = relay
  const stream = new TestStream()
  const host = { world, hub, notes, allowances, log: pino({ enabled: false }) }
  const session = new StreamSession(host, stream, '12D3a')
  stream.asks({ kind: 'hello', request: 1, version: relayVersion })
  await expect.poll(() => stream.received.length).toBe(1)
  return { stream, session }
}

describe('a session on a stream', () => {
  it('[R3] leaves when its last answer is out, with a farewell that goes out too', async () => {
    const { stream, session } = await start()
    stream.asks({ kind: 'policy', request: 2 })
    session.leave()
    await expect.poll(() => hub.size).toBe(0)
    expect(stream.received.map(({ kind }) => kind)).toEqual(['welcome', 'policy', 'closing'])
    expect(stream.writeBufferLength).toBe(0)
  })

  it('[B3] takes no more requests than it may have unanswered, and reads on when they are', async () => {
    const { stream } = await start()
    const many = 2 * limits.requestsInFlight
    for (let request = 2; request < 2 + many; request++) stream.asks({ kind: 'policy', request })
    expect(stream.readStatus).toBe('paused')
    await expect.poll(() => stream.received.length).toBe(1 + many)
    expect(stream.readStatus).toBe('readable')
  })

  it('[B3] takes no requests while the device does not read its answers', async () => {
    const { stream } = await start()
    stream.writeBufferLength = limits.outgoingBytes
    stream.asks({ kind: 'policy', request: 2 })
    expect(stream.readStatus).toBe('paused')
    stream.writeBufferLength = 0
    stream.emit('drain')
    await expect.poll(() => stream.received.length).toBe(2)
    expect(stream.readStatus).toBe('readable')
  })
})
