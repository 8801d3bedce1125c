import type { Listener, Transport } from '@libp2p/interface'
import type { webRTCDirect } from '@libp2p/webrtc'
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { NetworkInterfaceInfo } from 'node:os'
import { maxWebRtcAddresses } from '../../protocol/index.ts'
import type { WebRtcPlace } from '../../protocol/index.ts'
import { AddressPace } from '../address-pace.ts'
import { PortBusyError } from '../http/public-port.ts'
import { serverLimits } from '../server-limits.ts'
import { addressToBytes } from '../stun/stun-message.ts'
import { loadWebRtcCertificate } from './webrtc-certificate.ts'

type Components = Parameters<ReturnType<typeof webRTCDirect>>[0]

/**
 * What libp2p's listener does with the first packet of a stranger, beyond its interface. The package's version is
 * pinned, a test holds it to this, and a listener without these is refused at the start.
 */
interface GuardedListener extends Listener {
  incomingConnection(ufrag: string, host: string, port: number, signal: AbortSignal): Promise<void>
  readonly connections: ReadonlyMap<string, unknown>
}

export interface WebRtcDoor {
  readonly transport: (components: Components) => Transport
  /** The libp2p address to listen on. */
  readonly listen: string
  readonly port: number
  /** As the policy names it. */
  place(): WebRtcPlace
}

export interface WebRtcDoorOptions {
  /** The data folder. */
  readonly folder: string
  /** The address to listen on; `::` and `0.0.0.0` for all. */
  readonly host: string
  /** UDP; not 0, as devices keep it. */
  readonly port: number
  /** This relay's own outer IPv4 address, where one is known. */
  readonly outer: () => string | null
  readonly now: () => number
}

/**
 * Takes WebRTC connections that need no signaling. What is native of it is loaded here and nowhere else: a relay
 * without this door does not pay for it.
 *
 * @throws PortBusyError, or Error for a host that this machine does not have
 */
export async function openWebRtcDoor(options: WebRtcDoorOptions): Promise<WebRtcDoor> {
  const { folder, port, outer, now } = options
  const { privateKey, pem, hash } = loadWebRtcCertificate(folder)
  const host = await bindable(options.host, port)
  const { initLogger } = await import('node-datachannel')
  // It would write addresses to our outputs.
  initLogger('Fatal', () => undefined)
  const { webRTCDirect: load } = await import('@libp2p/webrtc')
  const certhash = `u${Buffer.concat([sha256Multihash, hash]).toString('base64url')}`
  const make = load({
    certificate: { privateKey, pem, certhash },
    // Left out, the library asks public servers.
    rtcConfiguration: { iceServers: [] },
    dataChannel: { maxBufferedAmount: serverLimits.webRtcOutgoing, ...unread },
  })
  return {
    transport: (components) => {
      const transport = make(components)
      const createListener = transport.createListener.bind(transport)
      transport.createListener = (given) => guard(createListener(given), now)
      return transport
    },
    listen: `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/udp/${port}/webrtc-direct`,
    port,
    place: () => ({ certificate: hash, port, addresses: addressesOf(host, outer()) }),
  }
}

/** The library hands these to each stream, though it names some of them alone. */
const unread: object = { maxReadBufferLength: serverLimits.webRtcUnread }
/** What a multihash of SHA-256 begins with. */
const sha256Multihash = Buffer.of(0x12, 0x20)

/** A sender's address can be forged until the handshake is through, so beginning is what has limits. */
function guard(listener: Listener, now: () => number): Listener {
  if (!isGuardable(listener)) throw new Error('this version of @libp2p/webrtc cannot be guarded')
  const pace = new AddressPace({
    burst: serverLimits.webRtcBurst,
    perSecond: serverLimits.webRtcPerSecond,
    allBurst: serverLimits.webRtcPending,
    allPerSecond: serverLimits.webRtcPending,
    addresses: serverLimits.stunAddresses,
  })
  const begin = listener.incomingConnection.bind(listener)
  let pending = 0
  listener.incomingConnection = async (ufrag, host, port, signal) => {
    // The same packet again, as it is sent until it is answered.
    if (listener.connections.has(`${host}:${port}:${ufrag}`)) return
    const isFull =
      pending >= serverLimits.webRtcPending || listener.connections.size >= serverLimits.webRtcConnections
    if (isFull || !pace.spend(host, now())) return
    pending += 1
    try {
      await begin(ufrag, host, port, signal)
    } finally {
      pending -= 1
    }
  }
  return listener
}

function isGuardable(listener: Listener): listener is GuardedListener {
  const { incomingConnection, connections } = listener as Partial<GuardedListener>
  return typeof incomingConnection === 'function' && connections instanceof Map
}

/**
 * Where devices look for this relay: at the one address that it listens on, or at the line's outer one and then at
 * those of this machine, which lead there from within a home.
 */
export function addressesOf(
  host: string,
  outer: string | null,
  interfaces: () => NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces,
): readonly Uint8Array[] {
  const isEvery = host === '::' || host === '0.0.0.0'
  const own = Object.values(interfaces())
    .flatMap((found) => found ?? [])
    .filter(({ internal, family }) => !internal && (family === 'IPv4' || host === '::'))
    .map(({ address }) => address)
    .filter((address) => !/^(169\.254\.|fe[89ab])/i.test(address))
  const all = isEvery ? [...(outer === null ? [] : [outer]), ...own] : [host]
  return [...new Set(all)].flatMap(toBytes).slice(0, maxWebRtcAddresses)
}

function toBytes(address: string): Uint8Array[] {
  const bytes = addressToBytes(address)
  return bytes === null ? [] : [new Uint8Array(bytes)]
}

/** The address as this machine can listen on it: the library says neither that a port is busy nor that IPv6 is missing. */
async function bindable(host: string, port: number): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: host, port }, resolve)
    })
    return host
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE') throw new PortBusyError(port)
    if (host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
      return bindable('0.0.0.0', port)
    throw error
  } finally {
    socket.close()
  }
}
