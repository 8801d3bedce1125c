import { webSockets } from '@libp2p/websockets'
import type { Listener, Transport } from '@libp2p/interface'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { serverLimits } from '../server-limits.ts'

/**
 * What libp2p's WebSocket listener can do beyond its interface. The package's version is pinned, a test holds it to
 * this, and a listener without these is refused at the start.
 */
interface UpgradingListener extends Listener {
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  onWsServerConnection(socket: AcceptedSocket, request: IncomingMessage): void
  readonly wsServer: { readonly options: { maxPayload: number } }
}

interface AcceptedSocket {
  on(event: 'error', listener: () => void): void
  close(code?: number, reason?: string): void
  terminate(): void
}

/** "Abnormal": a code that no endpoint may send (RFC 6455 7.4.1). */
const abnormal = 1006

export interface WebSocketDoor {
  readonly transport: (components: Parameters<ReturnType<typeof webSockets>>[0]) => Transport
  /** Hands a WebSocket upgrade that came over the public port to libp2p, with the client's own address. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/**
 * libp2p's transport, with a door to the listener that it makes. The listener itself sits on loopback, where nobody
 * need connect to it; the public port belongs to the relay's own server.
 */
export function openWebSocketDoor(): WebSocketDoor {
  const makeTransport = webSockets()
  let found: UpgradingListener | null = null
  return {
    transport: (components) => {
      const transport = makeTransport(components)
      const createListener = transport.createListener.bind(transport)
      transport.createListener = (options) => {
        const listener = createListener(options)
        found = prepareListener(listener)
        return listener
      }
      return transport
    },
    upgrade: (request, socket, head) => {
      if (found === null) throw new Error('libp2p does not listen yet')
      found.onUpgrade(request, socket, head)
    },
  }
}

function prepareListener(listener: Listener): UpgradingListener {
  if (!canUpgrade(listener)) throw new Error('this version of @libp2p/websockets takes no upgrades')
  // The library's own is 100 MiB, gathered in memory before anybody looks at it.
  listener.wsServer.options.maxPayload = serverLimits.webSocketMessage
  const accept = listener.onWsServerConnection.bind(listener)
  listener.onWsServerConnection = (socket, request) => {
    // Broken frames are an 'error' event, which nobody in the library hears: it would end the process. The close
    // that follows is heard.
    socket.on('error', () => undefined)
    const close = socket.close.bind(socket)
    // The library aborts a connection by closing with a code that `ws` refuses, and the socket would stay for ever.
    socket.close = (code, reason) => (code === abnormal ? socket.terminate() : close(code, reason))
    accept(socket, request)
  }
  return listener
}

function canUpgrade(listener: Listener): listener is UpgradingListener {
  const { onUpgrade, onWsServerConnection, wsServer } = listener as Partial<UpgradingListener>
  return (
    typeof onUpgrade === 'function' &&
    typeof onWsServerConnection === 'function' &&
    typeof wsServer?.options.maxPayload === 'number'
  )
}
