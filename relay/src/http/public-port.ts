import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { serverLimits } from '../server-limits.ts'

export interface PortHandlers {
  request(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** False for a path that takes no WebSockets. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
}

export interface PublicPort {
  readonly port: number
  close(): Promise<void>
}

/** The port is somebody else's. */
export class PortBusyError extends Error {
  constructor(port: number) {
    super(`port ${port} is busy`)
  }
}

/**
 * One port on every given host, by one server each. With port 0 the first server's port is taken for all.
 * @throws PortBusyError, or Error for a host that this machine does not have
 */
export async function openPort(
  hosts: readonly string[],
  port: number,
  handlers: PortHandlers,
): Promise<PublicPort> {
  const sockets = new Set<Duplex>()
  const servers: Server[] = []
  let taken = port
  try {
    for (const host of hosts) {
      const server = makeServer(handlers, sockets)
      const isExtra = servers.length > 0
      if (!(await listen(server, host, taken, isExtra))) continue
      taken = (server.address() as AddressInfo).port
      servers.push(server)
    }
  } catch (error) {
    await closeAll(servers, sockets)
    throw error
  }
  return { port: taken, close: () => closeAll(servers, sockets) }
}

function makeServer(handlers: PortHandlers, sockets: Set<Duplex>): Server {
  const server = createServer({
    maxHeaderSize: serverLimits.headSize,
    headersTimeout: serverLimits.headWait,
    requestTimeout: serverLimits.requestWait,
    keepAliveTimeout: serverLimits.keepAliveWait,
    connectionsCheckingInterval: serverLimits.headWait / 2,
  })
  server.maxConnections = serverLimits.sockets
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    // A reset by the other side is an event like any other.
    socket.on('error', () => socket.destroy())
  })
  server.on('request', (request, response) => void handlers.request(request, response))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    socket.destroy()
  })
  server.on('upgrade', (request, socket, head) => {
    if (handlers.upgrade(request, socket, head)) return
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  return server
}

/** False when a second host is one that this machine lacks: without IPv6 there is no ::1. */
function listen(server: Server, host: string, port: number, isExtra: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new PortBusyError(port))
      else if (isExtra && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')) resolve(false)
      else reject(error)
    })
    server.listen({ host, port, ipv6Only: host === '::1' }, () => resolve(true))
  })
}

/**
 * A socket that is destroyed with something unread takes with it what the other side has not read yet, so each gets a
 * moment to end by itself.
 */
async function closeAll(servers: readonly Server[], sockets: ReadonlySet<Duplex>): Promise<void> {
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
  for (const server of servers) server.closeIdleConnections()
  const open = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
  await Promise.race([
    Promise.all(open),
    new Promise((resolve) => setTimeout(resolve, serverLimits.socketEndWait)),
  ])
  for (const socket of sockets) socket.destroy()
  await Promise.all(closed)
}
