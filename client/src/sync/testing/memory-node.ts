import { CliqueError } from '@clique/crypto'
import type { FrameChannel } from '../../network/frame-channel.ts'
import type { CliqueNode, ConnectionKind, IncomingHandler, PeerConnection } from '../../network/node.ts'
import type { RelayPlace } from '../../network/relay-address.ts'
import { channelPair } from '../../network/testing/channel-pair.ts'
import type { TestChannel } from '../../network/testing/channel-pair.ts'

export interface Dialled {
  readonly from: string
  readonly to: string
  readonly kind: ConnectionKind
}

/** Devices that can reach each other in memory, as far as a test lets them. */
export class MemoryNet {
  readonly nodes = new Map<string, MemoryNode>()
  readonly dialled: Dialled[] = []
  /** Connections that stand, one entry for each. */
  readonly connections = new Set<MemoryConnection>()
  /** Both ends of every stream that was ever opened, by protocol. */
  readonly streams: { readonly protocol: string; readonly ends: readonly TestChannel[] }[] = []
  lets: (dial: Dialled) => boolean | Promise<boolean> = () => true

  node(peer: string, isKnownPeer: (peer: string) => boolean): MemoryNode {
    const node = new MemoryNode(this, peer, isKnownPeer)
    this.nodes.set(peer, node)
    return node
  }

  /** Ends connections of a kind, as a network does. */
  cut(kind: ConnectionKind): void {
    for (const connection of [...this.connections]) if (connection.kind === kind) connection.cut()
  }
}

/** Turns of the event loop for a frame: through a relay takes longer. */
const turns: Readonly<Record<ConnectionKind, number>> = { circuit: 20, direct: 2 }

/** One connection between two devices. */
export class MemoryConnection {
  readonly kind: ConnectionKind
  readonly ends: readonly [End, End]
  readonly #net: MemoryNet
  readonly #channels = new Set<TestChannel>()

  constructor(net: MemoryNet, kind: ConnectionKind, near: MemoryNode, far: MemoryNode) {
    this.#net = net
    this.kind = kind
    this.ends = [new End(this, far.peer), new End(this, near.peer)]
    net.connections.add(this)
  }

  open(from: End, protocol: string): FrameChannel {
    const to = this.ends[from === this.ends[0] ? 1 : 0]
    const handler = this.#net.nodes.get(from.peer)?.handlers.get(protocol)
    if (from.gone.aborted || handler === undefined) throw new CliqueError('peer-unreachable')
    const [near, far] = channelPair(turns[this.kind])
    this.#channels.add(near)
    this.#net.streams.push({ protocol, ends: [near, far] })
    handler(far, to)
    return near
  }

  cut(): void {
    this.#net.connections.delete(this)
    for (const channel of this.#channels) channel.abort()
    for (const end of this.ends) end.end()
  }
}

class End implements PeerConnection {
  readonly id: string
  readonly peer: string
  readonly kind: ConnectionKind
  isAdmitted = false
  readonly #connection: MemoryConnection
  readonly #gone = new AbortController()
  static #count = 0

  constructor(connection: MemoryConnection, peer: string) {
    this.id = `connection ${++End.#count}`
    this.#connection = connection
    this.peer = peer
    this.kind = connection.kind
  }

  get gone(): AbortSignal {
    return this.#gone.signal
  }

  admit(): void {
    this.isAdmitted = true
  }

  async open(protocol: string): Promise<FrameChannel> {
    await Promise.resolve()
    return this.#connection.open(this, protocol)
  }

  close(): void {
    this.#connection.cut()
  }

  end(): void {
    this.#gone.abort()
  }
}

class MemoryNode implements CliqueNode {
  readonly peer: string
  readonly handlers = new Map<string, IncomingHandler>()
  readonly #net: MemoryNet
  readonly #isKnownPeer: (peer: string) => boolean

  constructor(net: MemoryNet, peer: string, isKnownPeer: (peer: string) => boolean) {
    this.#net = net
    this.peer = peer
    this.#isKnownPeer = isKnownPeer
  }

  openRelay(): Promise<FrameChannel> {
    return Promise.reject(new CliqueError('relay-unreachable'))
  }

  reserve(): Promise<void> {
    return Promise.resolve()
  }

  dial(_relay: RelayPlace, peer: string): Promise<PeerConnection> {
    return this.#connect(peer, 'circuit')
  }

  /** Signaled over a circuit at whose other end this device is admitted, as in the real node. */
  async dialDirect(_relay: RelayPlace, peer: string): Promise<PeerConnection> {
    const circuits = [...this.#net.connections].filter(({ kind }) => kind === 'circuit')
    const theirs = circuits.flatMap(({ ends }) => {
      const peers = ends.map((end) => end.peer)
      return peers.includes(this.peer) && peers.includes(peer) ? ends : []
    })
    if (!theirs.some((end) => end.peer === this.peer && end.isAdmitted)) {
      throw new CliqueError('peer-unreachable')
    }
    return this.#connect(peer, 'direct')
  }

  serve(protocol: string, handler: IncomingHandler): Promise<void> {
    this.handlers.set(protocol, handler)
    return Promise.resolve()
  }

  hangUp(): Promise<void> {
    return Promise.resolve()
  }

  endStrangers(): void {
    for (const connection of [...this.#net.connections]) {
      const peers = connection.ends.map(({ peer }) => peer)
      const isOwn = peers.includes(this.peer)
      if (isOwn && peers.some((peer) => peer !== this.peer && !this.#isKnownPeer(peer))) connection.cut()
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #connect(peer: string, kind: ConnectionKind): Promise<PeerConnection> {
    const dial = { from: this.peer, to: peer, kind }
    this.#net.dialled.push(dial)
    const far = this.#net.nodes.get(peer)
    if (far === undefined || !(await this.#net.lets(dial))) throw new CliqueError('peer-unreachable')
    return new MemoryConnection(this.#net, kind, this, far).ends[0]
  }
}
