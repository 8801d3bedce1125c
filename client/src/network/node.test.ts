import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { noise } from '@chainsafe/libp2p-noise'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { systemRandom } from '@clique/crypto'
import { defaultChannelLimits } from './frame-channel.ts'
import { createNode } from './node.ts'
import type { CliqueNode, PeerConnection } from './node.ts'
import { seedToPeer } from './relay-address.ts'
import type { RelayPlace } from './relay-address.ts'
import { readPlace } from './webrtc-place.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 30_000 }

const protocol = '/clique/test/1'
const closers: (() => unknown)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

interface RelayOptions {
  readonly privateKey?: PrivateKey
  readonly port?: number
  /** A relay that does not give places, as one that has not fully started. */
  readonly hasCircuit?: boolean
}

interface TestRelay {
  readonly place: RelayPlace
  readonly libp2p: Libp2p
  readonly privateKey: PrivateKey
  readonly port: number
}

async function startRelay(options: RelayOptions = {}): Promise<TestRelay> {
  const privateKey = options.privateKey ?? (await generateKeyPair('Ed25519'))
  const circuit =
    options.hasCircuit === false
      ? {}
      : { circuit: circuitRelayServer({ reservations: { applyDefaultLimit: false } }) }
  const libp2p: Libp2p = await createLibp2p({
    privateKey,
    addresses: { listen: [`/ip4/127.0.0.1/tcp/${options.port ?? 0}/ws`] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ...circuit },
  })
  closers.push(() => libp2p.stop())
  const port = Number(/tcp\/(\d+)/.exec(libp2p.getMultiaddrs()[0]?.toString() ?? '')?.[1])
  const place = { url: `http://127.0.0.1:${port}`, peer: libp2p.peerId.toString() }
  return { libp2p, place, privateKey, port }
}

interface Person {
  node: CliqueNode
  known: Set<string>
  met: Promise<PeerConnection>
}

/** A device that echoes every frame of the test protocol. */
async function person(relays: RelayPlace[], stunServers: string[] = []): Promise<Person> {
  const known = new Set<string>()
  const seed = systemRandom(32)
  const node = await createNode(seed, {
    relays: () => relays,
    isKnownPeer: (peer) => known.has(peer),
    stunServers: () => stunServers,
    webRtcPlace: ({ webRtc }) => readPlace(webRtc),
  })
  expect(node.peer).toBe(seedToPeer(seed))
  closers.push(() => node.close())
  const met = new Promise<PeerConnection>((resolve) => {
    void node.serve(protocol, (channel, connection) => {
      resolve(connection)
      void (async () => {
        for (let frame = await channel.receive(); frame !== null; frame = await channel.receive()) {
          await channel.send(frame)
        }
      })().catch(() => channel.abort())
    })
  })
  return { node, known, met }
}

function know(...people: Person[]): void {
  for (const one of people) for (const other of people) one.known.add(other.node.peer)
}

describe('two devices behind one relay', () => {
  test('[NN1] reach each other through it and pass frames', async () => {
    const { place } = await startRelay()
    const [anna, ben] = [await person([place]), await person([place])]
    know(anna, ben)
    await anna.node.reserve(place)
    const connection = await ben.node.dial(place, anna.node.peer)
    expect(connection.peer).toBe(anna.node.peer)
    const channel = await connection.open(protocol)
    for (const size of [0, 1, 70_000]) {
      const frame = new Uint8Array(size).fill(size % 251)
      await channel.send(frame)
      expect(await channel.receive(5_000)).toEqual(frame)
    }
    expect((await anna.met).peer).toBe(ben.node.peer)
    const gone = new Promise((resolve) => connection.gone.addEventListener('abort', resolve))
    await anna.node.close()
    await gone
  })

  test('[NN2] a stranger is not let in, and the refusal has one code', async () => {
    const { place } = await startRelay()
    const [anna, mallory] = [await person([place]), await person([place])]
    mallory.known.add(anna.node.peer)
    await anna.node.reserve(place)
    await expect(mallory.node.dial(place, anna.node.peer)).rejects.toMatchObject({ code: 'peer-unreachable' })
  })
})

/** Browsers and machines that are busy let a direct dial fail now and then: the app tries again, and so does this. */
async function dialsDirectly(from: Person, { place }: TestRelay, to: Person): Promise<PeerConnection> {
  for (let tries = 1; ; tries++) {
    try {
      return await from.node.dialDirect(place, to.node.peer)
    } catch (error) {
      if (tries === 3) throw error
    }
  }
}

describe('two devices that are linked through a relay', () => {
  async function linked(
    stunServers: string[] = [],
  ): Promise<{ anna: Person; ben: Person; circuit: PeerConnection; relay: TestRelay }> {
    const relay = await startRelay()
    const [anna, ben] = [await person([relay.place], stunServers), await person([relay.place], stunServers)]
    know(anna, ben)
    await anna.node.reserve(relay.place)
    const circuit = await ben.node.dial(relay.place, anna.node.peer)
    expect(circuit.kind).toBe('circuit')
    const channel = await circuit.open(protocol)
    await channel.send(Uint8Array.of(1))
    expect(await channel.receive(5_000)).toEqual(Uint8Array.of(1))
    return { anna, ben, circuit, relay }
  }

  test('[NN9] connect directly once both are admitted, and go on when the relay is gone', async () => {
    const { anna, ben, circuit, relay } = await linked()
    const met = await anna.met
    met.admit()
    const direct = await dialsDirectly(ben, relay, anna)
    expect([direct.kind, direct.peer]).toEqual(['direct', anna.node.peer])
    await relay.libp2p.stop()
    await expect.poll(() => circuit.gone.aborted, soon).toBe(true)
    expect(direct.gone.aborted).toBe(false)
    const channel = await direct.open(protocol)
    for (const size of [0, 1, 300_000]) {
      const frame = new Uint8Array(size).fill(size % 251)
      await channel.send(frame)
      expect(await channel.receive(5_000)).toEqual(frame)
    }
    await anna.node.close()
    await expect.poll(() => direct.gone.aborted, soon).toBe(true)
  })

  test('[NN13] are parted when one is known no more, though nothing was said over the direct connection', async () => {
    const { anna, ben, circuit, relay } = await linked()
    const met = await anna.met
    met.admit()
    const direct = await dialsDirectly(ben, relay, anna)
    anna.node.endStrangers()
    expect([circuit.gone.aborted, direct.gone.aborted]).toEqual([false, false])
    anna.known.clear()
    anna.node.endStrangers()
    for (const { gone } of [circuit, direct]) await expect.poll(() => gone.aborted, soon).toBe(true)
    // The relay is no device: this one is reached through it as before.
    const carla = await person([relay.place])
    know(anna, carla)
    expect((await carla.node.dial(relay.place, anna.node.peer)).kind).toBe('circuit')
  })

  test('[NN10] take no signal for a direct connection before the other side is admitted', async () => {
    const { anna, ben, relay } = await linked()
    await expect(ben.node.dialDirect(relay.place, anna.node.peer)).rejects.toMatchObject({
      code: 'peer-unreachable',
    })
    await expect(anna.node.dialDirect(relay.place, relay.place.peer)).rejects.toMatchObject({
      code: 'peer-unreachable',
    })
  })

  test('[NN12] both ask the servers that they are told for their address', async () => {
    const stun = createSocket('udp4')
    await new Promise<void>((resolve) => stun.bind(0, '127.0.0.1', resolve))
    closers.push(() => new Promise<void>((resolve) => stun.close(() => resolve())))
    const askers = new Set<number>()
    stun.on('message', (request, { port }) => {
      if (request.readUInt16BE(0) === 1) askers.add(port)
    })
    const { anna, ben, relay } = await linked([`stun:127.0.0.1:${stun.address().port}`])
    const met = await anna.met
    met.admit()
    expect((await dialsDirectly(ben, relay, anna)).kind).toBe('direct')
    await expect.poll(() => askers.size, soon).toBeGreaterThanOrEqual(2)
  })

  test('[NN11] take none from the relay either', async () => {
    const { relay } = await linked()
    for (const connection of relay.libp2p.getConnections()) {
      const stream = await connection.newStream('/webrtc-signaling/0.0.1')
      await expect.poll(() => stream.status, soon).toBe('reset')
    }
  })
})

describe('the gate', () => {
  test('[NN6] a relay that has no address does not stand in the way of one that has', async () => {
    const { place } = await startRelay()
    const broken: RelayPlace[] = [
      { url: 'http://%%', peer: place.peer },
      { url: 'https://relay.example', peer: 'nobody' },
    ]
    const [anna, ben] = [await person([...broken, place]), await person([...broken, place])]
    know(anna, ben)
    await anna.node.reserve(place)
    expect((await ben.node.dial(place, anna.node.peer)).peer).toBe(anna.node.peer)
  })

  test('[NN3] a device that the roster does not name is not dialled', async () => {
    const { place } = await startRelay()
    const [anna, ben] = [await person([place]), await person([place])]
    ben.known.add(anna.node.peer)
    await anna.node.reserve(place)
    await expect(anna.node.dial(place, ben.node.peer)).rejects.toMatchObject({ code: 'peer-unreachable' })
  })

  test('[NN4] a relay that is not of the clique is not dialled, and one with another PeerId is not taken', async () => {
    const { place } = await startRelay()
    const other = await startRelay()
    const anna = await person([place])
    await expect(anna.node.openRelay(other.place, '/x/1', defaultChannelLimits)).rejects.toMatchObject({
      code: 'relay-unreachable',
    })
    const liar = { url: place.url, peer: other.place.peer }
    const ben = await person([liar])
    await expect(ben.node.openRelay(liar, '/x/1', defaultChannelLimits)).rejects.toMatchObject({
      code: 'relay-unreachable',
    })
  })

  test('[NN5] a relay is offered nothing that is for members', async () => {
    const { place, libp2p } = await startRelay()
    const anna = await person([place])
    await anna.node.reserve(place)
    const [connection] = libp2p.getConnections()
    if (connection === undefined) throw new Error('the relay sees no connection')
    const stream = await connection.newStream(protocol)
    await expect.poll(() => stream.status, soon).toBe('reset')
  })
})

describe('a place at a relay', () => {
  test('[NN7] is given again after the relay was there without giving any', async () => {
    const starting = await startRelay({ hasCircuit: false })
    const other = await startRelay()
    const relays = [starting.place, other.place]
    const [anna, ben] = [await person(relays), await person(relays)]
    know(anna, ben)
    await anna.node.reserve(other.place)
    await expect(anna.node.reserve(starting.place)).rejects.toMatchObject({ code: 'relay-refused' })
    await starting.libp2p.stop()
    const { privateKey, port } = starting
    const started = await startRelay({ privateKey, port })
    expect(started.place).toEqual(starting.place)
    await anna.node.reserve(started.place)
    for (const relay of relays) {
      const connection = await ben.node.dial(relay, anna.node.peer)
      const channel = await connection.open(protocol)
      await channel.send(Uint8Array.of(1))
      expect(await channel.receive(5_000)).toEqual(Uint8Array.of(1))
      connection.close()
    }
  })

  test('[NN8] is given again after the relay was killed while it was asked, and could not be reached', async () => {
    const dying = await startRelay({ hasCircuit: false })
    await dying.libp2p.handle('/libp2p/circuit/relay/0.2.0/hop', (stream) => {
      stream.abort(new Error('killed'))
      for (const connection of dying.libp2p.getConnections()) connection.abort(new Error('killed'))
    })
    const [anna, ben] = [await person([dying.place]), await person([dying.place])]
    know(anna, ben)
    await expect(anna.node.reserve(dying.place)).rejects.toMatchObject({ code: 'relay-refused' })
    await dying.libp2p.stop()
    // As the session over it does when it ends.
    await anna.node.hangUp(dying.place.peer)
    for (let i = 0; i < 3; i++) {
      await expect(anna.node.reserve(dying.place)).rejects.toMatchObject({ code: 'relay-refused' })
    }
    const { privateKey, port } = dying
    await startRelay({ privateKey, port })
    await anna.node.reserve(dying.place)
    const connection = await ben.node.dial(dying.place, anna.node.peer)
    expect(connection.peer).toBe(anna.node.peer)
    await anna.node.close()
    await expect.poll(() => connection.gone.aborted, soon).toBe(true)
  })
})
