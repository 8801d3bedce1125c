import { CliqueError, equal, utf8ToBytes } from '@clique/crypto'
import type { MailboxId, Signer } from '@clique/crypto'
import {
  bytesToDown,
  limits,
  openAttestation,
  openInput,
  openPolicy,
  openRange,
  openReceipt,
  peerIdToKey,
  proveInput,
  relayVersion,
  upToBytes,
} from '@clique/relay/protocol'
import type { Answer, Attestation, Item, MailboxKind, Policy, Receipt, Up } from '@clique/relay/protocol'
import type { SessionFacts } from '@clique/relay/protocol'
import type { ChannelLimits, FrameChannel } from './frame-channel.ts'

/** Milliseconds for one answer: a full batch over a slow mobile link, and a flush to disk. */
const answerMs = 20_000

export const relayChannelLimits: ChannelLimits = {
  maxFrame: limits.frameSize,
  maxHeld: limits.outgoingBytes,
  drainMs: 60_000,
}

export interface Capability {
  /** The control mailbox of the clique whose capability it is. */
  readonly control: MailboxId
  readonly publicKey: Uint8Array
  readonly generation: number
  readonly signer: Signer
}

/** A mailbox and the key that it is named by. */
export interface MailboxSigner {
  readonly mailbox: MailboxId
  readonly signer: Signer
}

/** What a read gave. Everything kept from the cursor to `to` is in `items`; there is more while `to` < `next`. */
export interface MailboxRange {
  readonly items: readonly Item[]
  readonly to: number
  readonly next: number
}

/** The state of a tenant's log, out of something that the relay signed. */
export interface LogHead {
  readonly tenant: Uint8Array
  /** Leaves. */
  readonly size: number
  readonly root: Uint8Array
  /** The bytes that the relay signed. */
  readonly statement: Uint8Array
  /** Out of an attestation: with one, a session begins. */
  readonly isFirst: boolean
}

/** Hears of every log head in an answer. */
export interface LogWitness {
  /** Asked when a request is made; comes back with what the answer said. */
  mark(): number
  saw(session: RelaySession, head: LogHead, mark: number): void
}

type AnswerOf<Kind extends Answer['kind']> = Extract<Answer, { kind: Kind }>
type UpBody<Message> = Message extends Up ? Omit<Message, 'request'> : never

interface Asked {
  readonly kind: Answer['kind']
  /** Bytes of the request. */
  readonly size: number
  readonly waitMs: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: CliqueError) => void
  readonly stopTimer: () => void
}

export interface SessionOptions {
  /** PeerId of the relay as this side knows it: whatever it signs is checked against this. */
  readonly relayPeer: string
  readonly ownPeer: string
  /** This device's clock, milliseconds since 1970. */
  readonly now: () => number
  /** Called with every `grew`. */
  readonly onGrew?: (mailbox: MailboxId, next: number) => void
  readonly log?: LogWitness
}

/**
 * One session of `/clique/relay/1` over one stream. Every answer is checked before it is believed; one that does
 * not hold ends the session, because nothing that this relay says can be used then.
 */
export class RelaySession {
  /** Settles when the session is over. */
  readonly ended: Promise<CliqueError>

  readonly #channel: FrameChannel
  readonly #options: SessionOptions
  readonly #relayKey: Uint8Array
  readonly #asked = new Map<number, Asked>()
  /** A person's own: made by whichever of their cliques came first, so what is signed for it is of that one's log. */
  readonly #recoveryMailboxes = new Set<MailboxId>()
  #lastRequest = 0
  /** Bytes of requests without an answer, and who waits for room: a way to the relay may know no pressure back. */
  #unanswered = 0
  readonly #waiting = new Set<() => void>()
  #facts: SessionFacts | null = null
  #tenant: Uint8Array | null = null
  #skewMs = 0
  #over: CliqueError | null = null
  #end!: (reason: CliqueError) => void

  private constructor(channel: FrameChannel, options: SessionOptions) {
    this.#channel = channel
    this.#options = options
    this.#relayKey = peerIdToKey(options.relayPeer)
    this.ended = new Promise((resolve) => (this.#end = resolve))
    void this.#read()
  }

  /** Says hello. @throws CliqueError `relay-...` */
  static async open(channel: FrameChannel, options: SessionOptions): Promise<RelaySession> {
    const session = new RelaySession(channel, options)
    await session.hello()
    return session
  }

  /** Nothing more can be asked. */
  get isOver(): boolean {
    return this.#over !== null
  }

  /** Something is on its way that takes long: others wait behind it. */
  get isCarrying(): boolean {
    return [...this.#asked.values()].some(({ waitMs }) => waitMs > answerMs)
  }

  /** A fresh nonce for what is signed from now on. */
  async hello(): Promise<void> {
    const welcome = await this.ask('welcome', { kind: 'hello', version: relayVersion })
    if (welcome.version !== relayVersion) throw this.#fail('relay-answer')
    const { nonce, time } = welcome
    this.#facts = { relay: this.#relayKey, peer: this.#options.ownPeer, nonce, time }
    this.#skewMs = time - this.#options.now()
  }

  /** The relay's clock minus this device's, milliseconds, as of the last hello. */
  get skewMs(): number {
    return this.#skewMs
  }

  /** The relay's clock, as well as it is known: what the relay is asked to keep things until counts by it. */
  get relayNow(): number {
    return this.#options.now() + this.#skewMs
  }

  /** For the calls that need what was agreed in this session: tenants.ts. */
  get facts(): SessionFacts {
    if (this.#facts === null) throw new Error('a session is used before its hello')
    return this.#facts
  }

  /** Of which the relay attested that this device is, by its last proof. */
  get tenant(): Uint8Array {
    if (this.#tenant === null) throw new Error('a session has a tenant by its proof')
    return this.#tenant
  }

  async prove(capability: Capability): Promise<Attestation> {
    const { control, publicKey: key, generation, signer } = capability
    const signature = await signer.sign(proveInput(this.facts, control, key, generation))
    const mark = this.#mark()
    const answer = await this.ask('attested', { kind: 'prove', control, key, generation, signature })
    const attestation = await this.#checked(openAttestation(answer.attestation, this.#relayKey))
    const isMine = attestation.peer === this.#options.ownPeer && attestation.generation === generation
    if (!isMine || attestation.expires <= attestation.issued) throw this.#fail('relay-answer')
    const { tenant, size, root } = attestation
    this.#tenant = tenant
    this.#saw({ tenant, size, root, statement: answer.attestation, isFirst: true }, mark)
    return attestation
  }

  /** Offsets that are kept: from `oldest` up to, not including, `next`. */
  async openMailbox(box: MailboxSigner, kind: MailboxKind): Promise<{ oldest: number; next: number }> {
    const key = box.signer.publicKey
    const signature = await box.signer.sign(openInput(this.facts, key, kind))
    const answer = await this.ask('opened', { kind: 'open', key, role: kind, signature })
    if (answer.mailbox !== box.mailbox || answer.oldest > answer.next) throw this.#fail('relay-answer')
    if (kind === 'recovery') this.#recoveryMailboxes.add(box.mailbox)
    return { oldest: answer.oldest, next: answer.next }
  }

  /** Resolves when the items are on the relay's disk and it has signed for them. `keepUntil` by its clock. */
  async append(mailbox: MailboxId, items: readonly Uint8Array[], keepUntil: number): Promise<Receipt> {
    const mark = this.#mark()
    const answer = await this.ask('stored', { kind: 'append', mailbox, keepUntil, items })
    const receipt = await this.#checked(
      openReceipt(answer.receipt, { relay: this.#relayKey, mailbox, items }),
    )
    const { size, root } = receipt.checkpoint
    const statement = utf8ToBytes(receipt.note)
    const head = { tenant: receipt.tenant, size, root, statement, isFirst: false }
    if (!this.#recoveryMailboxes.has(mailbox)) this.#saw(head, mark)
    return receipt
  }

  async read(mailbox: MailboxId, cursor: number, maxBytes: number): Promise<MailboxRange> {
    const mark = this.#mark()
    const answer = await this.ask('range', { kind: 'read', mailbox, cursor, maxBytes })
    const asked = { relay: this.#relayKey, mailbox, from: cursor }
    const range = await this.#checked(openRange(answer.statement, answer.items, asked))
    const { tenant, size, root } = range
    const head = { tenant, size, root, statement: answer.statement, isFirst: false }
    if (!this.#recoveryMailboxes.has(mailbox)) this.#saw(head, mark)
    return { items: answer.items, to: range.to, next: range.next }
  }

  /** From now on `onGrew` hears of this mailbox; answers its next offset. */
  async subscribe(mailbox: MailboxId): Promise<number> {
    return (await this.ask('subscribed', { kind: 'subscribe', mailbox })).next
  }

  async unsubscribe(mailbox: MailboxId): Promise<void> {
    await this.ask('done', { kind: 'unsubscribe', mailbox })
  }

  /** Gives a mailbox back: a session may hold only so many open. */
  async closeMailbox(mailbox: MailboxId): Promise<void> {
    await this.ask('done', { kind: 'close', mailbox })
  }

  async policy(): Promise<Policy> {
    return this.#checked(openPolicy((await this.ask('policy', { kind: 'policy' })).policy, this.#relayKey))
  }

  /** Proof that the tenant's log of `size` leaves begins with its first `oldSize`; RFC 9162. Attested only. */
  async consistency(oldSize: number, size: number): Promise<readonly Uint8Array[]> {
    return (await this.ask('consistent', { kind: 'consistency', oldSize, size })).hashes
  }

  /** A one-use ticket for live rooms, and when it expires by the relay's clock. */
  async ticket(): Promise<{ ticket: string; expires: number }> {
    const { ticket, expires } = await this.ask('ticketed', { kind: 'ticket' })
    return { ticket, expires }
  }

  close(reason: CliqueError = new CliqueError('relay-closed')): void {
    this.#finish(reason)
  }

  /** One request. @throws CliqueError the relay's own refusal, or `relay-closed`, `relay-silent`, `relay-answer` */
  async ask<Kind extends Answer['kind']>(
    kind: Kind,
    up: UpBody<Up>,
    waitMs: number = answerMs,
  ): Promise<AnswerOf<Kind>> {
    if (this.#over !== null) throw this.#over
    const request = ++this.#lastRequest
    const bytes = upToBytes({ ...up, request } as Up)
    while (this.#unanswered > 0 && this.#unanswered + bytes.length > limits.unansweredBytes) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
      if (this.#over !== null) throw this.#over
    }
    this.#unanswered += bytes.length
    // Answers share one line: what is asked behind something slow waits for that, too.
    const longestMs = [...this.#asked.values()].reduce((ms, asked) => Math.max(ms, asked.waitMs), waitMs)
    const answer = new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => this.#fail('relay-silent'), longestMs)
      const size = bytes.length
      this.#asked.set(request, { kind, size, waitMs, resolve, reject, stopTimer: () => clearTimeout(timer) })
    })
    // The channel's failure ends the session, which rejects the answer.
    this.#channel.send(bytes).catch(() => this.#fail('relay-closed'))
    return (await answer) as AnswerOf<Kind>
  }

  #mark(): number {
    return this.#options.log?.mark() ?? 0
  }

  #saw(head: LogHead, mark: number): void {
    this.#options.log?.saw(this, head, mark)
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.#channel.receive()
        if (frame === null) return this.close()
        this.#receive(frame)
      }
    } catch (error) {
      this.#finish(error instanceof CliqueError ? error : new CliqueError('relay-closed'))
    }
  }

  #receive(frame: Uint8Array): void {
    const message = bytesToDown(frame)
    if (message.kind === 'grew') return this.#options.onGrew?.(message.mailbox, message.next)
    if (message.kind === 'closing') return this.#finish(new CliqueError(message.code))
    const asked = this.#asked.get(message.request)
    if (asked === undefined) throw new CliqueError('relay-answer')
    this.#asked.delete(message.request)
    this.#unanswered -= asked.size
    this.#wakeWaiting()
    asked.stopTimer()
    if (message.kind === 'refused') asked.reject(new CliqueError(message.code))
    else if (message.kind === asked.kind) asked.resolve(message)
    else {
      asked.reject(new CliqueError('relay-answer'))
      throw new CliqueError('relay-answer')
    }
  }

  #wakeWaiting(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  /** A statement that does not hold ends the session. */
  async #checked<T>(statement: Promise<T>): Promise<T> {
    try {
      return await statement
    } catch (error) {
      if (error instanceof CliqueError) this.#finish(error)
      throw error
    }
  }

  #fail(code: 'relay-silent' | 'relay-answer' | 'relay-closed'): CliqueError {
    const error = new CliqueError(code)
    this.#finish(error)
    return error
  }

  #finish(reason: CliqueError): void {
    if (this.#over !== null) return
    this.#over = reason
    for (const { reject, stopTimer } of this.#asked.values()) {
      stopTimer()
      reject(reason)
    }
    this.#asked.clear()
    this.#wakeWaiting()
    this.#channel.abort()
    this.#end(reason)
  }
}

/** Whether two capabilities are the same key. */
export function isSameCapability(a: Capability, b: Capability): boolean {
  return a.generation === b.generation && equal(a.publicKey, b.publicKey)
}
