import { noise } from '@chainsafe/libp2p-noise'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { ConnectionGater } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { limits, relayProtocol } from '../../protocol/index.ts'
import type { Identity } from '../identity.ts'
import { serverLimits } from '../server-limits.ts'
import type { SessionStream } from '../session/stream-session.ts'
import type { TenantId } from '../storage/storage.ts'
import { silentLogger } from './silent-logger.ts'
import type { WebRtcDoor } from './webrtc-door.ts'
import { openWebSocketDoor } from './websocket-door.ts'

/** What the node needs to know about its peers. */
export interface NodeRules {
  /** The tenant that a PeerId is attested for now. */
  tenantOf(peer: string): TenantId | null
  hasSession(peer: string): boolean
  /** A device opened a stream of the relay protocol. */
  onStream(stream: SessionStream, peer: string): void
}

export interface RelayNode {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Closes connections that lead nowhere and ends reservations whose attestation is over. */
  sweep(now: number): void
  /**
   * Ends what these PeerIds have: circuits, their place, and the connection with it, since whoever comes in again asks
   * for another place only over another connection.
   */
  part(peers: ReadonlySet<string>): void
  close(): Promise<void>
}

/** The relay's libp2p node. It dials nobody; it carries circuits between attested devices of one tenant. */
export async function startNode(
  identity: Identity,
  announce: readonly string[],
  rules: NodeRules,
  webRtc: WebRtcDoor | null = null,
): Promise<RelayNode> {
  const door = openWebSocketDoor()
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', identity.seed),
    addresses: {
      listen: ['/ip4/127.0.0.1/tcp/0/ws', ...(webRtc === null ? [] : [webRtc.listen])],
      announce: [...announce],
    },
    transports: [door.transport, ...(webRtc === null ? [] : [webRtc.transport])],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: serverLimits.streamWindow } })],
    connectionGater: makeGater(rules),
    connectionManager: {
      maxConnections: serverLimits.connections,
      maxIncomingPendingConnections: serverLimits.pendingConnections,
      inboundConnectionThreshold: serverLimits.connectionsPerSecond,
      inboundUpgradeTimeout: serverLimits.handshakeWait,
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: serverLimits.pingEvery },
    logger: silentLogger,
    nodeInfo: { name: 'clique-relay', version: '1', userAgent: 'clique-relay/1' },
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      ping: ping(),
      circuit: circuitRelayServer({
        maxInboundHopStreams: serverLimits.circuitsPerConnection,
        maxOutboundStopStreams: serverLimits.circuitsPerConnection,
        reservations: {
          maxReservations: serverLimits.reservations,
          reservationTtl: serverLimits.reservationLife,
          defaultDurationLimit: serverLimits.circuitLife,
          defaultDataLimit: BigInt(serverLimits.circuitBytes),
        },
      }),
    },
  })
  await node.handle(
    relayProtocol,
    (stream, connection) => rules.onStream(stream, connection.remotePeer.toString()),
    { maxInboundStreams: limits.sessionsPerPeer },
  )
  return {
    upgrade: door.upgrade,
    sweep: (now) => {
      for (const connection of node.getConnections()) {
        const isNew = now - connection.timeline.open < limits.strangerWait
        if (isNew || rules.hasSession(connection.remotePeer.toString())) continue
        connection.abort(new Error('a connection without a session'))
      }
      const { reservations } = node.services.circuit
      for (const peer of [...reservations.keys()]) {
        if (rules.tenantOf(peer.toString()) === null) reservations.delete(peer)
      }
    },
    part: (peers) => {
      const { reservations } = node.services.circuit
      for (const peer of [...reservations.keys()]) if (peers.has(peer.toString())) reservations.delete(peer)
      for (const connection of node.getConnections()) {
        if (peers.has(connection.remotePeer.toString())) connection.abort(new Error('a retired capability'))
      }
    },
    close: async () => {
      await node.stop()
    },
  }
}

function makeGater(rules: NodeRules): ConnectionGater {
  return {
    denyDialPeer: () => true,
    denyDialMultiaddr: () => true,
    denyInboundRelayReservation: (source) => rules.tenantOf(source.toString()) === null,
    denyOutboundRelayedConnection: (source, destination) => {
      const tenant = rules.tenantOf(source.toString())
      return tenant === null || tenant !== rules.tenantOf(destination.toString())
    },
  }
}
