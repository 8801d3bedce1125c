import { systemRandom } from '@clique/crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import type { MultiaddrConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { makeGater } from './node.ts'
import { isSocketBarred, relayToMultiaddr, seedToPeer } from './relay-address.ts'
import { waysTo, webRtcAddresses } from './webrtc-address.ts'
import { readPlace, writePlace } from './webrtc-place.ts'

const peer = seedToPeer(systemRandom(32))
const relay = { url: 'http://home.example:8787', peer }
const place = {
  certificate: new Uint8Array(32).fill(1),
  port: 8788,
  addresses: [
    Uint8Array.of(203, 0, 113, 5),
    Uint8Array.from([0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 5]),
  ],
}
const certhash = 'uEiABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ'
const [four, six] = [
  `/ip4/203.0.113.5/udp/8788/webrtc-direct/certhash/${certhash}/p2p/${peer}`,
  `/ip6/2001:db8::5/udp/8788/webrtc-direct/certhash/${certhash}/p2p/${peer}`,
]
const https = new URL('https://app.example/')

test('addresses are made of the place and the PeerId', () => {
  expect(webRtcAddresses(relay, place)).toEqual([four, six])
  expect(webRtcAddresses(relay, null)).toEqual([])
})

test('a place is read back as it was written, and what is none is nothing', () => {
  expect(readPlace(writePlace(place))).toEqual(place)
  for (const text of [undefined, '', 'AAAA', '!', writePlace(place).slice(4), 'A'.repeat(400)]) {
    expect(readPlace(text)).toBeNull()
  }
})

test('a WebSocket comes first, and is left out where a browser would not let it be opened', () => {
  const socket = relayToMultiaddr(relay)
  expect(waysTo(relay, place, null)).toEqual([socket, four, six])
  expect(waysTo(relay, place, new URL('http://localhost:8787/'))).toEqual([socket, four, six])
  expect(waysTo(relay, place, https)).toEqual([four, six])
  // Nothing else is known: its failure says so.
  expect(waysTo(relay, null, https)).toEqual([socket])
  for (const url of [
    'http://localhost:8787',
    'http://127.0.0.1:8787',
    'http://[::1]:8787',
    'https://home.example',
  ]) {
    expect(isSocketBarred({ url, peer }, https)).toBe(false)
    expect(waysTo({ url, peer }, place, https)).toEqual([relayToMultiaddr({ url, peer }), four, six])
  }
  expect(isSocketBarred({ url: 'http://localhost.example', peer }, https)).toBe(true)
})

test('the gate lets through these addresses with the relay’s own PeerId, and no other', async () => {
  const other = seedToPeer(systemRandom(32))
  const gate = (known: typeof place | null) =>
    makeGater({
      relays: () => [relay],
      isKnownPeer: () => false,
      stunServers: () => [],
      webRtcPlace: (asked) => (asked.peer === peer ? known : null),
    })
  const { denyDialMultiaddr, denyDialPeer, filterMultiaddrForPeer } = gate(place)
  for (const address of [four, six, relayToMultiaddr(relay)]) {
    expect(await denyDialMultiaddr?.(multiaddr(address))).toBe(false)
    expect(await filterMultiaddrForPeer?.(peerIdFromString(peer), multiaddr(address))).toBe(true)
  }
  for (const address of [
    four.replace(peer, other),
    four.replace(`/p2p/${peer}`, ''),
    four.replace('203.0.113.5', '203.0.113.6'),
    four.replace('8788', '8789'),
    four.replace(certhash, `uEiAC${certhash.slice(5)}`),
    `${four}/p2p-circuit/p2p/${other}`,
  ]) {
    expect(await denyDialMultiaddr?.(multiaddr(address))).toBe(true)
  }
  expect(await denyDialPeer?.(peerIdFromString(other))).toBe(true)
  expect(await gate(null).denyDialMultiaddr?.(multiaddr(four))).toBe(true)
})

test('[NN13] the gate asks about a device again when its connection is about to be there', async () => {
  const device = peerIdFromString(seedToPeer(systemRandom(32)))
  let isIn = true
  const rules = { relays: () => [relay], stunServers: () => [], webRtcPlace: () => null }
  const gate = makeGater({ ...rules, isKnownPeer: (asked) => isIn && asked === device.toString() })
  const connection = { remoteAddr: multiaddr(`${relayToMultiaddr(relay)}/p2p-circuit/p2p/${device}`) }
  const asks = async (name: 'denyInboundEncryptedConnection' | 'denyInboundUpgradedConnection') =>
    gate[name]?.(device, connection as MultiaddrConnection)
  expect(await asks('denyInboundEncryptedConnection')).toBe(false)
  expect(await asks('denyInboundUpgradedConnection')).toBe(false)
  isIn = false
  expect(await asks('denyInboundUpgradedConnection')).toBe(true)
})
