import { noise } from '@chainsafe/libp2p-noise'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

/**
 * A circuit relay of js-libp2p with nothing added, in a process of its own: what a relay weighs that only passes on.
 * Limits that would keep a benchmark's many connections from one address out are raised. It prints its address.
 */
const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
  transports: [webSockets()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: {
    maxConnections: 2000,
    inboundConnectionThreshold: 200,
    maxIncomingPendingConnections: 200,
  },
  services: { identify: identify(), ping: ping(), circuit: circuitRelayServer() },
})
process.stdout.write(`${String(node.getMultiaddrs()[0])}\n`)
