import { CliqueError, isCliqueError } from '@clique/crypto/verify'
import type { TenantId } from '../storage/storage.ts'
import type { Logger } from 'pino'
import { bytesToUp, downToBytes, FrameCutter, isRefusal, limits, toFrame } from '../../protocol/index.ts'
import type { Allowances } from './allowance.ts'
import { answeringFor } from './answering.ts'
import type { CheckpointNotes, Telling, World } from './answering.ts'
import type { Attested } from './facts.ts'
import type { Hub, HubSession } from './hub.ts'
import type { Answering, Question } from './questions.ts'
import { Session } from './session.ts'
import type { SessionEffect, SessionEvent } from './session.ts'

/** The part of a libp2p stream that a session runs on. */
export interface SessionStream {
  readonly readStatus: string
  readonly writeStatus: string
  readonly writeBufferLength: number
  send(bytes: Uint8Array): boolean
  pause(): void
  resume(): void
  close(options: { signal: AbortSignal }): Promise<void>
  abort(error: Error): void
  addEventListener(type: 'message', listener: (event: { data: { subarray(): Uint8Array } }) => void): void
  addEventListener(type: 'drain' | 'idle' | 'close' | 'remoteCloseWrite', listener: () => void): void
}

export interface SessionHost {
  readonly world: World
  readonly hub: Hub
  readonly notes: CheckpointNotes
  readonly allowances: Allowances
  readonly log: Logger
  /** A generation of a tenant's capability has ended. */
  /** `peers`: who was attested with what is no more. */
  readonly onRetired?: (tenant: TenantId, peers: ReadonlySet<string>) => void
}

/** Milliseconds for the last message to be taken before the stream is cut. */
const farewellWait = 2000

/** Runs one session over one stream: bytes to events, effects to bytes, questions to the world. */
export class StreamSession implements HubSession {
  readonly peer: string
  readonly #host: SessionHost
  readonly #stream: SessionStream
  readonly #session: Session
  readonly #answering: Answering
  readonly #cutter = new FrameCutter()
  #timer: NodeJS.Timeout
  #hasSpoken = false
  /** True from the start: the first frame is due. */
  #isRestExpected = true
  #leaving = false
  #ended = false
  #chunkTurn: Promise<void> = Promise.resolve()
  #onRoom: (() => void) | null = null

  constructor(host: SessionHost, stream: SessionStream, peer: string) {
    this.#host = host
    this.#stream = stream
    this.peer = peer
    const { world, hub, notes, allowances } = host
    this.#session = new Session(world.identity.key, peer, (...spent) => allowances.spend(peer, ...spent))
    const telling: Telling = {
      watch: (place) => hub.watch(place, this),
      unwatch: (place) => hub.unwatch(place, this),
      grew: (place, next) => hub.grew(place, next, this),
      retired: (tenant, generation) => {
        const peers = hub.attestedUpTo(tenant, generation)
        hub.everyone({ kind: 'retired', tenant, generation })
        host.onRetired?.(tenant, peers)
      },
    }
    this.#answering = answeringFor(world, notes, peer, telling)
    this.#timer = this.#closeAfter(limits.helloWait)
    const hasPlace = hub.countOf(peer) < limits.sessionsPerPeer && hub.makeRoom(limits.sessions, world.now())
    hub.add(this)
    stream.addEventListener('close', () => this.#forget())
    stream.addEventListener('remoteCloseWrite', () => this.#finish())
    stream.addEventListener('message', ({ data }) => this.#receive(data.subarray()))
    // Not within the event: libp2p tells it from inside its sending, and what is sent there stays in its buffer.
    const pumpAfter = (): void => {
      queueMicrotask(() => {
        this.#onRoom?.()
        this.#pump()
      })
    }
    for (const type of ['drain', 'idle'] as const) stream.addEventListener(type, pumpAfter)
    if (!hasPlace) this.deliver({ kind: 'close', code: 'relay-too-many' })
  }

  get attested(): Attested | null {
    return this.#session.attested
  }

  deliver(event: SessionEvent): void {
    if (this.#ended) return
    try {
      this.#apply(this.#session.on(event, this.#host.world.now()))
    } catch (error) {
      // Our own bug costs this one session, not everybody's relay.
      this.#host.log.error({ error }, 'a session failed')
      this.#finish()
    }
  }

  leave(): void {
    this.#leaving = true
    this.#pump()
  }

  #receive(bytes: Uint8Array): void {
    if (this.#ended) return
    this.#cutter.push(bytes)
    this.#pump()
  }

  /** Takes requests while there is room for their answers; else the other side waits, not our memory. */
  #pump(): void {
    try {
      while (!this.#ended && this.#hasRoom()) {
        const frame = this.#cutter.next()
        if (frame === null) break
        this.deliver({ kind: 'message', message: bytesToUp(frame) })
        this.#hasSpoken = true
        this.#expectRest(false)
      }
    } catch (error) {
      const code = isCliqueError(error) && isRefusal(error.code) ? error.code : 'relay-message'
      this.deliver({ kind: 'garbage', code })
    }
    if (this.#ended) return
    if (this.#leaving && this.#session.inFlight === 0) {
      return this.deliver({ kind: 'close', code: 'relay-stopping' })
    }
    const hasRoom = this.#hasRoom()
    if (!hasRoom && this.#stream.readStatus === 'readable') this.#stream.pause()
    if (hasRoom && this.#stream.readStatus === 'paused') this.#stream.resume()
    if (this.#hasSpoken) this.#expectRest(hasRoom && this.#cutter.held > 0)
  }

  #hasRoom(): boolean {
    const { inFlight, chunksInFlight } = this.#session
    return (
      !this.#leaving &&
      inFlight < limits.requestsInFlight &&
      chunksInFlight < limits.chunksInFlight &&
      this.#stream.writeBufferLength < limits.outgoingBytes
    )
  }

  #apply(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(toFrame(downToBytes(effect.message)))
      else if (effect.kind !== 'ask') this.#finish()
      else if (effect.question.kind === 'getChunk') this.#answerInTurn(effect.id, effect.question)
      else void this.#answer(effect.id, effect.question)
    }
  }

  /** One chunk after the other, each when the device has taken the one before: a slow reader holds no more here. */
  #answerInTurn(id: number, question: Question): void {
    this.#chunkTurn = this.#chunkTurn.then(async () => {
      while (!this.#ended && this.#stream.writeBufferLength >= limits.chunkOutgoingBytes) {
        await new Promise<void>((resolve) => (this.#onRoom = resolve))
      }
      if (!this.#ended) await this.#answer(id, question)
    })
  }

  async #answer(id: number, question: Question): Promise<void> {
    this.deliver(await this.#answerTo(id, question))
    this.#pump()
  }

  async #answerTo(to: number, question: Question): Promise<SessionEvent> {
    try {
      // Each kind's question goes to that kind's function: the table is keyed by it.
      const answer = await (this.#answering[question.kind] as (asked: Question) => Promise<unknown>)(question)
      return { kind: 'answer', to, answer }
    } catch (error) {
      if (isCliqueError(error) && error.code !== 'relay-failed') return { kind: 'failed', to, error }
      this.#host.log.error({ question: question.kind, error }, 'a question failed')
      return { kind: 'failed', to, error: new CliqueError('relay-failed') }
    }
  }

  #send(frame: Uint8Array): void {
    if (this.#stream.writeStatus !== 'writable') return
    this.#stream.send(frame)
  }

  #closeAfter(wait: number): NodeJS.Timeout {
    return setTimeout(() => this.deliver({ kind: 'close', code: 'relay-timeout' }), wait)
  }

  /**
   * After the first message a session may be silent for as long as it likes; half a frame is another matter, its
   * rest has to come. Not while it is us who do not read.
   */
  #expectRest(isExpected: boolean): void {
    if (isExpected === this.#isRestExpected) return
    this.#isRestExpected = isExpected
    clearTimeout(this.#timer)
    if (isExpected) this.#timer = this.#closeAfter(limits.frameWait)
  }

  /** Ends after what was sent; the hub keeps the session until that has gone out. */
  #finish(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onRoom?.()
    clearTimeout(this.#timer)
    const cut = (): void => this.#stream.abort(new Error('the session is over'))
    this.#stream
      .close({ signal: AbortSignal.timeout(farewellWait) })
      // The other side closes too, or is cut.
      .then(() => setTimeout(cut, farewellWait).unref(), cut)
      .finally(() => this.#host.hub.remove(this, this.#host.world.now()))
  }

  /** The stream is gone. */
  #forget(): void {
    this.#ended = true
    this.#onRoom?.()
    clearTimeout(this.#timer)
    this.#host.hub.remove(this, this.#host.world.now())
  }
}
