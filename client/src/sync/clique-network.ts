import { CliqueError } from '@clique/crypto'
import type { MailboxId, Random } from '@clique/crypto'
import { relayToStun } from '../network/relay-address.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { RelayConnection } from '../network/relay-connection.ts'
import type { RelayState } from '../network/relay-connection.ts'
import { relayChannelLimits } from '../network/relay-session.ts'
import type { RelaySession } from '../network/relay-session.ts'
import type { CliqueNode, NodeRules } from '../network/node.ts'
import { readPlace, writePlace } from '../network/webrtc-place.ts'
import { relayProtocol } from '@clique/relay/protocol'
import type { WebRtcPlace } from '@clique/relay/protocol'
import { chunkChannelLimits, chunkProtocol } from './chunk-messages.ts'
import { noFileTroubles } from './chunk-ports.ts'
import type { ChunkStore, FileTroubles } from './chunk-ports.ts'
import { ChunkServer } from './chunk-server.ts'
import { ChunkSync } from './chunk-sync.ts'
import { judgeConnection, linkedMembers } from './connection-judge.ts'
import type { RelayFact } from './connection-judge.ts'
import type { CliqueConnection, LinkedMembers } from './connection-state.ts'
import { readControlMailbox } from './control-mailbox.ts'
import { Links } from './links.ts'
import { LogCheckpoints } from './log-checkpoints.ts'
import { LogWatch } from './log-watch.ts'
import { MailboxSync } from './mailbox-sync.ts'
import { SetAside } from './outbox.ts'
import { maxRelays } from './ports.ts'
import type { CliqueReplica } from './ports.ts'

/** What the device's surroundings give; browsers and tests hand in their own. */
export interface Surroundings {
  readonly createNode: (netSeed: Uint8Array, rules: NodeRules) => Promise<CliqueNode>
  readonly now: () => number
  readonly random: Random
  /** Milliseconds; returns the function that calls it off. */
  readonly later: (run: () => void, ms: number) => () => void
  /** What the browser says of the network: false is certain, true is not. */
  readonly hasNetwork: () => boolean
}

export interface CliqueNetworkHost {
  readonly replica: CliqueReplica
  readonly chunks: ChunkStore
  readonly surroundings: Surroundings
  /** In every session before the capability is proven: an open registration, where there is one. */
  beforeProof(session: RelaySession, relay: RelayPlace): Promise<void>
  /** In every session after it is proven: what waits to be published. */
  afterProof(session: RelaySession, relay: RelayPlace): Promise<void>
  onConnection(connection: CliqueConnection): void
  /** A mailbox that somebody follows in a session has more. */
  onGrew?(mailbox: MailboxId): void
}

interface RelayLine {
  readonly relay: RelayPlace
  readonly connection: RelayConnection
  readonly setAside: SetAside
  readonly log: LogWatch
  /** Where it answers STUN, as its signed policy says. */
  stun: string | null
  /** Where it takes WebRTC, as its signed policy said last, or the link that led here. */
  webRtc: WebRtcPlace | null
  mailboxes: MailboxSync | null
  trouble: CliqueError['code'] | null
}

/** All connections of one clique: its node, its relays with their mailboxes, its links. */
export class CliqueNetwork {
  readonly #host: CliqueNetworkHost
  readonly #node: CliqueNode
  readonly #lines = new Map<string, RelayLine>()
  readonly #checkpoints = new LogCheckpoints(() => [...this.#lines.values()])
  readonly #chunks: ChunkSync
  readonly #chunkServer: ChunkServer
  #files: FileTroubles = noFileTroubles
  #links: Links | null = null
  #stopListening: () => void = () => undefined
  #isOver = false

  private constructor(host: CliqueNetworkHost, node: CliqueNode) {
    this.#host = host
    this.#node = node
    const { chunks: store, replica, surroundings } = host
    const { now, random, later } = surroundings
    this.#chunks = new ChunkSync({
      store,
      random,
      now,
      later,
      isInSpace: (device, space) => replica.facts().spacesWith(device).includes(space),
      onTroubles: (files) => {
        this.#files = files
        this.#tell()
      },
    })
    this.#chunkServer = new ChunkServer({
      store,
      memberOf: (device) => {
        const known = replica.facts().devices.get(device)
        return known?.isIn === true ? known.member : null
      },
    })
  }

  static async start(host: CliqueNetworkHost): Promise<CliqueNetwork> {
    const { replica, surroundings } = host
    let network: CliqueNetwork | null = null
    const node = await surroundings.createNode(replica.netSeed, {
      relays: () => replica.facts().relays.slice(0, maxRelays),
      isKnownPeer: (peer) =>
        [...replica.facts().devices.values()].some((one) => one.isIn && one.peer === peer),
      stunServers: () => network?.stunServers ?? [],
      webRtcPlace: ({ peer }) => network?.webRtcPlace(peer) ?? null,
    })
    network = new CliqueNetwork(host, node)
    await network.#begin()
    return network
  }

  /** A proven session, or null: for what is asked of a relay on behalf of a person. */
  get session(): RelaySession | null {
    return this.#online()?.connection.session ?? null
  }

  /** The relay of `session`. */
  get relay(): RelayPlace | null {
    return this.#online()?.relay ?? null
  }

  /** Own relays alone are asked for this device's address: never a server that nobody here chose. */
  get stunServers(): readonly string[] {
    return [...this.#lines.values()].flatMap(({ stun }) => (stun === null ? [] : [stun]))
  }

  /** Of the relay with this PeerId. */
  webRtcPlace(peer: string): WebRtcPlace | null {
    return [...this.#lines.values()].find(({ relay }) => relay.peer === peer)?.webRtc ?? null
  }

  /** The network is back, the device woke, or a person asks: everything is tried at once. */
  wake(): void {
    for (const { connection } of this.#lines.values()) connection.wake()
    this.#links?.arrive()
    this.#chunks.wake()
    this.#tell()
  }

  /** What the browser says of the network changed. */
  networkChanged(): void {
    this.wake()
  }

  async close(): Promise<void> {
    this.#isOver = true
    this.#stopListening()
    this.#chunks.close()
    this.#chunkServer.close()
    this.#links?.close()
    const closing = [...this.#lines.values()].map(({ connection }) => connection.close())
    for (const { mailboxes } of this.#lines.values()) mailboxes?.close()
    await Promise.all(closing)
    await this.#node.close()
  }

  async #begin(): Promise<void> {
    const { replica, surroundings } = this.#host
    this.#links = await Links.start({
      node: this.#node,
      replica,
      checkpoints: this.#checkpoints,
      relay: () => this.#online()?.relay ?? null,
      random: surroundings.random,
      later: surroundings.later,
      more: {
        protocol: chunkProtocol,
        limits: chunkChannelLimits,
        serve: (channel, device) => this.#chunkServer.serve(channel, device),
      },
      onLinks: () => {
        this.#askDevices()
        this.#tell()
      },
    })
    this.#stopListening = replica.onChange((change) => {
      if (change.kind !== 'roster') return
      this.#reviewRelays()
      this.#reviewErrands()
      for (const { connection } of this.#lines.values()) connection.capabilityChanged()
    })
    this.#reviewRelays()
    this.#reviewErrands()
    this.#tell()
  }

  /** What the roster says now, about chunks that are to be fetched or brought. */
  #reviewErrands(): void {
    const { replica, chunks, surroundings } = this.#host
    const { relays, devices } = replica.facts()
    const used = relays.slice(0, maxRelays).map(({ peer }) => peer)
    const members = new Set([...devices.values()].map(({ member }) => member))
    chunks.reviewErrands(used, members, surroundings.now()).catch((error: unknown) => {
      // A full or closing disk: the next start reviews again.
      if (!(error instanceof CliqueError)) reportError(error)
    })
  }

  #askDevices(): void {
    const links = this.#links
    if (links === null || this.#isOver) return
    const devices = links.linked.map(({ device }) => device)
    this.#chunks.setDevices(devices, (device) => links.openMore(device))
  }

  #online(): RelayLine | null {
    return [...this.#lines.values()].find(({ connection }) => connection.state.kind === 'online') ?? null
  }

  #reviewRelays(): void {
    if (this.#isOver) return
    const wanted = this.#host.replica.facts().relays.slice(0, maxRelays)
    const nameOf = ({ url, peer }: RelayPlace): string => `${peer} ${url}`
    const names = new Set(wanted.map(nameOf))
    for (const [name, line] of this.#lines) {
      if (names.has(name)) continue
      this.#lines.delete(name)
      line.mailboxes?.close()
      this.#chunks.forgetRelay(line.relay.peer)
      void line.connection.close()
    }
    for (const relay of wanted) {
      if (!this.#lines.has(nameOf(relay))) this.#lines.set(nameOf(relay), this.#openLine(relay))
    }
  }

  #openLine(relay: RelayPlace): RelayLine {
    const { replica, surroundings } = this.#host
    const log = new LogWatch({
      relay: relay.peer,
      load: () => replica.checkpoint(relay.peer),
      save: (head) => replica.saveCheckpoint(relay.peer, head),
      loadProof: () => replica.logProof(relay.peer),
      saveProof: (proof) => replica.saveLogProof(relay.peer, proof),
      onVerified: () => this.#checkpoints.changed(),
      onForked: () => this.#tell(),
    })
    const line: { -readonly [Key in keyof RelayLine]: RelayLine[Key] } = {
      relay,
      stun: null,
      webRtc: null,
      mailboxes: null,
      trouble: null,
      setAside: new SetAside(),
      log,
      connection: new RelayConnection({
        relay,
        ownPeer: this.#node.peer,
        openChannel: async () => {
          const kept = await replica.webRtcPlace(relay.peer)
          line.webRtc ??= readPlace(kept)
          return this.#node.openRelay(relay, relayProtocol, relayChannelLimits)
        },
        dropConnection: () => void this.#node.hangUp(relay.peer),
        capabilities: () => replica.facts().capabilities,
        beforeProof: (session) => this.#host.beforeProof(session, relay),
        withoutProof: (session) => readControlMailbox(session, replica, relay.peer),
        onState: () => this.#tell(),
        onSession: (session) => this.#useSession(line, session),
        onUnproven: (session) => this.#startMailboxes(line, session),
        onGrew: (mailbox: MailboxId, next: number) => {
          line.mailboxes?.grew(mailbox, next)
          this.#host.onGrew?.(mailbox)
        },
        log,
        now: surroundings.now,
        random: surroundings.random,
      }),
    }
    return line
  }

  #useSession(line: { -readonly [Key in keyof RelayLine]: RelayLine[Key] }, session: RelaySession): void {
    if (this.#isOver) return session.close()
    this.#startMailboxes(line, session)
    this.#chunks.useRelay(line.relay.peer, session)
    void this.#becomeReachable(line, session)
    const { relay, webRtc } = line
    // Others of our connections to it find the same way.
    const place = webRtc === null ? relay : { ...relay, webRtc: writePlace(webRtc) }
    this.#host.afterProof(session, place).catch((error: unknown) => reportError(error))
  }

  #startMailboxes(line: { -readonly [Key in keyof RelayLine]: RelayLine[Key] }, session: RelaySession): void {
    if (this.#isOver) return session.close()
    const { replica, surroundings } = this.#host
    line.mailboxes?.close()
    line.trouble = line.setAside.trouble
    line.mailboxes = new MailboxSync({
      session,
      replica,
      relay: line.relay.peer,
      random: surroundings.random,
      later: surroundings.later,
      setAside: line.setAside,
      onTrouble: (code) => {
        line.trouble = code
        this.#tell()
      },
    })
  }

  /** Attested now, so the relay lets others reach this device. Without it, this device can still dial others. */
  async #becomeReachable(line: RelayLine, session: RelaySession): Promise<void> {
    try {
      const { stunPort, webRtc } = await session.policy()
      line.stun = stunPort === null ? null : relayToStun(line.relay, stunPort)
      line.webRtc = webRtc
      await this.#host.replica.saveWebRtcPlace(line.relay.peer, webRtc === null ? null : writePlace(webRtc))
      await this.#node.reserve(line.relay)
    } catch {
      // Tried again as long as the session lives; messages use the mailbox meanwhile.
      const cancel = this.#host.surroundings.later(() => void this.#becomeReachable(line, session), 15_000)
      void session.ended.then(cancel)
    }
    if (!this.#isOver) this.#links?.arrive()
  }

  #tell(): void {
    if (this.#isOver) return
    const { surroundings } = this.#host
    const lines = [...this.#lines.values()]
    const states = lines.map(({ connection }) => connection.state)
    const members = this.#linkedMembers()
    this.#host.onConnection({
      state: judgeConnection({
        hasNetwork: surroundings.hasNetwork(),
        relays: states.flatMap(relayFact),
        members,
      }),
      members,
      trouble: lines.map((line) => troubleOf(line)).find((code) => code !== null) ?? null,
      clockOffMs:
        states
          .map((state) => (state.kind === 'online' ? state.clockOffMs : null))
          .find((ms) => ms !== null) ?? null,
      files: this.#files,
    })
  }

  #linkedMembers(): LinkedMembers {
    const { replica } = this.#host
    const { devices } = replica.facts()
    const links = (this.#links?.linked ?? []).flatMap(({ device, kind }) => {
      const known = devices.get(device)
      return known === undefined ? [] : [{ member: known.member, kind }]
    })
    return linkedMembers(links, devices.get(replica.device)?.member ?? null)
  }
}

/** A relay that broke its word comes first: whatever else it says counts for less. */
function troubleOf({ log, trouble, connection }: RelayLine): CliqueError['code'] | null {
  return log.isForked ? 'relay-log-forked' : (trouble ?? refusalOf(connection.state))
}

function relayFact(state: RelayState): RelayFact[] {
  return state.kind === 'closed' ? [] : [state]
}

/** A relay that cannot be reached is a state; one that answers and refuses is worth a word. */
function refusalOf(state: RelayState): CliqueError['code'] | null {
  if (state.kind !== 'waiting') return null
  const plain: readonly string[] = [
    'relay-unreachable',
    'relay-closed',
    'relay-silent',
    'peer-silent',
    'relay-stopping',
  ]
  return plain.includes(state.code) ? null : state.code
}
