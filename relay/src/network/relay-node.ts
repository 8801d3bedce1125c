import { noise } from '@chainsafe/libp2p-noise'
import { circuitRelayServer, RELAY_V2_HOP_CODEC, RELAY_V2_STOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection, ConnectionGater, StreamHandler } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { cutOff, limits, relayProtocol } from '../../protocol/index.ts'
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
  /** Whether it has a session, or one that is attested for this tenant, or had it a moment ago. */
  isHere(peer: string, tenant?: TenantId): boolean
  /** A device opened a stream of the relay protocol. */
  onStream(stream: SessionStream, peer: string): void
}

export interface RelayNode {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Closes connections that lead nowhere, and ends what those have who are attested no more, with their connection. */
  sweep(now: number): void
  /**
   * Ends what these PeerIds have, and whoever came by this tenant and is not attested for it: circuits, their place, and the
   * connection with it, since whoever comes in again asks for another place only over another connection.
   */
  part(tenant: TenantId, peers: ReadonlySet<string>): void
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
  /** By which tenant a PeerId has its place and circuits: one at a time, as what it has ends with what it has it by. */
  const claims = new Map<string, TenantId>()
  const claim = (peer: string): TenantId | null => {
    const tenant = rules.tenantOf(peer)
    if (tenant === null || (claims.get(peer) ?? tenant) !== tenant) return null
    claims.set(peer, tenant)
    return tenant
  }
  const node = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', identity.seed),
    addresses: {
      listen: ['/ip4/127.0.0.1/tcp/0/ws', ...(webRtc === null ? [] : [webRtc.listen])],
      announce: [...announce],
    },
    transports: [door.transport, ...(webRtc === null ? [] : [webRtc.transport])],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: serverLimits.streamWindow } })],
    connectionGater: makeGater(claim),
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
        hopTimeout: serverLimits.circuitWait,
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
  await guardCircuits(node, claim)
  await node.handle(
    relayProtocol,
    (stream, connection) => rules.onStream(stream, connection.remotePeer.toString()),
    { maxInboundStreams: limits.sessionsPerPeer },
  )
  const { reservations } = node.services.circuit
  const end = (peers: ReadonlySet<string>, why: string): void => {
    for (const peer of [...reservations.keys()]) if (peers.has(peer.toString())) reservations.delete(peer)
    for (const connection of node.getConnections()) {
      if (peers.has(connection.remotePeer.toString())) cutOff(connection, new Error(why))
    }
    for (const peer of peers) claims.delete(peer)
  }
  return {
    upgrade: door.upgrade,
    sweep: (now) => {
      const connections = node.getConnections()
      for (const connection of connections) {
        const isNew = now - connection.timeline.open < limits.strangerWait
        if (isNew || rules.isHere(connection.remotePeer.toString())) continue
        cutOff(connection, new Error('a connection without a session'))
      }
      const placed = [...reservations.keys(), ...connections.filter(isInCircuit).map((one) => one.remotePeer)]
      const names = new Set(placed.map(String))
      for (const peer of claims.keys()) if (!names.has(peer)) claims.delete(peer)
      const over = [...names].filter((peer) => {
        const tenant = claims.get(peer)
        return tenant === undefined || !rules.isHere(peer, tenant)
      })
      end(new Set(over), 'an attestation that is over')
    },
    part: (tenant, peers) => {
      const others = [...claims.keys()].filter(
        (peer) => claims.get(peer) === tenant && rules.tenantOf(peer) !== tenant,
      )
      end(new Set([...peers, ...others]), 'a retired capability')
    },
    close: async () => {
      await node.stop()
    },
  }
}

function isInCircuit({ streams }: Connection): boolean {
  return streams.some(({ protocol }) => protocol === RELAY_V2_HOP_CODEC || protocol === RELAY_V2_STOP_CODEC)
}

/** What strangers open for circuits ends at once: else each of them could have hundreds that wait for a first word. */
async function guardCircuits(
  node: Libp2p<{ circuit: CircuitRelayService }>,
  claim: (peer: string) => TenantId | null,
): Promise<void> {
  const { onHop } = node.services.circuit as CircuitRelayService & { readonly onHop?: StreamHandler }
  if (onHop === undefined) throw new Error('the circuits of this libp2p cannot be guarded')
  await node.unhandle(RELAY_V2_HOP_CODEC)
  await node.handle(
    RELAY_V2_HOP_CODEC,
    (stream, connection) => {
      if (claim(connection.remotePeer.toString()) !== null) return onHop(stream, connection)
      stream.abort(new Error('a circuit of a stranger'))
    },
    { maxInboundStreams: serverLimits.circuitsPerConnection, runOnLimitedConnection: true },
  )
}

function makeGater(claim: (peer: string) => TenantId | null): ConnectionGater {
  return {
    denyDialPeer: () => true,
    denyDialMultiaddr: () => true,
    denyInboundRelayReservation: (source) => claim(source.toString()) === null,
    denyOutboundRelayedConnection: (source, destination) => {
      const tenant = claim(source.toString())
      return tenant === null || tenant !== claim(destination.toString())
    },
  }
}
