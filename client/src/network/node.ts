import { noise } from '@chainsafe/libp2p-noise'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, ConnectionGater, Libp2p, MultiaddrConnection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { CliqueError } from '@clique/crypto'
import { cutOff } from '@clique/relay/protocol'
import type { WebRtcPlace } from '@clique/relay/protocol'
import { directTransport, isDirectAddress } from './direct.ts'
import { frameChannel } from './frame-channel.ts'
import type { ChannelLimits, FrameChannel } from './frame-channel.ts'
import { openStream } from './open-stream.ts'
import { Reservations } from './reservations.ts'
import type { CircuitComponents } from './reservations.ts'
import { isUsableRelay, relayToMultiaddr } from './relay-address.ts'
import type { RelayPlace } from './relay-address.ts'
import { waysTo } from './webrtc-address.ts'

/** Milliseconds to reach a relay or, through it, a device. */
const dialMs = 10_000
/** Milliseconds for two devices to find a way to each other, or to see that there is none; at most `dialMs`. */
const directDialMs = 10_000
/** Milliseconds for the farewells of a node that closes. */
const closeMs = 2_000
/** Milliseconds between two signs of life on an idle connection; a dead one shows after about twice that. */
const pingMs = 10_000
/** A clique has 450 devices at most, and a link to each is one connection. */
const maxConnections = 500
/** Streams of one protocol that one device may have open here: one in use, and one of a run that dies. */
const maxInboundStreams = 2
/**
 * Bytes on their way in one stream of a circuit. Where the relay is reached by WebRTC nothing slows this device down, and
 * what the other one does not read lies at the relay, which holds little of it.
 */
const streamWindow = 1024 * 1024
/** All inbound connections come through one relay, which is one host: 150 people may wake at once. */
const inboundPerSecond = 200

/** Who may be dialled and may come in; asked at every dial, so a roster change holds at once. */
export interface NodeRules {
  relays(): readonly RelayPlace[]
  /** PeerIds of the devices that the roster names, as text. */
  isKnownPeer(peer: string): boolean
  /** `stun:host:port` of the relays, out of their signed policies. */
  stunServers(): readonly string[]
  /** Where a relay takes WebRTC, where that is known: out of its signed policy, or of a link. */
  webRtcPlace(relay: RelayPlace): WebRtcPlace | null
}

/** From device to device, or through a relay's circuit. */
export type ConnectionKind = 'direct' | 'circuit'

/** A connection to another device. */
export interface PeerConnection {
  readonly id: string
  readonly peer: string
  readonly kind: ConnectionKind
  /** The other side has proven that it is of the clique: a direct connection may be signaled over this one. */
  admit(): void
  open(protocol: string, limits?: ChannelLimits): Promise<FrameChannel>
  close(): void
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal
}

export type IncomingHandler = (channel: FrameChannel, connection: PeerConnection) => void

export interface CliqueNode {
  readonly peer: string
  /** A stream to a relay, which is connected to where it was not. @throws CliqueError `relay-unreachable` */
  openRelay(relay: RelayPlace, protocol: string, limits: ChannelLimits): Promise<FrameChannel>
  /** Becomes reachable through a relay; it must have attested this PeerId. @throws CliqueError `relay-refused` */
  reserve(relay: RelayPlace): Promise<void>
  /** A connection through a relay. @throws CliqueError `peer-unreachable` */
  dial(relay: RelayPlace, peer: string): Promise<PeerConnection>
  /** A connection without a relay, signaled over the circuit through this one. @throws CliqueError `peer-unreachable` */
  dialDirect(relay: RelayPlace, peer: string): Promise<PeerConnection>
  serve(protocol: string, handler: IncomingHandler, limits?: ChannelLimits): Promise<void>
  hangUp(peer: string): Promise<void>
  /** Ends connections with devices that the roster names no more, whether anything was proven over them or not. */
  endStrangers(): void
  close(): Promise<void>
}

/**
 * One libp2p node for one clique: cliques must not be linkable by a PeerId. It knows no bootstrap server, asks no
 * third party for its address, and its gate is closed: the library's own default takes in anybody.
 */
export async function createNode(netSeed: Uint8Array, rules: NodeRules): Promise<CliqueNode> {
  let reservations: Reservations | null = null
  const admitted = new WeakSet<Connection>()
  const direct = directTransport({
    stunServers: () => rules.stunServers(),
    isAdmitted: (connection) => admitted.has(connection),
  })
  const libp2p = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', netSeed),
    addresses: { listen: [] },
    // Left out, the library would ask public servers here, too.
    transports: [
      webSockets(),
      circuitRelayTransport(),
      direct,
      webRTCDirect({ rtcConfiguration: { iceServers: [] } }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: streamWindow } })],
    connectionGater: makeGater(rules),
    connectionManager: {
      maxConnections,
      maxParallelDials: 4,
      dialTimeout: dialMs,
      addressDialTimeout: dialMs,
      reconnectRetries: 0,
      inboundConnectionThreshold: inboundPerSecond,
    },
    connectionMonitor: { pingInterval: pingMs },
    peerDiscovery: [],
    nodeInfo: { name: 'clique', version: '1', userAgent: 'clique/1' },
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      ping: ping(),
      // The library's public face cannot listen once it is started, and a reservation is given only after the
      // relay has attested this PeerId: this reaches for the part that can.
      listening: (components: CircuitComponents) => {
        reservations = new Reservations(components)
        return {}
      },
    },
  })
  if (reservations === null) throw new Error('the node has no transports')
  return wrapNode(libp2p, rules, reservations, admitted)
}

/** Lets through what leads to a relay of the rules or, over it, to a device that they name, and nobody else. */
export function makeGater(rules: NodeRules): ConnectionGater {
  const isRelay = (peer: string) => rules.relays().some((relay) => relay.peer === peer)
  const isAllowed = (address: string) => {
    const [relay, peer, ...more] = address.split('/p2p-circuit')
    const ours = rules
      .relays()
      .some((known) => isUsableRelay(known) && waysTo(known, rules.webRtcPlace(known)).includes(relay ?? ''))
    if (peer === undefined) return ours
    const known = /^(?:\/webrtc)?\/p2p\/([^/]+)$/.exec(peer)?.[1]
    return ours && more.length === 0 && known !== undefined && rules.isKnownPeer(known)
  }
  const isFromDevice = (connection: MultiaddrConnection) => isDeviceAddress(connection.remoteAddr.toString())
  return {
    denyDialPeer: (peer) => !isRelay(peer.toString()) && !rules.isKnownPeer(peer.toString()),
    denyDialMultiaddr: (address) => !isAllowed(address.toString()),
    filterMultiaddrForPeer: (_, address) => isAllowed(address.toString()),
    denyInboundConnection: (connection) => !isFromDevice(connection),
    denyInboundEncryptedConnection: (peer, connection) =>
      !isFromDevice(connection) || !rules.isKnownPeer(peer.toString()),
    // Somebody may be put out while they take their time over the rest.
    denyInboundUpgradedConnection: (peer) => !rules.isKnownPeer(peer.toString()),
    denyInboundRelayedConnection: (relay, peer) =>
      !isRelay(relay.toString()) || !rules.isKnownPeer(peer.toString()),
    denyInboundRelayReservation: () => true,
    denyOutboundRelayedConnection: () => true,
  }
}

function isDeviceAddress(address: string): boolean {
  return address.includes('/p2p-circuit/') || isDirectAddress(address)
}

function wrapNode(
  libp2p: Libp2p,
  rules: NodeRules,
  reservations: Reservations,
  admitted: WeakSet<Connection>,
): CliqueNode {
  const wrapped = new WeakMap<Connection, PeerConnection>()
  /** PeerId of a relay -> the address at which it was reached last. */
  const lastWays = new Map<string, string>()

  function wrap(connection: Connection): PeerConnection {
    const known = wrapped.get(connection)
    if (known !== undefined) return known
    const gone = new AbortController()
    connection.addEventListener('close', () => gone.abort(), { once: true })
    if (connection.status !== 'open') gone.abort()
    const made: PeerConnection = {
      id: connection.id,
      peer: connection.remotePeer.toString(),
      kind: isDirectAddress(connection.remoteAddr.toString()) ? 'direct' : 'circuit',
      admit: () => void admitted.add(connection),
      gone: gone.signal,
      open: async (protocol, limits) => {
        const stream = await orCode('peer-unreachable', () =>
          openStream(connection, protocol, made.kind === 'direct'),
        )
        return frameChannel(stream, limits)
      },
      close: () => cutOff(connection, new CliqueError('peer-silent')),
    }
    wrapped.set(connection, made)
    return made
  }

  function dialPeer(address: string, peer: string, ms: number): Promise<PeerConnection> {
    return orCode('peer-unreachable', async () => {
      if (!rules.isKnownPeer(peer)) throw new CliqueError('peer-unreachable')
      return wrap(await libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(ms) }))
    })
  }

  /** The way that led there last, or the likely one. */
  function wayTo(relay: RelayPlace): string {
    const ways = waysTo(relay, rules.webRtcPlace(relay))
    return ways.find((way) => way === lastWays.get(relay.peer)) ?? ways[0] ?? relayToMultiaddr(relay)
  }

  /** One way after the other, that which led there before the others. @throws the last one's error */
  async function dialRelay(relay: RelayPlace): Promise<Connection> {
    const ways = waysTo(relay, rules.webRtcPlace(relay))
    const last = lastWays.get(relay.peer)
    let failure: unknown
    for (const way of ways.toSorted((a, b) => Number(b === last) - Number(a === last))) {
      try {
        const connection = await libp2p.dial(multiaddr(way), { signal: AbortSignal.timeout(dialMs) })
        lastWays.set(relay.peer, way)
        return connection
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  return {
    peer: libp2p.peerId.toString(),

    async openRelay(relay, protocol, limits) {
      const stream = await orCode('relay-unreachable', async () => {
        const connection = await dialRelay(relay)
        return connection.newStream(protocol, { signal: AbortSignal.timeout(dialMs) })
      })
      return frameChannel(stream, limits)
    },

    reserve: (relay) => orCode('relay-refused', () => reservations.reserve(wayTo(relay))),

    dial: (relay, peer) => dialPeer(`${wayTo(relay)}/p2p-circuit/p2p/${peer}`, peer, dialMs),

    async dialDirect(relay, peer) {
      const address = `${wayTo(relay)}/p2p-circuit/webrtc/p2p/${peer}`
      const connection = await dialPeer(address, peer, directDialMs)
      // A dial through the relay that was under way at the same time is joined by the library.
      if (connection.kind !== 'direct') throw new CliqueError('peer-unreachable')
      return connection
    },

    async serve(protocol, handler, limits) {
      const accept = (stream: Stream, connection: Connection): void => {
        // A relay is no member: on its own connection it is offered nothing of ours.
        if (isDeviceAddress(connection.remoteAddr.toString())) {
          handler(frameChannel(stream, limits), wrap(connection))
        } else {
          stream.abort(new CliqueError('auth-not-a-member'))
        }
      }
      await libp2p.handle(protocol, accept, {
        maxInboundStreams,
        runOnLimitedConnection: true,
        force: true,
      })
    },

    async hangUp(peer) {
      for (const connection of libp2p.getConnections(peerIdFromString(peer))) {
        cutOff(connection, new CliqueError('peer-silent'))
      }
    },

    endStrangers() {
      for (const connection of libp2p.getConnections()) {
        const { remoteAddr, remotePeer } = connection
        if (!isDeviceAddress(remoteAddr.toString()) || rules.isKnownPeer(remotePeer.toString())) continue
        cutOff(connection, new CliqueError('auth-not-a-member'))
      }
    },

    async close() {
      const stopped = reservations.close().then(() => libp2p.stop())
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, closeMs))])
    },
  }
}

/** The library's errors say too much and too little: outside this file there is one code. */
async function orCode<T>(
  code: 'relay-unreachable' | 'relay-refused' | 'peer-unreachable',
  run: () => Promise<T>,
) {
  try {
    return await run()
  } catch (error) {
    if (error instanceof CliqueError) throw error
    throw new CliqueError(code)
  }
}
