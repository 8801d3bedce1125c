import { systemRandom } from '@clique/crypto'
import { expect, test } from 'vitest'
import { isUsableRelay, relayToMultiaddr, relayToStun, seedToPeer } from './relay-address.ts'

const peer = seedToPeer(systemRandom(32))

test('an address is made of the origin and the PeerId alone', () => {
  expect(relayToMultiaddr({ url: 'https://relay.example', peer })).toBe(
    `/dns/relay.example/tcp/443/tls/ws/p2p/${peer}`,
  )
  expect(relayToMultiaddr({ url: 'http://127.0.0.1:8787', peer })).toBe(
    `/ip4/127.0.0.1/tcp/8787/ws/p2p/${peer}`,
  )
  expect(relayToMultiaddr({ url: 'http://[::1]:8787', peer })).toBe(`/ip6/::1/tcp/8787/ws/p2p/${peer}`)
})

test('STUN is asked at the host of the origin and nowhere else', () => {
  expect(relayToStun({ url: 'https://relay.example', peer }, 3478)).toBe('stun:relay.example:3478')
  expect(relayToStun({ url: 'http://[::1]:8787', peer }, 8787)).toBe('stun:[::1]:8787')
})

test('what a roster can name and no address can be made of is passed over', () => {
  for (const url of ['http://%%', 'http://relay.example:99999', 'http://1.2.3.999', 'https://[::']) {
    expect(isUsableRelay({ url, peer })).toBe(false)
  }
  expect(isUsableRelay({ url: 'https://relay.example', peer: 'nobody' })).toBe(false)
  expect(isUsableRelay({ url: 'https://relay.example', peer })).toBe(true)
})
