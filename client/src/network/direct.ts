import type { Connection, Stream, StreamHandler, StreamHandlerOptions, Transport } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { CliqueError } from '@clique/crypto'

type Components = Parameters<ReturnType<typeof webRTC>>[0]

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
  })
  return (components) => {
    const { registrar } = components
    const guarded: Pick<Components['registrar'], 'handle' | 'unhandle'> = {
      handle: (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
        registrar.handle(protocol, admittedOnly(handler, rules), options),
      unhandle: (protocol: string) => registrar.unhandle(protocol),
    }
    const { peerId, upgrader, transportManager, connectionManager, logger, events } = components
    return make({
      peerId,
      upgrader,
      transportManager,
      connectionManager,
      logger,
      events,
      // It uses these two methods and no other.
      registrar: guarded as Components['registrar'],
    })
  }
}

function admittedOnly(handler: StreamHandler, { isAdmitted }: DirectRules): StreamHandler {
  return (stream: Stream, connection: Connection) => {
    if (isAdmitted(connection)) return handler(stream, connection)
    stream.abort(new CliqueError('auth-not-a-member'))
  }
}

/** Whether a connection with this remote address goes to a device without a relay in between. */
export function isDirectAddress(address: string): boolean {
  return address.includes('/webrtc/')
}
