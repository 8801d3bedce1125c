import type { WebrtcConn } from 'y-webrtc'

/** Milliseconds for a connection to come about; without an end, dead ones would take the room of others. */
const connectMs = 20_000

/** The part of simple-peer that is used here. */
interface Peer {
  emit(event: string, ...values: unknown[]): boolean
  signal(signal: unknown): void
  destroy(): void
}

/**
 * The library's table of connections. As each is entered, what comes over it is led past the library: it would put
 * messages of the document into Yjs, and states that nobody has signed on the screen.
 */
export class GuardedConnections extends Map<string, WebrtcConn> {
  readonly #onData: (data: Uint8Array, from: string) => void

  constructor(onData: (data: Uint8Array, from: string) => void) {
    super()
    this.#onData = onData
  }

  override set(name: string, connection: WebrtcConn): this {
    const peer = connection.peer as Peer
    const emit = peer.emit.bind(peer)
    peer.emit = (event, ...values) => {
      if (event !== 'data') return emit(event, ...values)
      const [data] = values
      if (data instanceof Uint8Array) this.#onData(data, name)
      return true
    }
    const signal = peer.signal.bind(peer)
    peer.signal = (message) => {
      try {
        signal(message)
      } catch {
        // Destroyed meanwhile, or nothing that WebRTC could use: this connection will not come about.
        peer.destroy()
      }
    }
    setTimeout(() => {
      if (!connection.connected) peer.destroy()
    }, connectMs)
    return super.set(name, connection)
  }
}
