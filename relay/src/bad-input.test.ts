import { concat, mailboxIdOf, sealedChunkSize } from '@clique/crypto/verify'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { limits, relayProtocol, toFrame, upToBytes } from '../protocol/index.ts'
import { testKey } from '../protocol/testing/relay-key.ts'
import { serverLimits } from './server-limits.ts'
import { chunkOf } from './testing/chunk-samples.ts'
import { Device } from './testing/device.ts'
import { RelayProcess } from './testing/relay-process.ts'
import { openMessage, TenantKeys } from './testing/tenant-keys.ts'

const keys = new TenantKeys(1)
const relay = new RelayProcess()
let anna: Device
const devices: Device[] = []

beforeAll(async () => {
  await relay.start()
  anna = await Device.claim(relay.url, relay.claim, keys)
  await anna.open(keys.control, 'control')
}, 30_000)
afterAll(async () => {
  await Promise.all([anna, ...devices].map((device) => device.close()))
  await relay.remove()
})

async function hello(): Promise<Device> {
  const device = await Device.hello(relay.url)
  devices.push(device)
  return device
}

/** The relay lives, serves its member, and has stored nothing of what the others sent. */
async function expectUnharmed(): Promise<void> {
  expect(relay.isRunning).toBe(true)
  const reading = { kind: 'read', mailbox: keys.controlMailbox, cursor: 0, maxBytes: 1e6 } as const
  expect((await anna.ask(reading, 'range')).items).toEqual([])
  expect(relay.output).not.toContain('not caught')
  expect(relay.output).not.toContain('a session failed')
}

describe('bad input', { timeout: 30_000 }, () => {
  const frame = toFrame(upToBytes({ kind: 'policy', request: 1 }))
  it.each([
    ['garbage in a frame', toFrame(Uint8Array.of(0xff, 0x00, 0x12)), 'relay-message'],
    ['an empty frame', toFrame(new Uint8Array(0)), 'relay-message'],
    ['a length over the limit', Uint8Array.of(0xff, 0xff, 0xff, 0xff), 'frame-too-large'],
    ['random bytes', concat(Uint8Array.of(0, 0, 4, 0), randomBytes(1024)), 'relay-message'],
    ['a message that is cut', toFrame(frame.subarray(4, -1)), 'relay-message'],
    [
      'a message with a byte behind it',
      toFrame(concat(frame.subarray(4), Uint8Array.of(0))),
      'relay-message',
    ],
    ['a request number twice', concat(...Array.from({ length: 20 }, () => frame)), 'relay-message'],
  ])('[B1] %s closes the session with its code', async (_what, bytes, code) => {
    const device = await hello()
    device.send(bytes)
    expect(await device.push('closing')).toEqual({ kind: 'closing', code })
    await device.ended
    await expectUnharmed()
  })

  it('[B1] anything before hello closes the session', async () => {
    const device = await Device.connect(relay.url)
    devices.push(device)
    device.send(frame)
    expect(await device.push('closing')).toEqual({ kind: 'closing', code: 'relay-hello-first' })
  })

  it('[B2] a stream that says nothing, or stops in its first frame, is closed in time', async () => {
    const silent = await Device.connect(relay.url)
    const slow = await Device.connect(relay.url)
    devices.push(silent, slow)
    slow.send(Uint8Array.of(0, 0))
    for (const device of [silent, slow]) {
      expect(await device.push('closing')).toEqual({ kind: 'closing', code: 'relay-timeout' })
    }
  })

  it('[B3] requests without end are answered in turn, and a slow reader costs nobody else', async () => {
    const device = await hello()
    await device.open(keys.control, 'control')
    const asked = Array.from({ length: 500 }, () => device.outcome({ kind: 'policy' }))
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['policy']))
    await expectUnharmed()
  })

  it('[B4] an item over the limit, or a frame of it, is refused and not stored', async () => {
    const device = await hello()
    await device.open(keys.control, 'control')
    const items = [new Uint8Array(limits.itemSize + 1)]
    const append = { kind: 'append', mailbox: keys.controlMailbox, keepUntil: 0, items, request: 99 } as const
    device.send(toFrame(upToBytes(append)))
    expect((await device.push('closing')).kind).toBe('closing')
    await expectUnharmed()
  })

  it('[B4] a chunk over the limit ends the session, one that is not its name is refused; nothing is stored', async () => {
    const device = await hello()
    await device.ask(keys.prove(device.facts), 'attested')
    const { id, bytes } = chunkOf(1)
    const put = { kind: 'putChunk', chunk: id, keepUntil: 0 } as const
    expect(await device.outcome({ ...put, bytes: chunkOf(2).bytes })).toBe('media-name')
    expect(await device.outcome({ ...put, bytes: bytes.subarray(1) })).toBe('media-size')
    device.send(toFrame(upToBytes({ ...put, request: 99, bytes: new Uint8Array(sealedChunkSize + 1) })))
    expect(await device.push('closing')).toEqual({ kind: 'closing', code: 'relay-message' })
    expect((await anna.ask({ kind: 'haveChunks', chunks: [id] }, 'chunks')).chunks).toEqual([])
    expect(readdirSync(join(relay.folder, 'chunks')).filter((name) => name.endsWith('.chunk'))).toEqual([])
    await expectUnharmed()
  })

  it('[B5] signatures of others, unknown keys and wrong kinds are refused one by one', async () => {
    const device = await hello()
    const other = testKey(99)
    expect(await device.open(other, 'control')).toBe('relay-mailbox-unknown')
    const message = openMessage(device.facts, keys.control, 'control')
    expect(await device.outcome({ ...message, key: new Uint8Array(32) })).toBe('signature-invalid')
    expect(await device.outcome(openMessage(anna.facts, keys.control, 'control'))).toBe('signature-invalid')
    expect(await device.outcome({ kind: 'subscribe', mailbox: mailboxIdOf(other.publicKey) })).toBe(
      'relay-mailbox-not-open',
    )
    await expectUnharmed()
  })

  it('[B6] garbage instead of HTTP, heads without end and slow heads are cut', async () => {
    const closed = (bytes: Uint8Array | string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(relay.port, '127.0.0.1')
        let answer = ''
        socket.on('data', (data) => (answer += data.toString()))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve(answer))
        socket.write(bytes)
      })
    const endless = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(2 * serverLimits.headSize)}\r\n\r\n`
    const answers = await Promise.all([
      closed(randomBytes(500)),
      closed(endless),
      closed('GET / HTTP/1.1\r\nHost: localhost\r\n'),
      closed('GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    ])
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
    await expectUnharmed()
  })

  it.each([
    ['text', (socket: WebSocket) => socket.send('hello')],
    ['noise that is none', (socket: WebSocket) => socket.send(randomBytes(2000))],
    [
      'one huge message',
      (socket: WebSocket) => socket.send(new Uint8Array(serverLimits.webSocketMessage + 1)),
    ],
    ['nothing at all', () => undefined],
  ])('[B7] a WebSocket with %s on the libp2p path is closed', async (_what, misbehave) => {
    const socket = new WebSocket(`ws://localhost:${relay.port}/`)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.on('open', resolve))
    misbehave(socket)
    await closed
    await expectUnharmed()
  })

  it('[B7] broken WebSocket frames are closed, on both paths', async () => {
    const { ticket } = await anna.ask({ kind: 'ticket' }, 'ticketed')
    for (const path of ['/', `/signal?ticket=${ticket}`]) {
      const socket = connect(relay.port, '127.0.0.1')
      socket.on('error', () => undefined)
      const closed = new Promise((resolve) => socket.on('close', resolve))
      const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
      socket.write(`${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`)
      await new Promise((resolve) => socket.once('data', resolve))
      // Reserved bits and an unmasked frame: both against RFC 6455.
      socket.write(Uint8Array.of(0xff, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8, 9))
      await closed
    }
    await expectUnharmed()
  })

  it('[B8] unknown libp2p protocols are not served', async () => {
    const device = await hello()
    const connection = device.node.getConnections()[0]
    await expect(connection?.newStream('/clique/unknown/1')).rejects.toThrow()
    await expect(connection?.newStream(relayProtocol.replace('/1', '/2'))).rejects.toThrow()
  })
})
