import * as buffer from 'lib0/buffer'
import * as decoding from 'lib0/decoding'
import { SignalingConn } from 'y-webrtc'
import type { Room } from 'y-webrtc'
import { GuardedConnections } from './guarded-connections.ts'
import { readSignal } from './signal-message.ts'

/** Characters of a message to or from the relay; its own limit is the same. */
const maxSignal = 64 * 1024
/** Messages that wait to be opened; what comes then is dropped, and asked for again by another announcement. */
const maxQueued = 256
/** Milliseconds for the relay to take a connection; a browser by itself waits for minutes. */
const openMs = 20_000

/**
 * The library's signaling over one connection, for one room. Its address holds a ticket that counts once, so it does
 * not connect again: `ended` settles, and another one is made. What comes is opened and looked at before the library
 * sees it, because it throws where nobody can catch.
 */
export class TicketSignaling extends SignalingConn {
  readonly ended: Promise<void>
  /** It was connected at some time. */
  wasOpen = false
  readonly #room: Room
  #queued = 0
  #queue: Promise<void> = Promise.resolve()

  constructor(url: string, room: Room) {
    super(url)
    this.#room = room
    // Read when the connection has ended.
    this.shouldConnect = false
    const socket = this.ws as WebSocket
    const patience = setTimeout(() => socket.close(), openMs)
    this.ended = new Promise((resolve) =>
      socket.addEventListener('close', () => {
        clearTimeout(patience)
        resolve()
      }),
    )
    socket.addEventListener('open', () => {
      clearTimeout(patience)
      this.wasOpen = true
    })
    const read = socket.onmessage
    socket.onmessage = (event: MessageEvent<unknown>) => {
      const message = readRelayed(event.data)
      if (message === 'pong') read?.call(socket, event)
      else if (message !== null && message.topic === this.#room.name) this.#open(message.data)
    }
  }

  /** The library sends for all rooms of the page: to this relay goes what is of this one, and nothing unsealed. */
  override send(message: { type: string; topics?: string[]; topic?: string; data?: unknown }): void {
    if (this.ws?.readyState !== WebSocket.OPEN) return
    const { name } = this.#room
    if (message.type === 'publish' && (message.topic !== name || typeof message.data !== 'string')) return
    if (message.topics !== undefined && !message.topics.includes(name)) return
    super.send(message.topics === undefined ? message : { ...message, topics: [name] })
  }

  /** Says again that this page is in the room; who has no connection to it begins one. */
  announce(): void {
    if (this.connected) this.emit('connect', [{ type: 'connect' }, this])
  }

  #open(sealed: string): void {
    if (this.#queued >= maxQueued) return
    this.#queued++
    this.#queue = this.#queue
      .then(() => this.#read(sealed))
      // Sealed by somebody without the password, or nothing that the library could use.
      .catch(() => undefined)
      .finally(() => this.#queued--)
  }

  async #read(sealed: string): Promise<void> {
    const room = this.#room
    const { key, webrtcConns, provider } = room
    const message = readSignal(await unseal(sealed, key))
    if (message === null || (message.type === 'signal' && message.to !== room.peerId)) return
    // Before the guard is there, the room is closed.
    if (!(webrtcConns instanceof GuardedConnections)) return
    const takes =
      message.type === 'announce' || webrtcConns.takes(message.signal, message.from, provider.maxConns)
    if (!takes) return
    // Without a key at hand the library takes the message as it is, at once, and its errors come back here.
    const withoutKey: { key: CryptoKey | null } = room
    withoutKey.key = null
    try {
      this.emit('message', [{ type: 'publish', topic: room.name, data: message }, this])
    } finally {
      room.key = key
    }
  }
}

/** What the relay passed on, or its own sign of life; null for anything else. */
export function readRelayed(text: unknown): { topic: string; data: string } | 'pong' | null {
  if (typeof text !== 'string' || text.length > maxSignal) return null
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('type' in value)) return null
    if (value.type === 'pong') return 'pong'
    if (value.type !== 'publish' || !('topic' in value) || !('data' in value)) return null
    const { topic, data } = value
    return typeof topic === 'string' && typeof data === 'string' ? { topic, data } : null
  } catch {
    return null
  }
}

/** As the library seals: the name of the cipher, nonce, ciphertext. */
async function unseal(sealed: string, key: CryptoKey): Promise<unknown> {
  const decoder = decoding.createDecoder(buffer.fromBase64(sealed))
  if (decoding.readVarString(decoder) !== 'AES-GCM') return null
  const iv = decoding.readVarUint8Array(decoder).slice()
  const cipher = decoding.readVarUint8Array(decoder).slice()
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, cipher)
  return decoding.readAny(decoding.createDecoder(new Uint8Array(plain)))
}
