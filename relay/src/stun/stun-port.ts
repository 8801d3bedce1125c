import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { AddressPace } from '../address-pace.ts'
import type { Pace } from '../address-pace.ts'
import { PortBusyError } from '../http/public-port.ts'
import { serverLimits } from '../server-limits.ts'
import { seenFromOutside } from './outer-address.ts'
import { answerStun } from './stun-message.ts'

export const stunPace: Pace = {
  burst: serverLimits.stunBurst,
  perSecond: serverLimits.stunPerSecond,
  allBurst: serverLimits.stunAllBurst,
  allPerSecond: serverLimits.stunAllPerSecond,
  addresses: serverLimits.stunAddresses,
}

export interface StunPort {
  readonly port: number
  close(): Promise<void>
}

/**
 * Answers STUN on a UDP port of every given host. With port 0 the first socket's port is taken for all. `outer` is
 * asked for the relay's own outer IPv4 address, for those who share it.
 * @throws PortBusyError, or Error for a host that this machine does not have
 */
export async function openStun(
  hosts: readonly string[],
  port: number,
  now: () => number,
  outer: () => string | null = () => null,
): Promise<StunPort> {
  const pace = new AddressPace(stunPace)
  const sockets: Socket[] = []
  const close = async (): Promise<void> => {
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
  }
  let taken = port
  try {
    for (const host of hosts) {
      const socket = await bind(host, taken, sockets.length > 0)
      if (socket === null) continue
      sockets.push(socket)
      taken = socket.address().port
      socket.on('message', (packet, sender) => {
        // No answer goes where no service of the sender's own can be.
        if (sender.port === 0) return
        const reply = answerStun(packet, seenFromOutside(sender, outer()))
        if (reply !== null && pace.spend(sender.address, now())) send(socket, reply, sender)
      })
      // What a network says of a packet that it could not deliver is not our concern.
      socket.on('error', () => undefined)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { port: taken, close }
}

function send(socket: Socket, reply: Uint8Array, { address, port }: RemoteInfo): void {
  socket.send(reply, port, address, () => undefined)
}

/** Null when a second host is one that this machine lacks: without IPv6 there is no ::1. */
async function bind(host: string, port: number, isExtra: boolean): Promise<Socket | null> {
  const { address, family } = await lookup(host)
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: host === '::1' })
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      socket.close()
      if (error.code === 'EADDRINUSE') reject(new PortBusyError(port))
      else if (isExtra && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')) resolve(null)
      else reject(error)
    }
    socket.once('error', fail)
    socket.bind({ address, port }, () => {
      socket.off('error', fail)
      resolve(socket)
    })
  })
}
