import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import * as v from 'valibot'
import { WebSocketServer } from 'ws'
import type { RawData, WebSocket } from 'ws'
import { serverLimits } from '../server-limits.ts'
import type { TenantId } from '../storage/storage.ts'

/** Close codes (RFC 6455 7.4.1) for a page that breaks the protocol, or asks for too much. */
const protocolError = 1002
const tooMuch = 1008

const topic = v.pipe(v.string(), v.minLength(1), v.maxLength(serverLimits.signalTopicLength))
const topics = v.pipe(v.array(topic), v.maxLength(serverLimits.signalTopics))
const messageSchema = v.variant('type', [
  v.strictObject({ type: v.literal('subscribe'), topics }),
  v.strictObject({ type: v.literal('unsubscribe'), topics }),
  // What a page publishes is its own business, and sealed under the room's password.
  v.looseObject({ type: v.literal('publish'), topic }),
  v.strictObject({ type: v.literal('ping') }),
])

interface Page {
  readonly socket: WebSocket
  readonly tenant: TenantId
  readonly topics: Set<string>
  allowance: number
  countedAt: number
  isAlive: boolean
}

/**
 * The signaling protocol of y-webrtc: subscribe, unsubscribe, publish, ping, in JSON. A ticket says which tenant a
 * page belongs to, and topics of one tenant are not those of another, whatever their names.
 */
export class SignalServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: serverLimits.signalMessage,
    clientTracking: false,
  })
  readonly #useTicket: (ticket: string) => TenantId | null
  readonly #now: () => number
  readonly #pages = new Set<Page>()
  readonly #subscribers = new Map<string, Set<Page>>()
  readonly #pings: NodeJS.Timeout

  constructor(useTicket: (ticket: string) => TenantId | null, now: () => number) {
    this.#useTicket = useTicket
    this.#now = now
    this.#pings = setInterval(() => this.#ping(), serverLimits.signalPingEvery)
  }

  /** Takes the connection when its ticket is good, else refuses it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = new URL(request.url ?? '/', 'http://relay').searchParams.get('ticket')
    const tenant = ticket === null ? null : this.#useTicket(ticket)
    if (tenant === null) return refuse(socket, '403 Forbidden', 'relay-ticket-unknown\n')
    if (this.#pages.size >= serverLimits.signalConnections) {
      return refuse(socket, '503 Service Unavailable', 'relay-too-many\n')
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted, tenant))
  }

  /** A capability has ended: pages that came by it end, and those of members come again by new tickets. */
  drop(tenant: TenantId): void {
    for (const page of this.#pages) if (page.tenant === tenant) page.socket.terminate()
  }

  close(): void {
    clearInterval(this.#pings)
    for (const { socket } of this.#pages) socket.terminate()
    this.#server.close()
  }

  #accept(socket: WebSocket, tenant: TenantId): void {
    const page: Page = {
      socket,
      tenant,
      topics: new Set(),
      allowance: serverLimits.signalBurst,
      countedAt: this.#now(),
      isAlive: true,
    }
    this.#pages.add(page)
    socket.on('message', (data, isBinary) => this.#receive(page, data, isBinary))
    socket.on('pong', () => (page.isAlive = true))
    // Broken frames and resets: the close that follows is what counts.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#pages.delete(page)
      for (const name of page.topics) this.#leave(page, name)
    })
  }

  #receive(page: Page, data: RawData, isBinary: boolean): void {
    if (!this.#spend(page)) return page.socket.close(tooMuch, 'relay-too-fast')
    const message = isBinary ? null : readMessage(data)
    if (message === null) return page.socket.close(protocolError, 'relay-message')
    switch (message.type) {
      case 'subscribe':
        for (const name of message.topics) {
          if (page.topics.size >= serverLimits.signalTopics)
            return page.socket.close(tooMuch, 'relay-too-many')
          this.#join(page, roomName(page, name))
        }
        return
      case 'unsubscribe':
        for (const name of message.topics) this.#leave(page, roomName(page, name))
        return
      case 'publish': {
        const room = roomName(page, message.topic)
        // Only who is in a room speaks in it.
        if (!page.topics.has(room)) return page.socket.close(protocolError, 'relay-message')
        const readers = this.#subscribers.get(room) ?? new Set()
        const text = JSON.stringify({ ...message, clients: readers.size })
        for (const reader of readers) this.#send(reader, text)
        return
      }
      case 'ping':
        return this.#send(page, '{"type":"pong"}')
    }
  }

  #spend(page: Page): boolean {
    const now = this.#now()
    const refilled = page.allowance + ((now - page.countedAt) / 1000) * serverLimits.signalPerSecond
    page.allowance = Math.min(serverLimits.signalBurst, refilled) - 1
    page.countedAt = now
    return page.allowance >= 0
  }

  #send({ socket }: Page, text: string): void {
    if (socket.bufferedAmount > serverLimits.signalOutgoing) socket.terminate()
    else if (socket.readyState === socket.OPEN) socket.send(text)
  }

  #join(page: Page, room: string): void {
    const readers = this.#subscribers.get(room) ?? new Set()
    readers.add(page)
    this.#subscribers.set(room, readers)
    page.topics.add(room)
  }

  #leave(page: Page, room: string): void {
    page.topics.delete(room)
    const readers = this.#subscribers.get(room)
    if (readers?.delete(page) === true && readers.size === 0) this.#subscribers.delete(room)
  }

  /** A page that did not answer the last ping is gone. */
  #ping(): void {
    for (const page of this.#pages) {
      if (!page.isAlive) page.socket.terminate()
      page.isAlive = false
      page.socket.ping()
    }
  }
}

function roomName(page: Page, name: string): string {
  return `${page.tenant}/${name}`
}

function readMessage(data: RawData): v.InferOutput<typeof messageSchema> | null {
  try {
    const parsed = v.safeParse(messageSchema, JSON.parse(data.toString()))
    return parsed.success ? parsed.output : null
  } catch {
    return null
  }
}

function refuse(socket: Duplex, status: string, text: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
}
