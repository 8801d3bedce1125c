import type { WebrtcConn } from 'y-webrtc'
import type Peer from './peer.ts'
import type { PeerSignal } from './peer.ts'

/**
 * Milliseconds without a state that somebody of the clique signed, after which a connection is ended: one that does
 * not come about, or carries nothing, would take the room of others. Honest ones carry a state every eight seconds.
 */
export const silentMs = 30_000

/**
 * The library's table of connections. As each is entered, what comes over it is led past the library: it would put
 * messages of the document into Yjs, and states that nobody has signed on the screen.
 */
export class GuardedConnections extends Map<string, WebrtcConn> {
  readonly #onData: (data: Uint8Array, from: string) => void
  readonly #now: () => number
  readonly #provenAt = new Map<string, number>()

  constructor(onData: (data: Uint8Array, from: string) => void, now: () => number) {
    super()
    this.#onData = onData
    this.#now = now
  }

  override set(name: string, connection: WebrtcConn): this {
    const peer = peerOf(connection)
    const emit = peer.emit.bind(peer)
    peer.emit = (event, ...values) => {
      if (event !== 'data') return emit(event, ...values)
      const [data] = values
      if (data instanceof Uint8Array) this.#onData(data, name)
      return true
    }
    this.#provenAt.set(name, this.#now())
    return super.set(name, connection)
  }

  override delete(name: string): boolean {
    this.#provenAt.delete(name)
    return super.delete(name)
  }

  /** A device of the clique was heard over it. */
  prove(name: string): void {
    if (this.has(name)) this.#provenAt.set(name, this.#now())
  }

  /** Ends those over which nobody of the clique has been heard for a while. */
  endSilent(): void {
    const now = this.#now()
    for (const [name, provenAt] of this.#provenAt) if (now - provenAt > silentMs) this.get(name)?.destroy()
  }

  /**
   * Whether the library is to see a signal from that page. Offers alone begin a connection, as long as there is room,
   * and an offer from a page that is connected means that it began anew.
   */
  takes(signal: PeerSignal, from: string, most: number): boolean {
    const known = this.get(from)
    if (known === undefined) return signal.type === 'offer' && this.size < most
    if (signal.type === 'offer' && peerOf(known).isDescribed) known.destroy()
    return true
  }
}

function peerOf(connection: WebrtcConn): Peer {
  return connection.peer as Peer
}
