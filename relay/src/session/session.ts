import { CliqueError } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import { isRefusal, relayVersion } from '../../protocol/index.ts'
import type { Down, Refusal, Up } from '../../protocol/index.ts'
import type { MailboxPlace, TenantId } from '../storage/storage.ts'
import * as chunks from './chunk-requests.ts'
import type { Attested, Handling, SessionState, Spend } from './facts.ts'
import * as mailboxes from './mailbox-requests.ts'
import { ask } from './questions.ts'
import type { Procedure, Question } from './questions.ts'
import * as tenants from './tenant-requests.ts'

/** What happens to a session. Times are in the call that brings the event. */
export type SessionEvent =
  | { readonly kind: 'message'; readonly message: Up }
  /** Bytes that are no message: nothing after them can be understood. */
  | { readonly kind: 'garbage'; readonly code: Refusal }
  | { readonly kind: 'answer'; readonly to: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly to: number; readonly error: unknown }
  | { readonly kind: 'grew'; readonly place: MailboxPlace; readonly next: number }
  | { readonly kind: 'retired'; readonly tenant: TenantId; readonly generation: number }
  | { readonly kind: 'tick' }
  | { readonly kind: 'close'; readonly code: Refusal }

/** What a session wants done, in this order. */
export type SessionEffect =
  | { readonly kind: 'send'; readonly message: Down }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  /** After what was sent; nothing comes from this session any more. */
  | { readonly kind: 'end' }

interface Running {
  readonly request: number
  readonly procedure: Procedure<Down>
}

/**
 * One device's conversation as a state machine: an event in, effects out, no input or output of its own. Each request
 * is a procedure that pauses at every question; requests run side by side and are answered as they finish.
 */
export class Session {
  readonly #state: SessionState
  readonly #handling: Handling
  readonly #running = new Map<number, Running>()
  readonly #requests = new Map<number, Up['kind']>()
  #lastAsk = 0
  #now = 0
  #ended = false
  #effects: SessionEffect[] = []

  /** `relay`: the relay's key. `peer`: the PeerId that Noise proved. */
  constructor(
    relay: Uint8Array,
    peer: string,
    spend: (...spent: [...Parameters<Spend>, now: number]) => boolean,
  ) {
    this.#state = {
      relay,
      peer,
      challenge: null,
      attested: null,
      retired: new Map(),
      opened: new Map(),
      watched: new Map(),
    }
    const spendNow: Spend = (pace, amount, attested) => spend(pace, amount, attested, this.#now)
    this.#handling = { state: this.#state, now: () => this.#now, spend: spendNow }
  }

  get attested(): Attested | null {
    return this.#state.attested
  }

  get watched(): ReadonlyMap<MailboxPlace, MailboxId> {
    return this.#state.watched
  }

  /** Requests that are not answered yet. */
  get inFlight(): number {
    return this.#requests.size
  }

  /** Those among them that carry a chunk, or are answered with one. */
  get chunksInFlight(): number {
    return [...this.#requests.values()].filter((kind) => kind === 'putChunk' || kind === 'getChunk').length
  }

  /** `now`: the relay's clock in milliseconds. */
  on(event: SessionEvent, now: number): readonly SessionEffect[] {
    this.#now = now
    this.#effects = []
    if (!this.#ended) this.#handle(event)
    return this.#effects
  }

  #handle(event: SessionEvent): void {
    switch (event.kind) {
      case 'message':
        return this.#start(event.message)
      case 'garbage':
      case 'close':
        return this.#end(event.code)
      case 'answer':
        return this.#resume(event.to, (procedure) => procedure.next(event.answer))
      case 'failed':
        return this.#resume(event.to, (procedure) => procedure.throw(event.error))
      case 'grew': {
        const mailbox = this.#state.watched.get(event.place)
        if (mailbox === undefined) return
        return this.#send({ kind: 'grew', mailbox, next: event.next })
      }
      case 'retired': {
        const { attested, retired } = this.#state
        const last = Math.max(event.generation, retired.get(event.tenant) ?? 0)
        if (this.#running.size > 0) retired.set(event.tenant, last)
        if (attested?.tenant !== event.tenant || attested.generation > event.generation) return
        return this.#end('relay-capability-retired')
      }
      case 'tick': {
        const { attested } = this.#state
        // Better to end than to go on as if pushes still came.
        if (attested !== null && attested.expires <= this.#now) this.#end('relay-nonce-stale')
      }
    }
  }

  #start(message: Up): void {
    const { request } = message
    if (request === 0 || this.#requests.has(request)) return this.#end('relay-message')
    if (this.#state.challenge === null && message.kind !== 'hello') return this.#end('relay-hello-first')
    if (message.kind === 'hello' && message.version !== relayVersion) return this.#end('relay-version')
    this.#requests.set(request, message.kind)
    const procedure = this.#procedureOf(message)
    this.#advance({ request, procedure }, () => procedure.next())
  }

  #procedureOf(message: Up): Procedure<Down> {
    switch (message.kind) {
      case 'hello':
        return hello(this.#handling, message)
      case 'prove':
        return tenants.prove(this.#handling, message)
      case 'open':
        return mailboxes.open(this.#handling, message)
      case 'append':
        return mailboxes.append(this.#handling, message)
      case 'read':
        return mailboxes.read(this.#handling, message)
      case 'subscribe':
        return mailboxes.subscribe(this.#handling, message)
      case 'unsubscribe':
        return mailboxes.unsubscribe(this.#handling, message)
      case 'close':
        return mailboxes.close(this.#handling, message)
      case 'register':
        return tenants.register(this.#handling, message)
      case 'renew':
        return tenants.renew(this.#handling, message)
      case 'retire':
        return tenants.retire(this.#handling, message)
      case 'admins':
        return tenants.admins(this.#handling, message)
      case 'allow':
        return tenants.allow(this.#handling, message)
      case 'ticket':
        return tenants.ticket(this.#handling, message)
      case 'policy':
        return tenants.policy(this.#handling, message)
      case 'consistency':
        return tenants.consistency(this.#handling, message)
      case 'putChunk':
        return chunks.putChunk(this.#handling, message)
      case 'getChunk':
        return chunks.getChunk(this.#handling, message)
      case 'haveChunks':
        return chunks.haveChunks(this.#handling, message)
    }
  }

  #resume(to: number, step: (procedure: Procedure<Down>) => IteratorResult<Question, Down>): void {
    const running = this.#running.get(to)
    if (running === undefined) throw new Error('an answer to a question that was not asked')
    this.#running.delete(to)
    this.#advance(running, () => step(running.procedure))
  }

  #advance(running: Running, step: () => IteratorResult<Question, Down>): void {
    let result: IteratorResult<Question, Down>
    try {
      result = step()
    } catch (error) {
      this.#requests.delete(running.request)
      return this.#send({ kind: 'refused', request: running.request, code: refusalOf(error) })
    }
    if (result.done === true) {
      this.#requests.delete(running.request)
      // Whoever asks from now on is told by the storage.
      if (this.#running.size === 0) this.#state.retired.clear()
      return this.#send(result.value)
    }
    const id = ++this.#lastAsk
    this.#running.set(id, running)
    this.#effects.push({ kind: 'ask', id, question: result.value })
  }

  #send(message: Down): void {
    this.#effects.push({ kind: 'send', message })
  }

  #end(code: Refusal): void {
    this.#ended = true
    this.#running.clear()
    this.#requests.clear()
    this.#state.watched.clear()
    this.#state.attested = null
    this.#send({ kind: 'closing', code })
    this.#effects.push({ kind: 'end' })
  }
}

/** The first message, and later ones that want a fresh nonce. */
function* hello({ state, now }: Handling, { request }: Up<'hello'>): Procedure<Down> {
  const nonce = yield* ask({ kind: 'nonce' })
  const time = now()
  state.challenge = { nonce, time }
  return { kind: 'welcome', request, version: relayVersion, nonce, time }
}

/** A refusal has its code; our own bug goes on as a bug. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof CliqueError && isRefusal(error.code)) return error.code
  throw error
}
