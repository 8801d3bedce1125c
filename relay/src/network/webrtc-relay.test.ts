import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { fromBase64url, mailboxIdOf, paddedSize, sealedRecordOverhead } from '@clique/crypto/verify'
import { createSocket } from 'node:dgram'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesToWebRtcPlace, limits, openPolicy, readAbout } from '../../protocol/index.ts'
import type { WebRtcPlace } from '../../protocol/index.ts'
import { testKey } from '../../protocol/testing/relay-key.ts'
import { Device } from '../testing/device.ts'
import { RelayProcess } from '../testing/relay-process.ts'
import { TenantKeys } from '../testing/tenant-keys.ts'
import { freeUdpPort, makeWebRtcNode } from '../testing/webrtc-node.ts'

const keys = new TenantKeys(1)
const box = testKey(230)
const mailbox = mailboxIdOf(box.publicKey)
const record = (byte: number): Uint8Array => new Uint8Array(paddedSize(1) + sealedRecordOverhead).fill(byte)

let relay: RelayProcess
let port: number
const nodes: Libp2p[] = []

beforeEach(async () => {
  relay = new RelayProcess()
  port = await freeUdpPort()
})
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
  await relay.remove()
})

describe('a relay that takes WebRTC connections', { timeout: 30_000 }, () => {
  it('[WR1] keeps its certificate over restarts, and [R6] its file is its owner’s', async () => {
    await start()
    if (process.platform === 'linux') expect(await holdsNativeParts()).toBe(true)
    const before = await placeOf()
    expect(before).toMatchObject({ port, addresses: [Uint8Array.of(127, 0, 0, 1)] })
    await relay.stop('SIGKILL')
    await start()
    expect(await placeOf()).toEqual(before)
  })

  it('[WR3] serves them as it serves WebSockets, ends and comes back', async () => {
    await start()
    const place = await placeOf()
    const anna = await Device.claim(relay.url, relay.claim, keys, await join(place))
    expect(anna.node.getConnections().map(({ remoteAddr }) => remoteAddr.toString())).toEqual([
      expect.stringContaining(`/ip4/127.0.0.1/udp/${port}/webrtc-direct/certhash/`),
    ])
    expect(await anna.open(box, 'content')).toBe('opened')
    const large = Array.from({ length: 200 }, (_, i) => record(i))
    expect((await anna.append(mailbox, large)).leaf.count).toBe(200)
    const { items } = await anna.ask(
      { kind: 'read', mailbox, cursor: 0, maxBytes: limits.bytesPerRead },
      'range',
    )
    expect(items.map(({ bytes }) => bytes[0])).toEqual(large.map(([byte]) => byte))
    expect(await relay.stop()).toBe(0)
    await start()
    const again = await Device.hello(relay.url, await join(place))
    expect(await again.outcome(keys.prove(again.facts))).toBe('attested')
    expect(relay.output).not.toContain('127.0.0.1')
  })

  it('[WR6] the claim link for an app from elsewhere says where the relay is', async () => {
    const app = 'https://app.example'
    expect(await relay.start('--webrtc-port', String(port), '--app-url', app)).toBe('ready')
    const { origin, hash } = new URL(relay.claim ?? '')
    expect(origin).toBe(app)
    const values = new URLSearchParams(hash.slice(1))
    const about = readAbout(await (await fetch(`${relay.url}/clique/about`)).json())
    expect(values.get('claim')).toMatch(/^[\w-]{22}$/)
    expect([values.get('relay'), values.get('peer')]).toEqual([relay.url, about.relay])
    const place = bytesToWebRtcPlace(fromBase64url(values.get('webrtc') ?? ''))
    expect(place).toEqual(await placeOf())
  })

  it('[WR5] without it nothing of it is there, and a busy port is a sentence', async () => {
    await relay.start()
    expect(await placeOf()).toBeNull()
    expect(readdirSync(relay.folder)).not.toContain('webrtc.pem')
    if (process.platform === 'linux') expect(await holdsNativeParts()).toBe(false)
    await relay.stop()
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve))
    expect(await relay.start('--webrtc-port', String(port))).toBe(1)
    expect(relay.output).toContain(`port ${port} is busy`)
    socket.close()
  })
})

/** Linux alone tells what a process has loaded. */
async function holdsNativeParts(): Promise<boolean> {
  return (await readFile(`/proc/${relay.pid}/maps`, 'utf8')).includes('node_datachannel')
}

async function start(): Promise<void> {
  expect(await relay.start('--webrtc-port', String(port))).toBe('ready')
}

async function placeOf(): Promise<WebRtcPlace | null> {
  const device = await Device.hello(relay.url)
  nodes.push(device.node)
  const { policy } = await device.ask({ kind: 'policy' }, 'policy')
  return (await openPolicy(policy, device.relayKey)).webRtc
}

/** A node that is connected to the relay over WebRTC, and knows no WebSockets. */
async function join(place: WebRtcPlace | null): Promise<Libp2p> {
  if (place === null) throw new Error('the policy names no place')
  const { relay: peer } = readAbout(await (await fetch(`${relay.url}/clique/about`)).json())
  const node = await makeWebRtcNode()
  nodes.push(node)
  const hash = Buffer.concat([Buffer.of(0x12, 0x20), place.certificate]).toString('base64url')
  await node.dial(multiaddr(`/ip4/127.0.0.1/udp/${place.port}/webrtc-direct/certhash/u${hash}/p2p/${peer}`))
  return node
}
