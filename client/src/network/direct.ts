import type { Connection, Stream, StreamHandler, StreamHandlerOptions, Transport } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { CliqueError } from '@clique/crypto'

type Components = Parameters<ReturnType<typeof webRTC>>[0]
type Registrar = Pick<Components['registrar'], 'handle' | 'unhandle'>
type Upgrader = Pick<Components['upgrader'], 'upgradeInbound' | 'createInboundAbortSignal'>

/** Milliseconds for a dialler that is connected to end its signaling. */
const settleMs = 2_000
/**
 * Bytes of a message on a data channel: the library's 16 KiB is for others than browsers. Messages of several channels
 * take turns, so a larger one would hold up what people write.
 */
const maxMessageSize = 64 * 1024

export interface DirectRules {
  /** `stun:host:port` of the clique's own relays, as their signed policies name them; empty is right, too. */
  stunServers(): readonly string[]
  /** Whether somebody of the clique is at the other end of this connection, by signature. */
  isAdmitted(connection: Connection): boolean
}

/**
 * WebRTC between two devices, signaled over the circuit between them.
 *
 * It has no handshake of its own: who is at the other end is what the circuit's handshake has proven. So it is
 * signaled over a connection that was admitted and over no other; the library would take an offer from anybody,
 * the relay included. And its servers are always named, be it none: left out, the library asks public ones.
 */
export function directTransport(rules: DirectRules): (components: Components) => Transport {
  const make = webRTC({
    rtcConfiguration: () => ({ iceServers: rules.stunServers().map((urls) => ({ urls })) }),
    dataChannel: { maxMessageSize },
  })
  return (components) => {
    const { peerId, transportManager, connectionManager, logger, events } = components
    const signaling = new Map<string, Stream>()
    // Of these two it uses the methods that are here and no others.
    const registrar = admittingRegistrar(components.registrar, rules, signaling) as Components['registrar']
    const upgrader = settlingUpgrader(components.upgrader, signaling) as Components['upgrader']
    return make({ peerId, registrar, upgrader, transportManager, connectionManager, logger, events })
  }
}

/** Whether a connection with this remote address goes to a device without a relay in between. */
export function isDirectAddress(address: string): boolean {
  return address.includes('/webrtc/')
}

/** Hands the library no stream but those of admitted connections, and remembers the last one of each device. */
function admittingRegistrar(
  registrar: Components['registrar'],
  { isAdmitted }: DirectRules,
  signaling: Map<string, Stream>,
): Registrar {
  const admittedOnly =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      if (!isAdmitted(connection)) return stream.abort(new CliqueError('auth-not-a-member'))
      const peer = connection.remotePeer.toString()
      signaling.set(peer, stream)
      stream.addEventListener('close', () => {
        if (signaling.get(peer) === stream) signaling.delete(peer)
      })
      return handler(stream, connection)
    }
  return {
    handle: (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
      registrar.handle(protocol, admittedOnly(handler), options),
    unhandle: (protocol: string) => registrar.unhandle(protocol),
  }
}

/**
 * Takes up a connection when its dialler is done. The library's dialler waits for its first data channel to open and
 * then to close, and its listener closes that channel as soon as it is connected: where that is quicker than the
 * channel opens on the other side, the dialler waits until its time is over. So the listener waits for the dialler,
 * who ends the signaling as its last step.
 */
function settlingUpgrader(upgrader: Components['upgrader'], signaling: Map<string, Stream>): Upgrader {
  const upgradeInbound: Upgrader['upgradeInbound'] = async (
    connection,
    options: Parameters<Upgrader['upgradeInbound']>[1],
  ) => {
    const peer = 'remotePeer' in options ? options.remotePeer?.toString() : undefined
    const stream = peer === undefined ? undefined : signaling.get(peer)
    if (stream !== undefined) await untilEnded(stream)
    return upgrader.upgradeInbound(connection, options)
  }
  return { upgradeInbound, createInboundAbortSignal: (signal) => upgrader.createInboundAbortSignal(signal) }
}

/** Settles when the other side has ended the stream, or does not in time. */
function untilEnded(stream: Stream): Promise<void> {
  if (stream.remoteWriteStatus !== 'writable' || stream.status !== 'open') return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, settleMs)
    for (const event of ['remoteCloseWrite', 'close'] as const) {
      stream.addEventListener(
        event,
        () => {
          clearTimeout(timer)
          resolve()
        },
        { once: true },
      )
    }
  })
}
