import { CliqueError } from '@clique/crypto'
import type { DeviceId, MemberId, Random, Signer } from '@clique/crypto'
import { Awareness } from 'y-protocols/awareness'
import { WebrtcProvider } from 'y-webrtc'
import type { Room } from 'y-webrtc'
import { Doc } from 'yjs'
import { backoffMs, chanceFrom } from '../network/backoff.ts'
import { Allowance } from './allowance.ts'
import { GuardedConnections } from './guarded-connections.ts'
import { readHeard } from './heard.ts'
import type { HeardState } from './heard.ts'
import { readState, signState } from './live-state.ts'
import type { Activity } from './live-state.ts'
import { Present } from './present.ts'
import type { LivePerson } from './present.ts'
import { TicketSignaling } from './signaling.ts'

/** Connections of one room. */
const maxConnections = 30
/** Milliseconds between two signed states of this device, so that others know it is still there. */
const refreshMs = 8_000
/** Messages of one connection: at once, and for each second after that. */
const messageBurst = 20
const messagesPerSecond = 4
/** Messages that wait for their signatures to be checked. */
const maxUnchecked = 64
/** The longest wait, milliseconds, between two tickets, and between two looks for a connection that was lost. */
const longestWaitMs = 30_000
/** Milliseconds for the last state to get away before the connections are closed. */
const farewellMs = 200

export interface LiveRoomHost {
  readonly name: string
  readonly password: string
  readonly device: DeviceId
  readonly member: MemberId
  readonly signer: Signer
  /** Where the relay signals, with a fresh ticket. @throws CliqueError while there is no relay */
  signalAddress(): Promise<string>
  /** The clique's own relays, or nobody. */
  stunServers(): readonly string[]
  /** Null for a device that is out. */
  memberOf(device: DeviceId): MemberId | null
  onPeople(): void
  readonly now: () => number
  readonly random: Random
}

/** One live room, for as long as its epoch lasts: who is here, who is typing, and nothing that is kept. */
export class LiveRoom {
  readonly #host: LiveRoomHost
  readonly #doc = new Doc()
  readonly #awareness = new Awareness(this.#doc)
  readonly #provider: WebrtcProvider
  readonly #present = new Present()
  readonly #allowances = new Map<string, Allowance>()
  readonly #refresh: ReturnType<typeof setInterval>
  readonly #closing = new AbortController()
  #connections: GuardedConnections | null = null
  #signaling: TicketSignaling | null = null
  #activity: Activity = 'here'
  #saying: Promise<void> | null = null
  #isUnsaid = false
  #unchecked = 0
  #checks: Promise<void> = Promise.resolve()
  #lost = 0
  readonly #opened: Promise<void>

  constructor(host: LiveRoomHost) {
    this.#host = host
    this.#awareness.setLocalState(null)
    this.#provider = new WebrtcProvider(host.name, this.#doc, {
      // None of the library's: they would connect again with a ticket that was used.
      signaling: [],
      password: host.password,
      awareness: this.#awareness,
      maxConns: maxConnections,
      peerOpts: {
        // Asked for each connection. Left out, the library would ask public servers.
        get config(): RTCConfiguration {
          return { iceServers: host.stunServers().map((urls) => ({ urls })) }
        },
      },
    })
    // The room opens closed, so that what guards it is there before anybody can reach it.
    this.#provider.shouldConnect = false
    this.#refresh = setInterval(() => this.#beat(), refreshMs)
    window.addEventListener('pagehide', this.#leave)
    this.#opened = this.#open().catch((error: unknown) => reportError(error))
  }

  setActivity(activity: Activity): void {
    if (activity === this.#activity) return
    this.#activity = activity
    void this.#say()
  }

  people(): LivePerson[] {
    return this.#present.people(this.#host.member, (device) => this.#host.memberOf(device))
  }

  /** Says goodbye, and resolves when a room of the same name can be opened. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    clearInterval(this.#refresh)
    window.removeEventListener('pagehide', this.#leave)
    this.#activity = 'gone'
    await this.#say()
    this.#closing.abort()
    await new Promise((resolve) => setTimeout(resolve, farewellMs))
    await this.#opened
    this.#signaling?.destroy()
    this.#doc.destroy()
    // The library takes the room off its list in a later turn.
    await this.#provider.key
    await Promise.resolve()
  }

  async #open(): Promise<void> {
    await this.#provider.key
    const { room } = this.#provider
    if (room === null || this.#closing.signal.aborted) return
    this.#guard(room)
    this.#provider.connect()
    void this.#keepSignaling(room)
    await this.#say()
  }

  #guard(room: Room): void {
    const { now } = this.#host
    this.#connections = new GuardedConnections((data, from) => this.#hear(data, from), now)
    room.webrtcConns = this.#connections
    // Tabs of one browser speak through the leading one, and not through the library.
    room._bcSubscriber = () => Promise.resolve()
    room.mux = () => undefined
    // A page that is asked whether it may go may stay: the library would be silent from then on.
    window.removeEventListener('beforeunload', room._beforeUnloadHandler)
    // Everybody speaks for themselves: passed on, a room of n would carry every state n times to everybody.
    const tell = room._awarenessUpdateHandler
    room._awarenessUpdateHandler = (change: unknown, origin: unknown) => {
      if (origin === 'local') tell(change, origin)
    }
    this.#provider.on('peers', ({ removed }) => this.#lose(removed))
  }

  /** The page goes, or sleeps: others are to know at once. */
  readonly #leave = (): void => this.#connections?.forEach((connection) => connection.destroy())

  #hear(data: Uint8Array, from: string): void {
    const now = this.#host.now()
    const allowance = this.#allowances.get(from) ?? new Allowance(messageBurst, messagesPerSecond, now)
    this.#allowances.set(from, allowance)
    if (!allowance.spend(now) || this.#unchecked >= maxUnchecked) return
    const heard = readHeard(data)
    if (heard.length === 0) return
    this.#unchecked++
    this.#checks = this.#checks
      .then(() => this.#check(heard, from))
      .catch((error: unknown) => reportError(error))
      .finally(() => this.#unchecked--)
  }

  async #check(heard: readonly HeardState[], from: string): Promise<void> {
    const { name, now, memberOf, device, onPeople } = this.#host
    const rules = { room: name, now, isIn: (who: DeviceId) => memberOf(who) !== null }
    for (const one of heard) {
      const state = await readState(one.signed, one.client, one.clock, rules)
      // The connection may be gone by now, and with it who was heard over it.
      if (this.#closing.signal.aborted || !this.#allowances.has(from)) return
      if (state === null || state.device === device || !this.#present.take(state, from, now())) continue
      this.#connections?.prove(from)
      this.#lost = 0
      onPeople()
    }
  }

  /** Connections that are gone are looked for anew, less and less often. */
  #lose(names: readonly string[]): void {
    if (names.length === 0 || this.#closing.signal.aborted) return
    for (const name of names) {
      this.#allowances.delete(name)
      this.#present.drop(name)
    }
    this.#host.onPeople()
    void this.#pause(++this.#lost).then(() => this.#signaling?.announce())
  }

  #beat(): void {
    this.#present.sweep(this.#host.now())
    this.#connections?.endSilent()
    this.#host.onPeople()
    void this.#say()
  }

  /** Signs how this device is now. One at a time, as each has its number. */
  #say(): Promise<void> {
    this.#isUnsaid = true
    this.#saying ??= this.#sayAll()
      .catch((error: unknown) => reportError(error))
      .finally(() => (this.#saying = null))
    return this.#saying
  }

  async #sayAll(): Promise<void> {
    const { signer, name, device, now } = this.#host
    const client = this.#awareness.clientID
    while (this.#isUnsaid && !this.#closing.signal.aborted) {
      this.#isUnsaid = false
      const clock = this.#nextClock()
      const state = { device, client, clock, at: now(), activity: this.#activity }
      const signed = await signState(signer, name, state)
      // The library counts up by itself now and then; a state counts under its own number alone.
      if (this.#nextClock() === clock) this.#awareness.setLocalState({ signed })
      else this.#isUnsaid = true
    }
  }

  #nextClock(): number {
    return (this.#awareness.meta.get(this.#awareness.clientID)?.clock ?? -1) + 1
  }

  async #keepSignaling(room: Room): Promise<void> {
    let failures = 0
    while (!this.#closing.signal.aborted) {
      try {
        const address = await this.#host.signalAddress()
        if (this.#closing.signal.aborted) return
        const signaling = new TicketSignaling(address, room)
        this.#signaling = signaling
        await signaling.ended
        if (signaling.wasOpen) failures = 0
        signaling.destroy()
      } catch (error) {
        // No relay at the moment, or none that gives a ticket: asked again.
        if (!(error instanceof CliqueError)) reportError(error)
      }
      await this.#pause(++failures)
    }
  }

  /** Ends early when the room closes. */
  #pause(attempt: number): Promise<void> {
    const ms = backoffMs(attempt, chanceFrom(this.#host.random), longestWaitMs)
    const { signal } = this.#closing
    return new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
    })
  }
}
