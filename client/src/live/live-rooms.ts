import { CliqueError, isInSpace, liveRoom, systemRandom } from '@clique/crypto'
import type { DeviceId, MemberId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { isSocketBarred, parseOrigin } from '../network/relay-address.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import type { RelaySession } from '../network/relay-session.ts'
import { channelName, repeatMs, silentMs } from './live-channel.ts'
import type { Attention, LiveMessage } from './live-channel.ts'
import type { LiveRoom } from './room.ts'

/** Rooms of one clique at the same time, and tabs that are listened to. */
const maxRooms = 4
const maxTabs = 32

/** A clique with its connections, in the tab that has the network. */
export interface LiveClique {
  readonly session: Pick<CliqueSession, 'clique' | 'device' | 'member' | 'me' | 'log' | 'end' | 'onChange'>
  readonly network: {
    readonly session: Pick<RelaySession, 'ticket'> | null
    readonly relay: RelayPlace | null
    readonly stunServers: readonly string[]
  }
}

interface Tab {
  readonly space: SpaceId
  readonly attention: Exclude<Attention, null>
  readonly heardAt: number
}

interface Wanted {
  readonly name: string
  readonly password: string
  readonly attention: Exclude<Attention, null>
}

/** The live rooms of a clique, for whatever the tabs of this browser have open. Returns the function that ends them. */
export function serveLive(clique: LiveClique): () => void {
  const rooms = new LiveRooms(clique)
  return () => rooms.close()
}

class LiveRooms {
  readonly #clique: LiveClique
  readonly #channel = new BroadcastChannel(channelName)
  readonly #tabs = new Map<string, Tab>()
  readonly #rooms = new Map<SpaceId, { readonly name: string; readonly room: LiveRoom }>()
  readonly #repeat: ReturnType<typeof setInterval>
  readonly #stop: () => void
  #isLooking = false
  #isStale = false
  #isOver = false
  #isClosed = false

  constructor(clique: LiveClique) {
    this.#clique = clique
    this.#channel.onmessage = ({ data }: MessageEvent<LiveMessage>) => this.#hear(data)
    this.#repeat = setInterval(() => this.#beat(), repeatMs)
    this.#stop = clique.session.onChange((change) => {
      if (change.kind === 'roster') this.#look()
    })
  }

  close(): void {
    this.#isOver = true
    clearInterval(this.#repeat)
    this.#stop()
    this.#channel.onmessage = null
    this.#tabs.clear()
    this.#look()
  }

  #hear(message: LiveMessage): void {
    if (message.kind !== 'attention' || message.clique !== this.#clique.session.clique) return
    const { tab, space, attention } = message
    const before = this.#tabs.get(tab)
    if (attention === null) this.#tabs.delete(tab)
    else if (before !== undefined || this.#tabs.size < maxTabs) {
      this.#tabs.set(tab, { space, attention, heardAt: Date.now() })
    }
    if (before?.attention !== attention) this.#look()
  }

  #beat(): void {
    const now = Date.now()
    for (const [name, { heardAt }] of this.#tabs) if (now - heardAt > silentMs) this.#tabs.delete(name)
    this.#look()
    for (const space of this.#rooms.keys()) this.#tell(space)
  }

  /** Opens what is wanted, closes what is not, one step after the other; an epoch that changed is another room. */
  #look(): void {
    this.#isStale = true
    if (this.#isLooking) return
    this.#isLooking = true
    this.#lookWhileStale().catch((error: unknown) => reportError(error))
  }

  async #lookWhileStale(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false
        await this.#change(this.#wanted())
      }
    } finally {
      // In the same turn: whoever calls from now on has to begin another look.
      this.#isLooking = false
    }
    if (!this.#isOver) return
    this.#isClosed = true
    this.#channel.close()
  }

  async #change(wanted: Map<SpaceId, Wanted>): Promise<void> {
    for (const [space, { name, room }] of this.#rooms) {
      if (wanted.get(space)?.name === name) continue
      this.#rooms.delete(space)
      await room.close()
      this.#tell(space)
    }
    for (const [space, { name, password, attention }] of wanted) {
      const room = this.#rooms.get(space)?.room ?? (await this.#open(space, name, password))
      room?.setActivity(attention)
      this.#tell(space)
    }
  }

  #wanted(): Map<SpaceId, Wanted> {
    const wanted = new Map<SpaceId, Wanted>()
    // Nobody gives out tickets to whoever is out.
    if (this.#clique.session.end !== null) return wanted
    for (const { space, attention } of this.#tabs.values()) {
      const before = wanted.get(space)
      if (before === undefined && wanted.size >= maxRooms) continue
      const { log } = this.#clique.session
      const room = isInSpace(log.state, space, this.#clique.session.member) ? liveRoom(log, space) : null
      if (room === null) continue
      wanted.set(space, { ...room, attention: before?.attention === 'typing' ? 'typing' : attention })
    }
    return wanted
  }

  /** Null when the tab gave up the network meanwhile. y-webrtc comes with the first room. */
  async #open(space: SpaceId, name: string, password: string): Promise<LiveRoom | null> {
    const part = await import('./room.ts').catch(() => null)
    // What could not be fetched is fetched with the next look.
    if (part === null || this.#isOver) return null
    const { LiveRoom } = part
    const { session, network } = this.#clique
    const room = new LiveRoom({
      name,
      password,
      device: session.device,
      member: session.member,
      signer: session.me.signer,
      signalAddress: () => this.#signalAddress(),
      stunServers: () => network.stunServers,
      memberOf: (device) => this.#memberOf(device, space),
      onPeople: () => this.#tell(space),
      now: Date.now,
      random: systemRandom,
    })
    this.#rooms.set(space, { name, room })
    return room
  }

  async #signalAddress(): Promise<string> {
    const { session, relay } = this.#clique.network
    if (session === null || relay === null) throw new CliqueError('relay-unreachable')
    if (isSocketBarred(relay)) throw new CliqueError('relay-unreachable')
    return signalAddress(relay, (await session.ticket()).ticket)
  }

  #memberOf(device: DeviceId, space: SpaceId): MemberId | null {
    const { state } = this.#clique.session.log
    const known = state.devices.get(device)
    if (known?.status !== 'in') return null
    return isInSpace(state, space, known.member) ? known.member : null
  }

  #tell(space: SpaceId): void {
    if (this.#isClosed) return
    const { clique } = this.#clique.session
    const people = this.#rooms.get(space)?.room.people() ?? []
    this.#channel.postMessage({ kind: 'people', clique, space, people } satisfies LiveMessage)
  }
}

/** @throws CliqueError `relay-unreachable` for a relay whose address is no origin */
export function signalAddress(relay: RelayPlace, ticket: string): string {
  const url = parseOrigin(relay.url)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  url.pathname = '/signal'
  url.searchParams.set('ticket', ticket)
  return url.href
}
