import * as buffer from 'lib0/buffer'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import Peer from '../peer.ts'
import type { PeerSignal } from '../peer.ts'

interface Heard {
  readonly type: string
  readonly from: string
  readonly to?: string
  readonly token?: number
  readonly signal?: PeerSignal
}

/**
 * A page that is in a room by its name and password, and speaks as the library does or as no library would: signaling
 * and connections are real, all that is said is up to the test.
 */
export class Outsider {
  /** What came over each connection, by the page that it leads to. */
  readonly connections = new Map<string, Peer>()
  readonly received: Uint8Array[] = []
  /** Of this page; further names that it goes by begin with it. */
  readonly name: string
  readonly #socket: WebSocket
  readonly #room: string
  readonly #key: CryptoKey
  #queue: Promise<void> = Promise.resolve()

  private constructor(socket: WebSocket, room: string, key: CryptoKey, name: string) {
    this.#socket = socket
    this.#room = room
    this.#key = key
    this.name = name
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      this.#queue = this.#queue.then(() => this.#hear(data))
    }
  }

  static async enters(address: string, room: string, password: string): Promise<Outsider> {
    const socket = new WebSocket(address)
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = () => reject(new Error('the relay refused the ticket'))
    })
    socket.send(JSON.stringify({ type: 'subscribe', topics: [room] }))
    return new Outsider(socket, room, await deriveKey(password, room), crypto.randomUUID())
  }

  /** Says that it is in the room; pages there begin a connection. */
  announce(from = this.name): Promise<void> {
    return this.says({ type: 'announce', from })
  }

  /** Anything, sealed under the room's password. */
  async says(message: object): Promise<void> {
    const data = buffer.toBase64(await seal(message, this.#key))
    this.publish(data)
  }

  /** Anything, as it is. */
  publish(data: unknown): void {
    this.#socket.send(JSON.stringify({ type: 'publish', topic: this.#room, data }))
  }

  /** Begins a connection to a page, under any name. */
  connect(to: string, from = this.name): Peer {
    return this.#open(to, from, true)
  }

  /** Over every connection. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    for (const peer of this.connections.values()) peer.send(bytes)
  }

  close(): void {
    this.#socket.close()
    for (const peer of this.connections.values()) peer.destroy()
  }

  async #hear(text: string): Promise<void> {
    const { type, data } = JSON.parse(text) as { type: string; data?: string }
    if (type !== 'publish' || typeof data !== 'string') return
    const message = await unseal(data, this.#key)
    if (typeof message?.from !== 'string' || this.#isOwn(message.from)) return
    if (message.to === undefined || !this.#isOwn(message.to) || message.signal === undefined) return
    const key = `${message.to} ${message.from}`
    if (message.signal.type === 'offer' && !this.connections.has(key))
      this.#open(message.from, message.to, false)
    this.connections.get(key)?.signal(message.signal)
  }

  #isOwn(name: string): boolean {
    return name.startsWith(this.name)
  }

  #open(to: string, from: string, initiator: boolean): Peer {
    const peer = new Peer({ initiator, config: { iceServers: [] } })
    const key = `${from} ${to}`
    this.connections.set(key, peer)
    peer.on('data', (bytes) => this.received.push(bytes))
    peer.on('close', () => {
      if (this.connections.get(key) === peer) this.connections.delete(key)
    })
    peer.on('signal', (signal) => void this.says({ type: 'signal', from, to, token: 1, signal }))
    return peer
  }
}

/** A message as y-webrtc puts it on a connection: 0 for the document, 1 for awareness states. */
export function message(type: number, write: (encoder: encoding.Encoder) => void): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, type)
  write(encoder)
  return new Uint8Array(encoding.toUint8Array(encoder))
}

/** A message of one awareness state. */
export function stateMessage(client: number, clock: number, value: unknown): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarUint(encoder, client)
  encoding.writeVarUint(encoder, clock)
  encoding.writeVarString(encoder, JSON.stringify(value))
  return message(1, (whole) => encoding.writeVarUint8Array(whole, encoding.toUint8Array(encoder)))
}

async function deriveKey(password: string, room: string): Promise<CryptoKey> {
  const text = new TextEncoder()
  const material = await crypto.subtle.importKey('raw', text.encode(password), 'PBKDF2', false, ['deriveKey'])
  const rule = { name: 'PBKDF2', salt: text.encode(room), iterations: 100_000, hash: 'SHA-256' }
  return crypto.subtle.deriveKey(rule, material, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
}

async function seal(value: object, key: CryptoKey): Promise<Uint8Array> {
  const plain = encoding.createEncoder()
  encoding.writeAny(plain, JSON.parse(JSON.stringify(value)) as Record<string, never>)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const bytes = new Uint8Array(encoding.toUint8Array(plain))
  const cipher = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes)
  const encoder = encoding.createEncoder()
  encoding.writeVarString(encoder, 'AES-GCM')
  encoding.writeVarUint8Array(encoder, iv)
  encoding.writeVarUint8Array(encoder, new Uint8Array(cipher))
  return encoding.toUint8Array(encoder)
}

/** Null for what is sealed under another password, or is nonsense, as tests publish it: the relay gives it back. */
async function unseal(text: string, key: CryptoKey): Promise<Heard | null> {
  try {
    const decoder = decoding.createDecoder(buffer.fromBase64(text))
    decoding.readVarString(decoder)
    const iv = decoding.readVarUint8Array(decoder).slice()
    const cipher = decoding.readVarUint8Array(decoder).slice()
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, cipher)
    return decoding.readAny(decoding.createDecoder(new Uint8Array(plain))) as Heard
  } catch {
    return null
  }
}
