import type { Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits, relayProtocol } from '../../protocol/index.ts'
import { identityFromSeed } from '../identity.ts'
import { serverLimits } from '../server-limits.ts'
import { Hub } from '../session/hub.ts'
import type { HubSession } from '../session/hub.ts'
import type { TenantId } from '../storage/storage.ts'
import { makeNode, reserve } from '../testing/device.ts'
import { startNode } from './relay-node.ts'
import type { RelayNode } from './relay-node.ts'

const identity = identityFromSeed(new Uint8Array(32).fill(7))
const tenant = 'a tenant' as TenantId
const another = 'another tenant' as TenantId
const protocol = '/test/1'
/** Milliseconds for an end to be noticed on the other side. */
const waits = { timeout: 5_000 }

let server: Server
let relay: RelayNode
let address: string
let anna: Libp2p
let ben: Libp2p
const sockets = new Set<Socket>()
/** Milliseconds by the relay's clock. */
let now = 0
let hub: Hub
const sessions = new Map<Libp2p, HubSession>()

beforeEach(async () => {
  hub = new Hub()
  now = Date.now()
  relay = await startNode(identity, [], {
    tenantOf: (peer) => hub.tenantOf(peer, now),
    isHere: (peer, of) => hub.isHere(peer, now, of),
    onStream: () => undefined,
  })
  server = createServer()
  server.on('upgrade', relay.upgrade)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}/ws/p2p/${identity.peer}`
  anna = await makeNode()
  ben = await makeNode()
  await ben.handle(protocol, () => undefined, { runOnLimitedConnection: true })
  for (const node of [anna, ben]) {
    await node.dial(multiaddr(address))
    begins(node, 'attested')
  }
  await reserve(ben, address)
})
afterEach(async () => {
  await Promise.all([anna.stop(), ben.stop(), relay.close()])
  for (const socket of sockets) socket.destroy()
  sessions.clear()
  await new Promise((resolve) => server.close(resolve))
})

describe('what the relay ends by itself', { timeout: 30_000 }, () => {
  it('[R11] leaves a device what it has while it goes from one session to the next, however often', async () => {
    passes(limits.strangerWait)
    for (let i = 0; i < 3; i++) {
      ends(ben)
      passes(serverLimits.betweenSessions - 1)
      await isAnswered(ben)
      begins(ben, 'attested')
    }
    expect(await opensCircuit()).toMatchObject({ status: 'open' })
  })

  it('[R11] ends place and connection of whoever is attested no more, so that another place is asked for', async () => {
    ends(ben)
    // With a session, and nothing proven in it.
    begins(ben, 'stranger')
    passes(serverLimits.betweenSessions)
    await expect.poll(() => connectionsToRelay(ben), waits).toBe(0)
    begins(ben, 'attested')
    await expect(opensCircuit()).rejects.toThrow('NO_RESERVATION')
    await ben.dial(multiaddr(address))
    await reserve(ben, address)
    expect(await opensCircuit()).toMatchObject({ status: 'open' })
  })

  it('[R11] ends circuits of whoever opened them and is attested no more, place or none', async () => {
    const stream = await opensCircuit()
    ends(anna)
    begins(anna, 'stranger')
    passes(serverLimits.betweenSessions)
    await expect.poll(() => stream.status, waits).not.toBe('open')
    await isAnswered(ben)
  })

  it('[R11] ends circuits of whoever is attested for another tenant only, and lets them have none there before', async () => {
    const stream = await opensCircuit()
    ends(anna)
    begins(anna, 'attested', another)
    ends(ben)
    begins(ben, 'attested', another)
    await expect(opensCircuit()).rejects.toThrow()
    passes(serverLimits.betweenSessions)
    await expect.poll(() => stream.status, waits).not.toBe('open')
    for (const node of [anna, ben]) await expect.poll(() => connectionsToRelay(node), waits).toBe(0)
    for (const node of [anna, ben]) await node.dial(multiaddr(address))
    await reserve(ben, address)
    expect(await opensCircuit()).toMatchObject({ status: 'open' })
  })

  it('[TN3] ends with a capability also what those have by it who are in no session, and nothing of others', async () => {
    const stream = await opensCircuit()
    relay.part(another, new Set())
    ends(ben)
    relay.part(tenant, new Set())
    await expect.poll(() => connectionsToRelay(ben), waits).toBe(0)
    await expect.poll(() => stream.status, waits).not.toBe('open')
    await isAnswered(anna)
  })

  it('[R11] closes a connection without a session, and not a new one', async () => {
    ends(anna)
    passes(serverLimits.betweenSessions)
    await isAnswered(anna)
    passes(limits.strangerWait)
    await expect.poll(() => connectionsToRelay(anna), waits).toBe(0)
    await isAnswered(ben)
  })
})

/** So much time, and then the relay looks. */
function passes(ms: number): void {
  now += ms
  hub.forget(now)
  relay.sweep(now)
}

function begins(node: Libp2p, how: 'attested' | 'stranger', of = tenant): void {
  const session: HubSession = {
    peer: node.peerId.toString(),
    attested: how === 'stranger' ? null : { tenant: of, generation: 1, expires: Infinity },
    deliver: () => undefined,
    leave: () => undefined,
  }
  sessions.set(node, session)
  hub.add(session)
}

function ends(node: Libp2p): void {
  const session = sessions.get(node)
  if (session !== undefined) hub.remove(session, now)
}

function connectionsToRelay(node: Libp2p): number {
  return node.getConnections().filter(({ remotePeer }) => remotePeer.toString() === identity.peer).length
}

/** On the one connection that is there. */
async function isAnswered(node: Libp2p): Promise<void> {
  const [connection] = node
    .getConnections()
    .filter(({ remotePeer }) => remotePeer.toString() === identity.peer)
  const stream = await connection?.newStream(relayProtocol)
  expect(stream).toMatchObject({ status: 'open' })
  await stream?.close()
}

/** A stream from Anna to Ben, through the relay. */
async function opensCircuit(): Promise<Stream> {
  const connection = await anna.dial(multiaddr(`${address}/p2p-circuit/p2p/${ben.peerId.toString()}`))
  return connection.newStream(protocol, { runOnLimitedConnection: true })
}
