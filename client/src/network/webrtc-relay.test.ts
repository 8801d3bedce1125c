import { afterEach, beforeEach, expect, test } from 'vitest'
import { relayProtocol } from '@clique/relay/protocol'
import { systemRandom } from '@clique/crypto'
import { RelayProcess } from '../../../relay/src/testing/relay-process.ts'
import { freeUdpPort } from '../../../relay/src/testing/webrtc-node.ts'
import { fetchAbout } from './about.ts'
import { createNode } from './node.ts'
import type { CliqueNode } from './node.ts'
import type { RelayPlace } from './relay-address.ts'
import { RelaySession, relayChannelLimits } from './relay-session.ts'
import { readPlace, writePlace } from './webrtc-place.ts'

/** Nobody listens there: whoever reaches the relay has found another way. */
const nowhere = 'http://127.0.0.1:1'

const relay = new RelayProcess()
let known: RelayPlace
const nodes: CliqueNode[] = []

beforeEach(async () => {
  const port = String(await freeUdpPort())
  expect(await relay.start('--webrtc-port', port)).toBe('ready')
  const { place, policy } = await fetchAbout(relay.url)
  if (policy.webRtc === null) throw new Error('the policy names no place')
  known = { url: nowhere, peer: place.peer, webRtc: writePlace(policy.webRtc) }
})
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()))
  await relay.remove()
})

async function reach(place: RelayPlace): Promise<RelaySession> {
  const node = await createNode(systemRandom(32), {
    relays: () => [place],
    isKnownPeer: () => false,
    stunServers: () => [],
    webRtcPlace: ({ webRtc }) => readPlace(webRtc),
  })
  nodes.push(node)
  const channel = await node.openRelay(place, relayProtocol, relayChannelLimits)
  return RelaySession.open(channel, { relayPeer: place.peer, ownPeer: node.peer, now: Date.now })
}

test('a device reaches a relay by WebRTC where no WebSocket leads there', { timeout: 30_000 }, async () => {
  const session = await reach(known)
  const { webRtc } = await session.policy()
  if (webRtc === null) throw new Error('the policy names no place')
  expect(writePlace(webRtc)).toBe(known.webRtc)
  const { webRtc: _, ...withoutPlace } = known
  await expect(reach(withoutPlace)).rejects.toThrow('relay-unreachable')
})

test('whoever answers there and is not the relay is not believed', { timeout: 60_000 }, async () => {
  const place = readPlace(known.webRtc)
  if (place === null) throw new Error('no place')
  const { node: other } = { node: await createNode(systemRandom(32), nobody) }
  nodes.push(other)
  await expect(reach({ ...known, peer: other.peer })).rejects.toThrow('relay-unreachable')
  const certificate = place.certificate.map((byte) => byte ^ 1)
  await expect(reach({ ...known, webRtc: writePlace({ ...place, certificate }) })).rejects.toThrow(
    'relay-unreachable',
  )
})

const nobody = { relays: () => [], isKnownPeer: () => false, stunServers: () => [], webRtcPlace: () => null }
