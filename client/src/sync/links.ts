import { CliqueError } from '@clique/crypto'
import type { DeviceId, Random } from '@clique/crypto'
import { authProtocol, maxAuthFrame } from '../network/auth-messages.ts'
import type { AuthRole, AuthSide } from '../network/auth.ts'
import type { ChannelLimits, FrameChannel } from '../network/frame-channel.ts'
import { runAuth } from '../network/link.ts'
import type { CliqueNode, ConnectionKind, PeerConnection } from '../network/node.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { windowChannel, windowOverhead } from '../network/window-channel.ts'
import { Dials } from './dials.ts'
import { chooseLink } from './link-choice.ts'
import { PeerLink } from './peer-link.ts'
import type { Checkpoints, CliqueReplica } from './ports.ts'
import { maxSyncFrame, syncProtocol } from './sync-messages.ts'

/** Conversations of `/clique/auth/1` that strangers may keep open here. */
const maxPendingAuths = 32
/** Direct links of one device; a browser has room for some hundred connections. The others go through the relay. */
const maxDirectLinks = 64
/** Milliseconds for the other side to take up a stream that it has accepted. */
const readyMs = 10_000

/** A stranger's stream: the four messages of one side in memory at most, and a slow answer's time to take them. */
const authLimits: ChannelLimits = { maxFrame: maxAuthFrame, maxHeld: 4 * maxAuthFrame, drainMs: 10_000 }
/** A member's stream: two of the largest messages in memory, and the time that one of them takes on a slow circuit. */
const syncLimits: ChannelLimits = {
  maxFrame: maxSyncFrame + windowOverhead,
  maxHeld: 2 * maxSyncFrame,
  drainMs: 20_000,
}

/** A device that this one is linked with, and how. */
export interface LinkedDevice {
  readonly device: DeviceId
  readonly kind: ConnectionKind
}

export interface MemberProtocol {
  readonly protocol: string
  readonly limits: ChannelLimits
  /** Never rejects. */
  serve(channel: FrameChannel, device: DeviceId): Promise<void>
}

export interface LinksHost {
  readonly node: CliqueNode
  readonly replica: CliqueReplica
  readonly checkpoints: Checkpoints
  /** The relay through which others are reached now, or null. */
  relay(): RelayPlace | null
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
  /** A further protocol, served to whoever has proven to be of the clique. */
  readonly more: MemberProtocol
  /** The set of linked devices changed, or the way to one of them. */
  onLinks(): void
}

interface Link {
  readonly sync: PeerLink
  readonly connection: PeerConnection
  readonly dialer: string
}

/**
 * Keeps a link with every device of the roster that can be reached. The lower PeerId dials, again and again; the
 * other side dials once when it arrives, so that nobody waits for the next try.
 *
 * A link begins through the relay, where it is had at once. Then the lower PeerId looks for a direct way, and when
 * one is found and the other side has proven itself over it, too, the link moves there: it lives on without the
 * relay. `link-choice.ts` says which of two links counts.
 */
export class Links {
  readonly #host: LinksHost
  readonly #links = new Map<DeviceId, Link>()
  readonly #authenticated = new Map<string, Promise<DeviceId | null>>()
  /** Connections whose other side has proven itself: somebody may have more of them than the one that a link is on. */
  readonly #proven = new Map<PeerConnection, DeviceId>()
  /** How many are about to give a device's link a follower; meanwhile its end is no loss. */
  readonly #held = new Map<DeviceId, number>()
  readonly #dials: Dials
  readonly #stopListening: () => void
  #pending = 0
  #isOver = false

  private constructor(host: LinksHost) {
    this.#host = host
    this.#dials = new Dials({
      canDial: () => host.relay() !== null,
      isWanted: (device, kind) => this.#isWanted(device, kind),
      dial: (device, kind) => this.#dial(device, kind),
      random: host.random,
      later: host.later,
    })
    this.#stopListening = host.replica.onChange((change) => {
      if (change.kind === 'roster') this.#review()
    })
  }

  static async start(host: LinksHost): Promise<Links> {
    const links = new Links(host)
    await host.node.serve(authProtocol, (channel, peer) => void links.#admit(channel, peer), authLimits)
    await host.node.serve(syncProtocol, (channel, peer) => void links.#serve(channel, peer), syncLimits)
    const { protocol, limits } = host.more
    await host.node.serve(protocol, (channel, peer) => void links.#serveMore(channel, peer), limits)
    return links
  }

  get linked(): LinkedDevice[] {
    return [...this.#links].map(([device, { connection }]) => ({ device, kind: connection.kind }))
  }

  /** A stream of the further protocol to a linked device. @throws CliqueError `peer-unreachable` */
  async openMore(device: DeviceId): Promise<FrameChannel> {
    const link = this.#links.get(device)
    if (link === undefined) throw new CliqueError('peer-unreachable')
    return link.connection.open(this.#host.more.protocol, this.#host.more.limits)
  }

  /** A relay is there (again), or the device woke: everybody is tried at once. */
  arrive(): void {
    this.#dials.startOver()
    for (const { device, isIn } of this.#host.replica.facts().devices.values()) {
      if (!isIn || device === this.#host.replica.device) continue
      this.#dials.add(device, this.#links.has(device) ? 'direct' : 'circuit')
    }
  }

  close(): void {
    this.#isOver = true
    this.#stopListening()
    this.#dials.close()
    for (const { sync, connection } of this.#links.values()) {
      sync.close()
      connection.close()
    }
    this.#links.clear()
  }

  /** Devices that are new are dialled; of those that are out all connections end, or they could signal over one. */
  #review(): void {
    const { replica, node } = this.#host
    for (const [connection, device] of this.#proven) if (!this.#isIn(device)) connection.close()
    node.endStrangers()
    for (const { device, peer, isIn } of replica.facts().devices.values()) {
      const link = this.#links.get(device)
      const isTried = this.#dials.isPlanned(device, 'circuit')
      if (isIn && link === undefined && !isTried && this.#isLower(peer)) this.#dials.add(device, 'circuit')
    }
  }

  /** The lower PeerId dials. */
  #isLower(peer: string): boolean {
    return this.#host.replica.peer < peer
  }

  /** Asked once more before anything is said: whoever was in when they proved it may be out by now. */
  #isIn(device: DeviceId): boolean {
    return this.#host.replica.facts().devices.get(device)?.isIn === true
  }

  #isWanted(device: DeviceId, kind: ConnectionKind): boolean {
    const { replica } = this.#host
    const known = replica.facts().devices.get(device)
    if (this.#isOver || known === undefined || !known.isIn || device === replica.device) return false
    const link = this.#links.get(device)
    if (kind === 'circuit') return link === undefined
    const direct = this.linked.filter((one) => one.kind === 'direct')
    return link?.connection.kind === 'circuit' && this.#isLower(known.peer) && direct.length < maxDirectLinks
  }

  /** False when it is worth another attempt. */
  async #dial(device: DeviceId, kind: ConnectionKind): Promise<boolean> {
    const { node, replica } = this.#host
    const relay = this.#host.relay()
    const known = replica.facts().devices.get(device)
    if (relay === null || known === undefined) return true
    let connection: PeerConnection | null = null
    // The other side may begin to leave the link that stands before this side has the one that follows.
    let release = (): void => undefined
    try {
      connection = await (kind === 'direct'
        ? node.dialDirect(relay, known.peer)
        : node.dial(relay, known.peer))
      const other = await runAuth(
        await connection.open(authProtocol, authLimits),
        this.#side('dialer', connection),
      )
      if (other.device !== device) throw new CliqueError('auth-wrong-device')
      this.#prove(connection, device)
      if (kind === 'direct') release = this.#hold(device)
      const channel = windowChannel(await connection.open(syncProtocol, syncLimits))
      await channel.ready(readyMs)
      this.#keep(channel, connection, device, replica.peer)
      return true
    } catch (error) {
      if (!(error instanceof CliqueError)) reportError(error)
      if (this.#links.get(device)?.connection !== connection) connection?.close()
      return !this.#isLower(known.peer)
    } finally {
      release()
    }
  }

  /** Somebody speaks first: who it is decides everything that is served on this connection. */
  async #admit(channel: FrameChannel, connection: PeerConnection): Promise<void> {
    if (this.#isOver || this.#authenticated.has(connection.id) || this.#pending > maxPendingAuths) {
      return channel.abort()
    }
    this.#pending++
    const proof = runAuth(channel, this.#side('listener', connection)).then(
      ({ device }) => device,
      () => null,
    )
    this.#authenticated.set(connection.id, proof)
    connection.gone.addEventListener('abort', () => this.#authenticated.delete(connection.id), { once: true })
    const device = await proof
    if (device === null) connection.close()
    else this.#prove(connection, device)
    this.#pending--
  }

  #prove(connection: PeerConnection, device: DeviceId): void {
    if (connection.gone.aborted) return
    this.#proven.set(connection, device)
    connection.gone.addEventListener('abort', () => this.#proven.delete(connection), { once: true })
    connection.admit()
  }

  async #serve(channel: FrameChannel, connection: PeerConnection): Promise<void> {
    const device = (await this.#authenticated.get(connection.id)) ?? null
    if (device === null || this.#isOver) {
      channel.abort()
      connection.close()
      return
    }
    this.#keep(windowChannel(channel), connection, device, connection.peer)
  }

  /** The other side has proven itself here, or to this side's own dial, which made the link. */
  async #serveMore(channel: FrameChannel, connection: PeerConnection): Promise<void> {
    const linked = [...this.#links].find(([, link]) => link.connection === connection)?.[0] ?? null
    const device = linked ?? (await this.#authenticated.get(connection.id)) ?? null
    if (device === null || this.#isOver || !this.#isIn(device)) return channel.abort()
    await this.#host.more.serve(channel, device)
  }

  #keep(channel: FrameChannel, connection: PeerConnection, device: DeviceId, dialer: string): void {
    const { replica } = this.#host
    if (!this.#isIn(device)) {
      channel.abort()
      return connection.close()
    }
    const before = this.#links.get(device) ?? null
    const choice = chooseLink(
      before === null || before.sync.isOver ? null : { dialer: before.dialer, kind: before.connection.kind },
      { dialer, kind: connection.kind },
      this.#isLower(connection.peer) ? replica.peer : connection.peer,
    )
    if (choice === 'refuse') {
      channel.abort()
      if (before?.connection !== connection) connection.close()
    } else if (choice === 'move' && before !== null) {
      void this.#move(before, channel, connection, device, dialer)
    } else {
      this.#begin(channel, connection, device, dialer)
      before?.sync.close()
      if (before !== null && before.connection !== connection) before.connection.close()
    }
  }

  /** Both sides bring the old link to its end, and what either said has arrived, before the new one begins. */
  async #move(
    before: Link,
    channel: FrameChannel,
    connection: PeerConnection,
    device: DeviceId,
    dialer: string,
  ): Promise<void> {
    const release = this.#hold(device)
    await before.sync.finish()
    const isLate = connection.gone.aborted || this.#links.get(device) !== before
    if (this.#isOver || isLate || !this.#isIn(device)) {
      channel.abort()
      connection.close()
    } else {
      const { sync } = this.#begin(channel, connection, device, dialer)
      // Whoever speaks here is done there.
      void Promise.race([sync.heard, sync.ended]).then(() => before.connection.close())
    }
    release()
  }

  #begin(channel: FrameChannel, connection: PeerConnection, device: DeviceId, dialer: string): Link {
    const { replica, checkpoints, later } = this.#host
    const sync = new PeerLink(channel, device, { replica, checkpoints, later })
    const link: Link = { sync, connection, dialer }
    this.#links.set(device, link)
    this.#dials.succeeded(device, connection.kind)
    const drop = (): void => link.sync.close()
    if (connection.gone.aborted) drop()
    else connection.gone.addEventListener('abort', drop, { once: true })
    void link.sync.ended.then(() => this.#settle(device, link))
    if (connection.kind === 'circuit') this.#dials.add(device, 'direct')
    this.#host.onLinks()
    return link
  }

  /** A link that ended without a follower is gone, and its connection with it. */
  #settle(device: DeviceId, link: Link): void {
    const now = this.#links.get(device)
    if (now !== link) {
      if (now?.connection !== link.connection) link.connection.close()
      return
    }
    if (this.#held.has(device)) return
    this.#links.delete(device)
    link.connection.close()
    if (this.#isOver) return
    if (this.#isLower(link.connection.peer)) this.#dials.addLater(device, 'circuit')
    this.#host.onLinks()
  }

  #hold(device: DeviceId): () => void {
    this.#held.set(device, (this.#held.get(device) ?? 0) + 1)
    return () => {
      const left = (this.#held.get(device) ?? 1) - 1
      if (left > 0) return void this.#held.set(device, left)
      this.#held.delete(device)
      const link = this.#links.get(device)
      if (link?.sync.isOver === true) this.#settle(device, link)
    }
  }

  #side(role: AuthRole, connection: PeerConnection): AuthSide {
    const { replica, random } = this.#host
    const facts = replica.facts()
    return {
      role,
      clique: replica.clique,
      device: replica.device,
      signer: replica.signer,
      ownPeer: replica.peer,
      otherPeer: connection.peer,
      gateKeys: facts.gateKeys,
      heads: facts.heads,
      // Asked when the signature is judged, not before: a removal in the meantime counts.
      deviceInRoster: (device) => replica.facts().devices.get(device) ?? null,
      random,
    }
  }
}
