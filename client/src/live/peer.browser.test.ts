import { afterEach, expect, test } from 'vitest'
import Peer from './peer.ts'
import type { PeerSignal } from './peer.ts'

const soon = { timeout: 20_000 }
const peers: Peer[] = []
afterEach(() => {
  for (const peer of peers.splice(0)) peer.destroy()
})

interface Side {
  readonly peer: Peer
  readonly said: PeerSignal[]
  readonly heard: string[]
  readonly events: string[]
}

function side(initiator: boolean): Side {
  const peer = new Peer({ initiator, config: { iceServers: [] } })
  peers.push(peer)
  const one: Side = { peer, said: [], heard: [], events: [] }
  peer.on('signal', (signal) => one.said.push(signal))
  peer.on('data', (bytes) => one.heard.push(new TextDecoder().decode(bytes)))
  peer.on('connect', () => one.events.push('connect'))
  peer.on('close', () => one.events.push('close'))
  return one
}

/** Hands over what one side says from now on, and what it said before. */
function carry(from: Side, to: Side): void {
  for (const signal of from.said) to.peer.signal(signal)
  from.peer.on('signal', (signal) => to.peer.signal(signal))
}

const bytes = (text: string) => new TextEncoder().encode(text)

async function expectTheyTalk(a: Side, b: Side): Promise<void> {
  await expect.poll(() => [a.events, b.events], soon).toEqual([['connect'], ['connect']])
  a.peer.send(bytes('from a'))
  b.peer.send(bytes('from b'))
  await expect.poll(() => [a.heard, b.heard], soon).toEqual([['from b'], ['from a']])
}

test('two pages talk, and one learns that the other has gone', async () => {
  const [a, b] = [side(true), side(false)]
  carry(a, b)
  carry(b, a)
  await expectTheyTalk(a, b)
  a.peer.destroy()
  expect(a.events).toEqual(['connect', 'close'])
  await expect.poll(() => b.events, soon).toEqual(['connect', 'close'])
})

test('both begin at once, one offer is dropped, and the connection carries both ways', async () => {
  const [a, b] = [side(true), side(true)]
  await expect.poll(() => [a.said[0]?.type, b.said[0]?.type], soon).toEqual(['offer', 'offer'])
  // As the library does it: a keeps its offer, b takes that and its own back.
  for (const signal of b.said.splice(0)) if (signal.type !== 'offer') a.peer.signal(signal)
  carry(a, b)
  carry(b, a)
  await expectTheyTalk(a, b)
})

test('candidates may come before the description', async () => {
  const [a, b] = [side(true), side(false)]
  await expect.poll(() => a.said.some(({ type }) => type === 'candidate'), soon).toBe(true)
  for (const signal of a.said.toReversed()) b.peer.signal(signal)
  carry(b, a)
  await expectTheyTalk(a, b)
})

test('a description that is none ends it; a candidate that is none does not', async () => {
  const [a, b] = [side(true), side(false)]
  b.peer.signal({ type: 'candidate', candidate: { candidate: 'nonsense', sdpMid: '0', sdpMLineIndex: 0 } })
  carry(a, b)
  b.peer.signal({ type: 'candidate', candidate: { candidate: 'nonsense', sdpMid: '9', sdpMLineIndex: 9 } })
  carry(b, a)
  await expectTheyTalk(a, b)
  const c = side(false)
  c.peer.signal({ type: 'offer', sdp: 'hello' })
  await expect.poll(() => c.events, soon).toEqual(['close'])
})

test('what comes when it is over is nothing', async () => {
  const a = side(true)
  a.peer.destroy()
  a.peer.destroy()
  a.peer.signal({ type: 'offer', sdp: 'hello' })
  const b = side(true)
  await expect.poll(() => b.said[0]?.type, soon).toBe('offer')
  expect(a.said).toEqual([])
  expect(a.events).toEqual(['close'])
})
