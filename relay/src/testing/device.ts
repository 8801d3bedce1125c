import { noise } from '@chainsafe/libp2p-noise'
import { fromBase64url } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import {
  bytesToDown,
  FrameCutter,
  openReceipt,
  peerIdToKey,
  readAbout,
  relayProtocol,
  relayVersion,
  toFrame,
  upToBytes,
} from '../../protocol/index.ts'
import type { Down, MailboxKind, Receipt, SessionFacts, Up } from '../../protocol/index.ts'
import type { TestKey } from '../../protocol/testing/relay-key.ts'
import { originToMultiaddr } from '../network/announce.ts'
import { openMessage } from './tenant-keys.ts'
import type { TenantKeys } from './tenant-keys.ts'

type WithoutRequest<Message> = Message extends Up ? Omit<Message, 'request'> : never

/** A device's libp2p node, and what it says to a relay over a real stream. */
export class Device {
  readonly node: Libp2p
  readonly address: string
  readonly relayKey: Uint8Array
  readonly pushes: Down[] = []
  facts: SessionFacts
  stream: Stream
  /** Settles when the stream is over. */
  readonly ended: Promise<void>
  readonly #waiting = new Map<number, (answer: Down) => void>()
  #onPush: (() => void) | null = null
  #lastRequest = 0

  private constructor(node: Libp2p, address: string, relayKey: Uint8Array, stream: Stream) {
    this.node = node
    this.address = address
    this.relayKey = relayKey
    this.stream = stream
    const peer = node.peerId.toString()
    this.facts = { relay: relayKey, peer, nonce: new Uint8Array(32), time: 0 }
    const cutter = new FrameCutter()
    stream.addEventListener('message', ({ data }) => {
      cutter.push(data.subarray())
      for (let frame = cutter.next(); frame !== null; frame = cutter.next()) this.#receive(bytesToDown(frame))
    })
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#onPush?.()
        resolve()
      }
      stream.addEventListener('remoteCloseWrite', end)
      stream.addEventListener('close', end)
    })
  }

  /** A node of its own, connected, with a stream on which nothing has been said. */
  static async connect(url: string, withNode?: Libp2p): Promise<Device> {
    const about = readAbout(await (await fetch(`${url}/clique/about`)).json())
    const address = `${originToMultiaddr(new URL(url))}/p2p/${about.relay}`
    const node = withNode ?? (await makeNode())
    const connection = await node.dial(multiaddr(address))
    const stream = await connection.newStream(relayProtocol)
    return new Device(node, address, peerIdToKey(about.relay), stream)
  }

  /** Connected, with a nonce. */
  static async hello(url: string, withNode?: Libp2p): Promise<Device> {
    const device = await Device.connect(url, withNode)
    const { nonce, time } = await device.ask({ kind: 'hello', version: relayVersion }, 'welcome')
    device.facts = { ...device.facts, nonce, time }
    return device
  }

  /** The first device of a clique that claims the relay, attested. */
  static async claim(
    url: string,
    claimLink: string | null,
    keys: TenantKeys,
    withNode?: Libp2p,
  ): Promise<Device> {
    const device = await Device.hello(url, withNode)
    const token = fromBase64url(claimLink?.split('#claim=')[1] ?? '')
    await device.ask(keys.register(device.relayKey, token), 'registered')
    await device.ask(keys.prove(device.facts), 'attested')
    return device
  }

  get peer(): string {
    return this.node.peerId.toString()
  }

  async ask<Kind extends Down['kind']>(body: WithoutRequest<Up>, kind: Kind): Promise<Down<Kind>> {
    const answer = await this.request(body)
    if (answer.kind !== kind) throw new Error(`not ${kind} but ${JSON.stringify(answer)}`)
    return answer as Down<Kind>
  }

  async outcome(body: WithoutRequest<Up>): Promise<string> {
    const answer = await this.request(body)
    return answer.kind === 'refused' ? answer.code : answer.kind
  }

  open(key: TestKey, role: MailboxKind): Promise<string> {
    return this.outcome(openMessage(this.facts, key, role))
  }

  /** The receipt, verified. */
  async append(mailbox: MailboxId, items: readonly Uint8Array[]): Promise<Receipt> {
    const keepUntil = Date.now() + 1e9
    const { receipt } = await this.ask({ kind: 'append', mailbox, keepUntil, items }, 'stored')
    return openReceipt(receipt, { relay: this.relayKey, mailbox, items })
  }

  /** Rejects when the stream ends before the answer. */
  request(body: WithoutRequest<Up>): Promise<Down> {
    const request = ++this.#lastRequest
    const answer = new Promise<Down>((resolve) => this.#waiting.set(request, resolve))
    this.send(toFrame(upToBytes({ ...body, request } as Up)))
    const ended = this.ended.then(() => {
      throw new Error('the stream ended')
    })
    return Promise.race([answer, ended])
  }

  /** Bytes as they are. */
  send(bytes: Uint8Array): void {
    this.stream.send(bytes)
  }

  /** The next push of that kind, or the one that came already; throws when the stream ends before. */
  async push<Kind extends Down['kind']>(kind: Kind): Promise<Down<Kind>> {
    for (;;) {
      const found = this.pushes.find((push) => push.kind === kind)
      if (found !== undefined) return found as Down<Kind>
      if (this.stream.status !== 'open') throw new Error(`the stream ended without ${kind}`)
      await new Promise<void>((resolve) => (this.#onPush = resolve))
    }
  }

  async close(): Promise<void> {
    await this.node.stop()
  }

  #receive(message: Down): void {
    if (!('request' in message)) {
      this.pushes.push(message)
      this.#onPush?.()
      return
    }
    this.#waiting.get(message.request)?.(message)
    this.#waiting.delete(message.request)
  }
}

/** Milliseconds to connect: a thousand of them in one process are slow at it. */
const dialMs = 30_000

/** As a browser's: it listens nowhere but through relays. */
export async function makeNode(): Promise<Libp2p> {
  return createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    addresses: { listen: [] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { reconnectRetries: 0, dialTimeout: dialMs, addressDialTimeout: dialMs },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping() },
  })
}

interface Listening {
  listen(addresses: unknown[]): Promise<void>
}

/** A place at the relay of this address, through which others reach this node. */
export async function reserve(node: Libp2p, relay: string): Promise<void> {
  const { transportManager } = (node as unknown as { components: { transportManager: Listening } }).components
  await transportManager.listen([multiaddr(`${relay}/p2p-circuit`)])
}
