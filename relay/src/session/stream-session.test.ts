import { sealedChunkSize } from '@clique/crypto/verify'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesToDown, FrameCutter, limits, relayVersion, toFrame, upToBytes } from '../../protocol/index.ts'
import type { Down, Up } from '../../protocol/index.ts'
import { chunkOf } from '../testing/chunk-samples.ts'
import { TestRelay } from '../testing/session-harness.ts'
import { TenantKeys } from '../testing/tenant-keys.ts'
import { Hub } from './hub.ts'
import { StreamSession } from './stream-session.ts'
import type { SessionStream } from './stream-session.ts'

type Listener = (event: { data: { subarray(): Uint8Array } }) => void

/** Behaves as libp2p's streams do: tells `idle` from inside `send`, and keeps for good what is sent in there. */
class TestStream implements SessionStream {
  readStatus = 'readable'
  writeStatus = 'writable'
  writeBufferLength = 0
  /** The device has stopped reading: what is sent adds to the buffer. */
  keepsAll = false
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
    if (this.keepsAll) this.writeBufferLength += bytes.length
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

  get kinds(): string[] {
    return this.received.map(({ kind }) => kind)
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
afterEach(() => relay.close())

async function start(): Promise<{ stream: TestStream; session: StreamSession }> {
  const { world, notes, allowances } = relay
  const stream = new TestStream()
  const host = { world, hub, notes, allowances, log: pino({ enabled: false }) }
  const session = new StreamSession(host, stream, '12D3a')
  stream.asks({ kind: 'hello', request: 1, version: relayVersion })
  await expect.poll(() => stream.received.length).toBe(1)
  return { stream, session }
}

/** The device is attested, for a tenant that is registered. */
async function startMember(): Promise<{ stream: TestStream; session: StreamSession }> {
  const keys = new TenantKeys(1)
  await relay.member(keys, '12D3m')
  const started = await start()
  const [welcome] = started.stream.received
  if (welcome?.kind !== 'welcome') throw new Error('no welcome')
  const { nonce, time } = welcome
  const facts = { relay: relay.identity.key, peer: '12D3a', nonce, time }
  started.stream.asks({ ...keys.prove(facts), request: 2 })
  await expect.poll(() => started.stream.kinds.at(-1)).toBe('attested')
  return started
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

  it('[CK5] fetches the next chunk when the last one is taken, and answers the rest meanwhile', async () => {
    const { stream } = await startMember()
    const chunk = chunkOf(1, sealedChunkSize)
    stream.asks({ kind: 'putChunk', request: 10, chunk: chunk.id, bytes: chunk.bytes, keepUntil: 0 })
    await expect.poll(() => stream.kinds.at(-1)).toBe('kept')
    stream.writeBufferLength = limits.chunkOutgoingBytes
    let fetched = 0
    const get = relay.chunks.get.bind(relay.chunks)
    relay.chunks.get = (tenant, id) => {
      fetched++
      return get(tenant, id)
    }
    for (const request of [11, 12]) stream.asks({ kind: 'getChunk', request, chunk: chunk.id })
    stream.asks({ kind: 'policy', request: 13 })
    await expect.poll(() => stream.kinds.at(-1)).toBe('policy')
    expect(fetched).toBe(0)
    stream.keepsAll = true
    stream.writeBufferLength = 0
    stream.emit('drain')
    await expect.poll(() => fetched).toBe(1)
    await expect.poll(() => stream.writeBufferLength).toBeGreaterThan(sealedChunkSize)
    stream.asks({ kind: 'policy', request: 14 })
    await expect.poll(() => stream.kinds.at(-1)).toBe('policy')
    expect(fetched).toBe(1)
    stream.writeBufferLength = 0
    stream.emit('drain')
    await expect.poll(() => fetched).toBe(2)
  })

  it('[CK5] takes no more requests while a few chunks are on their way, and forgets them when the device goes', async () => {
    const { stream } = await startMember()
    stream.writeBufferLength = limits.chunkOutgoingBytes
    for (let request = 10; request < 10 + limits.chunksInFlight; request++) {
      expect(stream.readStatus).toBe('readable')
      stream.asks({ kind: 'getChunk', request, chunk: chunkOf(1).id })
    }
    expect(stream.readStatus).toBe('paused')
    stream.emit('close')
    expect(hub.size).toBe(0)
  })
})
