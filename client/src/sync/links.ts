import { CliqueError } from '@clique/crypto'
import type { DeviceId, Random } from '@clique/crypto'
import { authProtocol, maxAuthFrame } from '../network/auth-messages.ts'
import type { AuthRole, AuthSide } from '../network/auth.ts'
import { backoffMs, chanceFrom } from '../network/backoff.ts'
import type { ChannelLimits, FrameChannel } from '../network/frame-channel.ts'
import { runAuth } from '../network/link.ts'
import type { CliqueNode, PeerConnection } from '../network/node.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { PeerLink } from './peer-link.ts'
import type { Checkpoints, CliqueReplica } from './ports.ts'
import { maxSyncFrame, syncProtocol } from './sync-messages.ts'

/** Dials at once: more at a time fail each other. */
const dialsAtOnce = 2
/** Milliseconds, the longest wait between two dials of a device that does not answer. */
const longestDialWaitMs = 60_000
/** Conversations of `/clique/auth/1` that strangers may keep open here. */
const maxPendingAuths = 32

const authLimits: ChannelLimits = { maxFrame: maxAuthFrame, maxHeld: 4 * maxAuthFrame, drainMs: 10_000 }
const syncLimits: ChannelLimits = { maxFrame: maxSyncFrame, maxHeld: 2 * maxSyncFrame, drainMs: 20_000 }

export interface LinksHost {
  readonly node: CliqueNode
  readonly replica: CliqueReplica
  readonly checkpoints: Checkpoints
  /** The relay through which others are reached now, or null. */
  relay(): RelayPlace | null
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
  /** The set of linked devices changed. */
  onLinks(devices: readonly DeviceId[]): void
}

interface Link {
  readonly sync: PeerLink
  readonly connection: PeerConnection
  readonly dialer: string
}

/**
 * Keeps a link with every device of the roster that can be reached. The lower PeerId dials, again and again; the
 * other side dials once when it arrives, so that nobody waits for the next try. Where two links result, both
 * sides keep the one that the lower PeerId dialled.
 */
export class Links {
  readonly #host: LinksHost
  readonly #links = new Map<DeviceId, Link>()
  readonly #authenticated = new Map<string, Promise<DeviceId | null>>()
  /** Devices to be dialled, in order, and what is known of earlier tries. */
  readonly #due: DeviceId[] = []
  readonly #dialled = new Set<DeviceId>()
  readonly #failures = new Map<DeviceId, number>()
  readonly #waits = new Map<DeviceId, () => void>()
  readonly #stopListening: () => void
  #pending = 0
  #isOver = false

  private constructor(host: LinksHost) {
    this.#host = host
    this.#stopListening = host.replica.onChange((change) => {
      if (change.kind === 'roster') this.#review()
    })
  }

  static async start(host: LinksHost): Promise<Links> {
    const links = new Links(host)
    await host.node.serve(authProtocol, (channel, peer) => void links.#admit(channel, peer), authLimits)
    await host.node.serve(syncProtocol, (channel, peer) => void links.#serve(channel, peer), syncLimits)
    return links
  }

  get devices(): DeviceId[] {
    return [...this.#links.keys()]
  }

  /** A relay is there (again), or the device woke: everybody is tried at once. */
  arrive(): void {
    this.#failures.clear()
    for (const cancel of this.#waits.values()) cancel()
    this.#waits.clear()
    this.#due.length = 0
    for (const { device, isIn } of this.#host.replica.facts().devices.values()) {
      if (isIn && device !== this.#host.replica.device && !this.#links.has(device)) this.#due.push(device)
    }
    this.#dialNext()
  }

  close(): void {
    this.#isOver = true
    this.#stopListening()
    for (const cancel of this.#waits.values()) cancel()
    for (const { sync, connection } of this.#links.values()) {
      sync.close()
      connection.close()
    }
    this.#links.clear()
  }

  /** Devices that are new are dialled, links of those that are out end. */
  #review(): void {
    const { replica } = this.#host
    for (const { device, peer, isIn } of replica.facts().devices.values()) {
      const link = this.#links.get(device)
      if (!isIn && link !== undefined) link.connection.close()
      const isPlanned = this.#due.includes(device) || this.#dialled.has(device) || this.#waits.has(device)
      const isTried = isPlanned || this.#failures.has(device)
      if (isIn && link === undefined && !isTried && replica.peer < peer) this.#due.push(device)
    }
    this.#dialNext()
  }

  #dialNext(): void {
    while (!this.#isOver && this.#dialled.size < dialsAtOnce && this.#host.relay() !== null) {
      const device = this.#due.shift()
      if (device === undefined) return
      // Two runs over one connection would refuse each other.
      const isIdle = !this.#links.has(device) && !this.#dialled.has(device)
      if (!isIdle || device === this.#host.replica.device) continue
      this.#dialled.add(device)
      void this.#dial(device).finally(() => {
        this.#dialled.delete(device)
        this.#dialNext()
      })
    }
  }

  async #dial(device: DeviceId): Promise<void> {
    const { node, replica } = this.#host
    const relay = this.#host.relay()
    const known = replica.facts().devices.get(device)
    if (relay === null || known === undefined || !known.isIn) return
    let connection: PeerConnection | null = null
    try {
      connection = await node.dial(relay, known.peer)
      const other = await runAuth(
        await connection.open(authProtocol, authLimits),
        this.#side('dialer', connection),
      )
      if (other.device !== device) throw new CliqueError('auth-wrong-device')
      this.#keep(await connection.open(syncProtocol, syncLimits), connection, device, replica.peer)
    } catch (error) {
      if (!(error instanceof CliqueError)) reportError(error)
      if (connection !== null) this.#giveUp(connection)
      this.#tryLater(device, known.peer)
    }
  }

  /**
   * The other side may have been satisfied by the run that failed here, and takes no second one on a connection; the
   * node would hand out the same one again. So it is closed, unless a link runs over it.
   */
  #giveUp(connection: PeerConnection): void {
    const isInUse = [...this.#links.values()].some((link) => link.connection === connection)
    if (!isInUse) connection.close()
  }

  #tryLater(device: DeviceId, peer: string): void {
    if (this.#isOver || this.#links.has(device) || this.#host.replica.peer > peer) return
    const failures = (this.#failures.get(device) ?? 0) + 1
    this.#failures.set(device, failures)
    const ms = backoffMs(failures, chanceFrom(this.#host.random), longestDialWaitMs)
    this.#waits.get(device)?.()
    const cancel = this.#host.later(() => {
      this.#waits.delete(device)
      this.#due.push(device)
      this.#dialNext()
    }, ms)
    this.#waits.set(device, cancel)
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
    if ((await proof) === null) connection.close()
    this.#pending--
  }

  async #serve(channel: FrameChannel, connection: PeerConnection): Promise<void> {
    const device = (await this.#authenticated.get(connection.id)) ?? null
    if (device === null || this.#isOver) {
      channel.abort()
      connection.close()
      return
    }
    this.#keep(channel, connection, device, connection.peer)
  }

  #keep(channel: FrameChannel, connection: PeerConnection, device: DeviceId, dialer: string): void {
    const { replica, checkpoints, later } = this.#host
    const before = this.#links.get(device)
    const isLowers = dialer === (replica.peer < connection.peer ? replica.peer : connection.peer)
    // Two at once: both sides keep the lower's. A second one of the same dialler means that the first is dead.
    if (before !== undefined && before.dialer !== dialer && !isLowers) {
      channel.abort()
      if (before.connection !== connection) connection.close()
      return
    }
    const link: Link = {
      sync: new PeerLink(channel, device, { replica, checkpoints, later }),
      connection,
      dialer,
    }
    this.#links.set(device, link)
    this.#failures.delete(device)
    before?.sync.close()
    if (before !== undefined && before.connection !== connection) before.connection.close()
    const drop = (): void => link.sync.close()
    if (connection.gone.aborted) drop()
    else connection.gone.addEventListener('abort', drop, { once: true })
    void link.sync.ended.then(() => {
      const now = this.#links.get(device)
      if (now === link || now?.connection !== connection) connection.close()
      if (now !== link) return
      this.#links.delete(device)
      this.#tryLater(device, connection.peer)
      if (!this.#isOver) this.#host.onLinks(this.devices)
    })
    this.#host.onLinks(this.devices)
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
