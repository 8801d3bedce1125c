import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { serverLimits } from '../server-limits.ts'
import type { TenantId } from '../storage/storage.ts'
import { SignalServer } from './signal-server.ts'

let server: Server
let signal: SignalServer
let now = 0
let tickets: Map<string, TenantId>

beforeEach(async () => {
  now = 0
  tickets = new Map(['a', 'b', 'c'].map((ticket) => [ticket, 'clique' as TenantId]))
  tickets.set('other', 'other clique' as TenantId)
  const use = (ticket: string): TenantId | null => {
    const tenant = tickets.get(ticket) ?? null
    tickets.delete(ticket)
    return tenant
  }
  signal = new SignalServer(use, () => now)
  server = createServer()
  server.on('upgrade', (request, socket, head) => signal.upgrade(request, socket, head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  signal.close()
  await new Promise((resolve) => server.close(resolve))
})

class Page {
  readonly heard: string[] = []
  readonly socket: WebSocket
  readonly closed: Promise<number>
  #onMessage: (() => void) | null = null

  constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('message', (data) => {
      this.heard.push(String(data))
      this.#onMessage?.()
    })
  }

  static async open(ticket: string): Promise<Page> {
    const { port } = server.address() as AddressInfo
    const page = new Page(new WebSocket(`ws://127.0.0.1:${port}/signal?ticket=${ticket}`))
    await new Promise((resolve, reject) => {
      page.socket.on('open', resolve)
      page.socket.on('error', reject)
    })
    return page
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Returns when the server has read all that was sent before. */
  async settle(pings = 1): Promise<void> {
    const wanted = this.#pongs() + pings
    for (let i = 0; i < pings; i++) this.send({ type: 'ping' })
    while (this.#pongs() < wanted) await new Promise<void>((resolve) => (this.#onMessage = resolve))
  }

  /** The code with which it was closed over what was sent; null where the server answers so many pings instead. */
  end(pings = 1): Promise<number | null> {
    return Promise.race([this.closed, this.settle(pings).then(() => null)])
  }

  #pongs(): number {
    return this.heard.filter((text) => text.includes('pong')).length
  }
}

describe('signaling', () => {
  it('[SG1] carries what is published to everybody in the room, of that clique alone', async () => {
    const [a, b, other] = [await Page.open('a'), await Page.open('b'), await Page.open('other')]
    for (const page of [a, b, other]) page.send({ type: 'subscribe', topics: ['room'] })
    for (const page of [a, b, other]) await page.settle()
    a.send({ type: 'publish', topic: 'room', data: 'sealed' })
    for (const page of [a, b, other]) await page.settle()
    const published = JSON.stringify({ type: 'publish', topic: 'room', data: 'sealed', clients: 2 })
    expect(a.heard).toContain(published)
    expect(b.heard).toContain(published)
    expect(other.heard).not.toContain(published)
    b.send({ type: 'unsubscribe', topics: ['room'] })
    await b.settle()
    const before = b.heard.length
    a.send({ type: 'publish', topic: 'room', data: 'more' })
    await a.settle()
    await b.settle()
    expect(b.heard).toHaveLength(before + 1)
  })

  it('[SG2] takes a ticket once, and none but a good one', async () => {
    await Page.open('a')
    await expect(Page.open('a')).rejects.toThrow('403')
    await expect(Page.open('guess')).rejects.toThrow('403')
    await expect(Page.open('')).rejects.toThrow('403')
  })

  it.each([
    ['text that is no JSON', 'hello'],
    ['an unknown type', { type: 'shout' }],
    ['a field too many', { type: 'ping', more: 1 }],
    ['topics that are no texts', { type: 'subscribe', topics: [1] }],
    [
      'a topic that is too long',
      { type: 'subscribe', topics: ['x'.repeat(serverLimits.signalTopicLength + 1)] },
    ],
    ['a message to a room it is not in', { type: 'publish', topic: 'elsewhere' }],
  ])('[SG3] %s closes the connection', async (_what, message) => {
    const page = await Page.open('a')
    page.send(message)
    expect(await page.end()).toBe(1002)
  })

  it('[SG3] binary data and oversize messages close the connection', async () => {
    const a = await Page.open('a')
    a.socket.send(new Uint8Array(3))
    expect(await a.end()).toBe(1002)
    const b = await Page.open('b')
    b.send('x'.repeat(serverLimits.signalMessage + 1))
    expect(await b.end()).toBe(1009)
  })

  it('[SG4] rooms and messages of one page are limited', async () => {
    const a = await Page.open('a')
    const topics = (from: number) =>
      Array.from({ length: serverLimits.signalTopics }, (_, i) => `t${from + i}`)
    a.send({ type: 'subscribe', topics: topics(0) })
    a.send({ type: 'subscribe', topics: topics(serverLimits.signalTopics) })
    expect(await a.end()).toBe(1008)
    const b = await Page.open('b')
    expect(await b.end(serverLimits.signalBurst + 1)).toBe(1008)
    const c = await Page.open('c')
    await c.settle(serverLimits.signalBurst)
    now += 1000
    await c.settle()
  })
})
