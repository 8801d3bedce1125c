import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serverLimits } from '../server-limits.ts'
import { freeUdpPort, makeWebRtcNode } from '../testing/webrtc-node.ts'
import { addressesOf, openWebRtcDoor } from './webrtc-door.ts'

const card = (family: 'IPv4' | 'IPv6', address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as NetworkInterfaceInfo

const cards = (): NodeJS.Dict<NetworkInterfaceInfo[]> => ({
  lo: [card('IPv4', '127.0.0.1', true), card('IPv6', '::1', true)],
  eth0: [card('IPv4', '192.168.1.5'), card('IPv6', 'fe80::1'), card('IPv6', '2001:db8::5')],
  wlan0: [card('IPv4', '192.168.1.6'), card('IPv4', '169.254.3.4')],
})

const textOf = (addresses: readonly Uint8Array[]): string[] =>
  addresses.map((bytes) => Buffer.from(bytes).toString('hex'))
const outer = 'cb007105'
const [ethernet, wireless, six] = ['c0a80105', 'c0a80106', '20010db8000000000000000000000005']

it('[WR2] the line’s outer address comes first, then those of this machine, and never what leads nowhere', () => {
  expect(textOf(addressesOf('::', '203.0.113.5', cards))).toEqual([outer, ethernet, six, wireless])
  expect(textOf(addressesOf('0.0.0.0', '203.0.113.5', cards))).toEqual([outer, ethernet, wireless])
  expect(textOf(addressesOf('0.0.0.0', null, cards))).toEqual([ethernet, wireless])
  const many = (): NodeJS.Dict<NetworkInterfaceInfo[]> => ({
    eth0: Array.from({ length: 9 }, (_, i) => card('IPv4', `10.0.0.${i}`)),
  })
  expect(addressesOf('0.0.0.0', '203.0.113.5', many)).toHaveLength(4)
})

it('[WR2] a relay that listens on one address names that one', () => {
  expect(textOf(addressesOf('192.168.1.6', '203.0.113.5', cards))).toEqual([wireless])
  expect(textOf(addressesOf('127.0.0.1', null, cards))).toEqual(['7f000001'])
})

let folder: string
const nodes: Libp2p[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clique-door-'))
})
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
  rmSync(folder, { recursive: true })
})

async function openNode(now: () => number = Date.now): Promise<Libp2p> {
  const port = await freeUdpPort()
  const door = await openWebRtcDoor({ folder, host: '127.0.0.1', port, outer: () => null, now })
  const node = await createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    addresses: { listen: [door.listen] },
    transports: [door.transport],
    connectionEncrypters: [noise()],
    connectionMonitor: { enabled: false },
    connectionManager: {
      inboundConnectionThreshold: serverLimits.connectionsPerSecond,
      maxIncomingPendingConnections: serverLimits.pendingConnections,
    },
  })
  nodes.push(node)
  return node
}

async function dial(node: Libp2p, ms = 30_000): Promise<Connection> {
  const from = await makeWebRtcNode()
  nodes.push(from)
  const [address] = node.getMultiaddrs()
  return from.dial(multiaddr(address?.toString()), { signal: AbortSignal.timeout(ms) })
}

it('[WR4] a stream that is not read is cut when more of it lies here than may', async () => {
  const node = await openNode()
  let unread: Stream | null = null
  await node.handle('/unread/1', (stream) => {
    stream.pause()
    unread = stream
  })
  const connection = await dial(node)
  const flood = await connection.newStream('/unread/1')
  const gone = new Promise((resolve) => flood.addEventListener('close', resolve))
  const held = (): number => (unread as Stream | null)?.readBufferLength ?? 0
  const part = new Uint8Array(64 * 1024)
  const most: number[] = []
  const send = async (bytes: number): Promise<void> => {
    for (let sent = 0; sent < bytes && flood.status === 'open'; sent += part.length) {
      if (!flood.send(part)) await Promise.race([flood.onDrain(), gone]).catch(() => undefined)
      most.push(held())
    }
  }
  const half = serverLimits.webRtcUnread / 2
  await send(half)
  await expect.poll(held).toBe(half)
  expect((unread as Stream | null)?.status).toBe('open')
  await send(8 * serverLimits.webRtcUnread)
  await gone
  expect((unread as Stream | null)?.status).toBe('aborted')
  expect(Math.max(...most)).toBeLessThanOrEqual(serverLimits.webRtcUnread + part.length)
})

it(
  '[WR4] an address begins only so many connections at once, and more with time',
  { timeout: 30_000 },
  async () => {
    let now = 1_000
    const node = await openNode(() => now)
    await Promise.all(Array.from({ length: serverLimits.webRtcBurst }, () => dial(node)))
    await expect(dial(node, 1_000)).rejects.toThrow()
    now += 1_000
    expect((await dial(node)).status).toBe('open')
  },
)
