import { mailboxIdOf, paddedSize, sealedChunkSize, sealedRecordOverhead, toHex } from '@clique/crypto/verify'
import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import { multiaddr } from '@multiformats/multiaddr'
import { createSocket } from 'node:dgram'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits, openPolicy, openRange, relayVersion } from '../protocol/index.ts'
import type { Policy } from '../protocol/index.ts'
import { testKey } from '../protocol/testing/relay-key.ts'
import { chunkOf } from './testing/chunk-samples.ts'
import { Device, reserve } from './testing/device.ts'
import { RelayProcess } from './testing/relay-process.ts'
import { TenantKeys } from './testing/tenant-keys.ts'

const keys = new TenantKeys(1)
const box = testKey(230)
const mailbox = mailboxIdOf(box.publicKey)
const record = (byte: number): Uint8Array => new Uint8Array(paddedSize(1) + sealedRecordOverhead).fill(byte)

let relay: RelayProcess
const devices: Device[] = []
const keep = (device: Device): Device => {
  devices.push(device)
  return device
}

beforeEach(async () => {
  relay = new RelayProcess()
  await relay.start()
})
afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.close()))
  await relay.remove()
})

describe('a relay over a real connection', { timeout: 30_000 }, () => {
  it('[R1] is claimed, takes and gives records, and tells who subscribed', async () => {
    expect(relay.claim).toMatch(/^http:\/\/localhost:\d+\/#claim=[\w-]{22}$/)
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    const ben = keep(await Device.hello(relay.url))
    await ben.ask(keys.prove(ben.facts), 'attested')
    for (const device of [anna, ben]) expect(await device.open(box, 'content')).toBe('opened')
    await ben.ask({ kind: 'subscribe', mailbox }, 'subscribed')
    const receipt = await anna.append(mailbox, [record(1), record(2)])
    expect(receipt.leaf).toMatchObject({ first: 0, count: 2 })
    expect(await ben.push('grew')).toEqual({ kind: 'grew', mailbox, next: 2 })
    const { items, statement } = await ben.ask({ kind: 'read', mailbox, cursor: 0, maxBytes: 1e6 }, 'range')
    expect(items.map(({ bytes }) => bytes[0])).toEqual([1, 2])
    await openRange(statement, items, { relay: ben.relayKey, mailbox, from: 0 })
    const about = (await (await fetch(`${relay.url}/clique/about`)).json()) as { claimed: boolean }
    expect(about.claimed).toBe(true)
  })

  it('[R10] answers STUN where its policy says, at a port that is told, or not at all', async () => {
    const policyOf = async (): Promise<Policy> => {
      const device = keep(await Device.hello(relay.url))
      return openPolicy((await device.ask({ kind: 'policy' }, 'policy')).policy, device.relayKey)
    }
    const { stunPort } = await policyOf()
    if (stunPort === null) throw new Error('it answers no STUN')
    const socket = createSocket('udp4')
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve))
    const request = Buffer.from('000100002112a442000102030405060708090a0b', 'hex')
    socket.send(request, stunPort, '127.0.0.1')
    expect((await answer).subarray(0, 20).toString('hex')).toBe('0101000c2112a442000102030405060708090a0b')
    const taken = socket.address().port
    await relay.stop()
    expect(await relay.start('--stun-port', String(taken), '--host', '0.0.0.0')).toBe(1)
    expect(relay.output).toContain(`port ${taken} is busy`)
    socket.close()
    expect(await relay.start('--stun-port', String(taken))).toBe('ready')
    expect((await policyOf()).stunPort).toBe(taken)
    await relay.stop()
    expect(await relay.start('--stun-port', 'off')).toBe('ready')
    expect((await policyOf()).stunPort).toBeNull()
  })

  it('[R2] keeps what it acknowledged through kill -9, and comes back at once on the same port', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    await anna.open(box, 'content')
    const acknowledged = new Map<number, number>()
    const lanes = Array.from({ length: 8 }, async (_, lane) => {
      for (let i = 0; relay.isRunning; i++) {
        const byte = (lane * 31 + i) % 256
        const { leaf } = await anna.append(mailbox, [record(byte)])
        acknowledged.set(leaf.first, byte)
        if (acknowledged.size === 60) await relay.stop('SIGKILL')
      }
    })
    await Promise.allSettled(lanes)
    expect(acknowledged.size).toBeGreaterThanOrEqual(60)
    const { url } = relay
    expect(await relay.start()).toBe('ready')
    expect(relay.url).toBe(url)
    expect(relay.claim).toBeNull()
    const again = keep(await Device.hello(relay.url))
    await again.ask(keys.prove(again.facts), 'attested')
    await again.open(box, 'content')
    const stored = new Map<number, number>()
    for (let cursor = 0, next = 1; cursor < next;) {
      const answer = await again.ask({ kind: 'read', mailbox, cursor, maxBytes: 1e6 }, 'range')
      const facts = { relay: again.relayKey, mailbox, from: cursor }
      const range = await openRange(answer.statement, answer.items, facts)
      for (const { offset, bytes } of answer.items) stored.set(offset, bytes[0] ?? -1)
      cursor = range.to
      next = range.next
    }
    for (const [offset, byte] of acknowledged) expect(stored.get(offset)).toBe(byte)
  })

  it('[R2] keeps the chunks that it acknowledged through kill -9 in the middle of others', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    const acknowledged = new Set<number>()
    const lanes = Array.from({ length: limits.chunksInFlight }, async (_, lane) => {
      for (let n = lane; relay.isRunning; n += limits.chunksInFlight) {
        const { id, bytes } = chunkOf(n, sealedChunkSize)
        await anna.ask({ kind: 'putChunk', chunk: id, bytes, keepUntil: 0 }, 'kept')
        acknowledged.add(n)
        if (acknowledged.size === 20) await relay.stop('SIGKILL')
      }
    })
    await Promise.allSettled(lanes)
    expect(await relay.start()).toBe('ready')
    const again = keep(await Device.hello(relay.url))
    await again.ask(keys.prove(again.facts), 'attested')
    for (const n of acknowledged) {
      const { id, bytes } = chunkOf(n, sealedChunkSize)
      const got = await again.ask({ kind: 'getChunk', chunk: id }, 'chunk')
      expect(Buffer.compare(got.bytes, bytes)).toBe(0)
    }
  })

  it('[R3] finishes at SIGTERM what is on its way, says so, and exits with 0', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    await anna.open(box, 'content')
    const answers = Array.from({ length: 20 }, (_, i) => anna.append(mailbox, [record(i)]))
    const first = await answers[0]
    expect(first?.leaf.first).toBe(0)
    const [code, ...results] = await Promise.all([
      relay.stop(),
      ...answers.map((answer) =>
        answer.then(
          ({ leaf }) => leaf.first,
          () => null,
        ),
      ),
    ])
    expect(code).toBe(0)
    expect(await anna.push('closing')).toEqual({ kind: 'closing', code: 'relay-stopping' })
    await relay.start()
    const again = keep(await Device.hello(relay.url))
    await again.ask(keys.prove(again.facts), 'attested')
    await again.open(box, 'content')
    const { next } = await again.ask({ kind: 'subscribe', mailbox }, 'subscribed')
    expect(next).toBe(results.filter((offset) => offset !== null).length)
  })

  it('[R3] waits at SIGTERM for nobody who does not answer', async () => {
    const socket = connect(relay.port, '127.0.0.1')
    socket.on('error', () => undefined)
    const head = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    socket.write(`${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    expect(await relay.stop()).toBe(0)
  })

  it('[R4] relays between attested devices of one clique, and for nobody else', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    const ben = keep(await Device.hello(relay.url))
    await expect(reserve(ben.node, ben.address)).rejects.toThrow()
    await ben.ask(keys.prove(ben.facts), 'attested')
    await reserve(ben.node, ben.address)
    let heard = ''
    await ben.node.handle(
      '/test/1',
      (stream) => stream.addEventListener('message', ({ data }) => (heard = toHex(data.subarray()))),
      { runOnLimitedConnection: true },
    )
    const circuit = multiaddr(`${anna.address}/p2p-circuit/p2p/${ben.peer}`)
    const connection = await anna.node.dial(circuit)
    const stream = await connection.newStream('/test/1', { runOnLimitedConnection: true })
    stream.send(Uint8Array.of(1, 2, 3))
    await expect.poll(() => heard).toBe('010203')
    const stranger = keep(await Device.hello(relay.url))
    await expect(stranger.node.dial(circuit)).rejects.toThrow()
  })

  it('[R4] ends at once what strangers open for circuits, and leaves them their session', async () => {
    const stranger = keep(await Device.hello(relay.url))
    const [connection] = stranger.node.getConnections()
    const stream = await connection?.newStream(RELAY_V2_HOP_CODEC)
    if (stream === undefined) throw new Error('a device is connected')
    // It may have ended before it is looked at.
    await expect.poll(() => stream.status).toBe('reset')
    expect(await stranger.request({ kind: 'policy' })).toMatchObject({ kind: 'policy' })
  })

  it('[TN3] ends the places of a retired capability with their connections, so that new ones are asked for', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    const ben = keep(await Device.hello(relay.url))
    await ben.ask(keys.prove(ben.facts), 'attested')
    await reserve(ben.node, ben.address)
    await anna.ask(keys.renew(anna.facts.relay, 2), 'done')
    await anna.ask(keys.prove(anna.facts, 2), 'attested')
    await reserve(anna.node, anna.address)
    await anna.ask(keys.retire(anna.facts.relay, 1), 'done')
    await expect.poll(() => ben.node.getConnections().length).toBe(0)
    expect(anna.node.getConnections()).toHaveLength(1)
    await expect(anna.node.dial(multiaddr(`${anna.address}/p2p-circuit/p2p/${ben.peer}`))).rejects.toThrow()
  })

  it('[TN3] ends at once what a device has that is between two sessions, or attested for another clique', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    const { token } = await anna.ask(keys.allow(anna.facts), 'allowed')
    const other = new TenantKeys(2)
    const [between, elsewhere] = [keep(await Device.hello(relay.url)), keep(await Device.hello(relay.url))]
    await reserve(anna.node, anna.address)
    await anna.node.handle('/test/1', () => undefined, { runOnLimitedConnection: true })
    const circuit = multiaddr(`${anna.address}/p2p-circuit/p2p/${anna.peer}`)
    for (const device of [between, elsewhere]) {
      await device.ask(keys.prove(device.facts), 'attested')
      await reserve(device.node, device.address)
      await device.node.dial(circuit)
    }
    // As a changed client does: whoever is attested in no session is not among those whose capability ends.
    for (const device of [between, elsewhere]) {
      device.send(new Uint8Array(9))
      await device.ended
    }
    const more = keep(await Device.hello(relay.url, elsewhere.node))
    await more.ask(other.register(more.facts.relay, token), 'registered')
    await more.ask(other.prove(more.facts), 'attested')
    await anna.ask(keys.renew(anna.facts.relay, 2), 'done')
    await anna.ask(keys.prove(anna.facts, 2), 'attested')
    await anna.ask(keys.retire(anna.facts.relay, 1), 'done')
    for (const { node } of [between, elsewhere]) {
      await expect.poll(() => node.getConnections().length, { timeout: 5_000 }).toBe(0)
    }
    expect(anna.node.getConnections()).toHaveLength(1)
  })

  it('[R5] logs no ids, no addresses, no content, and keeps no PeerId', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    await anna.open(keys.control, 'control')
    await anna.append(keys.controlMailbox, [new TextEncoder().encode('marker-in-an-item')])
    anna.send(new TextEncoder().encode('marker-as-garbage'))
    await anna.ended
    await fetch(`${relay.url}/marker-path?marker-query`)
    await relay.stop()
    const said = relay.output.split('\n').filter((line) => !line.includes('"ready":true'))
    const secrets = [
      'marker',
      anna.peer,
      '127.0.0.1',
      toHex(keys.id),
      keys.controlMailbox,
      toHex(box.publicKey),
    ]
    for (const secret of secrets) expect(said.join('\n')).not.toContain(secret)
    for (const entry of readdirSync(relay.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      expect(readFileSync(join(entry.parentPath, entry.name)).includes(anna.peer)).toBe(false)
    }
  })

  it('[R6] keeps its key readable by its owner alone, and is the same relay after a restart', async () => {
    expect(statSync(join(relay.folder, 'identity.key')).mode & 0o777).toBe(0o600)
    const before = (await (await fetch(`${relay.url}/clique/about`)).json()) as { relay: string }
    await relay.stop()
    await relay.start()
    const after = (await (await fetch(`${relay.url}/clique/about`)).json()) as { relay: string }
    expect(after.relay).toBe(before.relay)
  })

  it('[R7] does not start on a folder or a port that is in use, and says why', async () => {
    const second = new RelayProcess()
    expect(await second.start('--data', relay.folder)).toBe(1)
    expect(second.output).toContain('another relay is already running on this data folder')
    expect(await second.start('--port', String(relay.port))).toBe(1)
    expect(second.output).toContain(`port ${relay.port} is busy`)
    expect(await second.start('--port', 'nine')).toBe(1)
    expect(second.output).toContain('--port takes a number')
    await second.remove()
  })

  it('[R8] is full with a coded refusal, and goes on serving', async () => {
    await relay.stop()
    await relay.start('--max-storage', '4')
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    await anna.open(keys.control, 'control')
    const items = [new Uint8Array(300_000)]
    const append = { kind: 'append', mailbox: keys.controlMailbox, keepUntil: 0, items } as const
    const outcomes = []
    for (let i = 0; i < 6; i++) outcomes.push(await anna.outcome(append))
    expect(outcomes).toContain('stored')
    expect(outcomes.at(-1)).toBe('relay-storage-full')
    const reading = { kind: 'read', mailbox: keys.controlMailbox, cursor: 0, maxBytes: 1 } as const
    expect((await anna.ask(reading, 'range')).items).toHaveLength(1)
    const puts = []
    for (let n = 0; n < 14; n++) {
      const { id: chunk, bytes } = chunkOf(n, sealedChunkSize)
      puts.push(await anna.outcome({ kind: 'putChunk', chunk, bytes, keepUntil: 0 }))
    }
    // Three of the four MiB, whatever messages took.
    expect(puts).toEqual([...Array<string>(12).fill('kept'), 'relay-storage-full', 'relay-storage-full'])
    expect(
      (await anna.ask({ kind: 'getChunk', chunk: chunkOf(3, sealedChunkSize).id }, 'chunk')).bytes,
    ).toHaveLength(sealedChunkSize)
    expect((await fetch(`${relay.url}/readyz`)).status).toBe(200)
  })

  it('[R9] takes a second hello, and several sessions of one device up to a limit', async () => {
    const anna = keep(await Device.claim(relay.url, relay.claim, keys))
    const { nonce } = await anna.ask({ kind: 'hello', version: relayVersion }, 'welcome')
    expect(nonce).not.toEqual(anna.facts.nonce)
    const more = await Promise.all([1, 2, 3].map(() => Device.hello(relay.url, anna.node)))
    expect(more).toHaveLength(3)
    await expect(Device.hello(relay.url, anna.node)).rejects.toThrow()
    expect(await anna.outcome({ kind: 'policy' })).toBe('policy')
  })
})
