import { toHex } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { relayVersion } from '../../protocol/index.ts'
import type { Down, MailboxKind, SessionFacts, Up } from '../../protocol/index.ts'
import type { TestKey } from '../../protocol/testing/relay-key.ts'
import { identityFromSeed } from '../identity.ts'
import { Allowances } from '../session/allowance.ts'
import { CheckpointNotes, answeringFor } from '../session/answering.ts'
import type { World } from '../session/answering.ts'
import { Session } from '../session/session.ts'
import type { SessionEffect, SessionEvent } from '../session/session.ts'
import { hashOfToken } from '../session/tenant-requests.ts'
import { FileChunks } from '../storage/file-chunks.ts'
import { SqliteStorage } from '../storage/sqlite-storage.ts'
import type { TenantId } from '../storage/storage.ts'
import { Tickets } from '../tickets.ts'
import { openMessage } from './tenant-keys.ts'
import type { TenantKeys } from './tenant-keys.ts'

type WithoutRequest<Message> = Message extends Up ? Omit<Message, 'request'> : never

/** A relay without a network: storage in memory, a clock that stands still until it is moved. */
export class TestRelay {
  now = 1_800_000_000_000
  readonly identity = identityFromSeed(new Uint8Array(32).fill(251))
  readonly storage = new SqliteStorage(':memory:')
  readonly #folder = mkdtempSync(join(tmpdir(), 'clique-session-'))
  readonly chunks = new FileChunks(this.#folder)
  readonly allowances = new Allowances()
  readonly devices: TestSession[] = []
  readonly world: World
  readonly notes: CheckpointNotes
  #randomness = 0

  constructor() {
    const random = (n: number): Uint8Array => new Uint8Array(n).fill(++this.#randomness)
    const now = (): number => this.now
    const { storage, chunks, identity } = this
    this.world = {
      storage,
      chunks,
      identity,
      tickets: new Tickets(random),
      stunPort: () => 3478,
      webRtc: () => null,
      now,
      random,
    }
    this.notes = new CheckpointNotes(this.identity)
  }

  async close(): Promise<void> {
    await Promise.all([this.storage.close(), this.chunks.close()])
    rmSync(this.#folder, { recursive: true })
  }

  /** A device that has said hello. */
  async device(peer: string): Promise<TestSession> {
    const device = new TestSession(this, peer)
    this.devices.push(device)
    await device.hello()
    return device
  }

  /** A device of a tenant that is registered and attested. */
  async member(keys: TenantKeys, peer: string): Promise<TestSession> {
    const device = await this.device(peer)
    if ((await this.storage.findTenant(toHex(keys.id) as TenantId)) === null) {
      const token = new Uint8Array(16).fill(keys.admin.publicKey[0] ?? 0)
      await this.storage.allow(hashOfToken(token), this.now, this.now + 1000, 100)
      await device.ask(keys.register(this.identity.key, token), 'registered')
    }
    await device.ask(keys.prove(device.facts), 'attested')
    return device
  }
}

/** One session of a `TestRelay`, run to the end of each request. */
export class TestSession {
  readonly peer: string
  readonly session: Session
  readonly pushes: Down[] = []
  facts: SessionFacts
  isEnded = false
  readonly #relay: TestRelay
  readonly #answers = new Map<number, (answer: Down) => void>()
  #lastRequest = 0

  constructor(relay: TestRelay, peer: string) {
    this.#relay = relay
    this.peer = peer
    const { key } = relay.identity
    this.facts = { relay: key, peer, nonce: new Uint8Array(32), time: 0 }
    this.session = new Session(key, peer, (...spent) => relay.allowances.spend(peer, ...spent))
  }

  async hello(): Promise<void> {
    const { nonce, time } = await this.ask({ kind: 'hello', version: relayVersion }, 'welcome')
    this.facts = { ...this.facts, nonce, time }
  }

  /** The answer, which has to be of that kind. */
  async ask<Kind extends Down['kind']>(body: WithoutRequest<Up>, kind: Kind): Promise<Down<Kind>> {
    const answer = await this.request(body)
    if (answer.kind !== kind) throw new Error(`not ${kind} but ${JSON.stringify(answer)}`)
    return answer as Down<Kind>
  }

  /** The code of the refusal, or the kind of another answer. */
  async outcome(body: WithoutRequest<Up>): Promise<string> {
    const answer = await this.request(body)
    return answer.kind === 'refused' || answer.kind === 'closing' ? answer.code : answer.kind
  }

  open(key: TestKey, role: MailboxKind): Promise<string> {
    return this.outcome(openMessage(this.facts, key, role))
  }

  append(mailbox: MailboxId, ...items: Uint8Array[]): Promise<string> {
    return this.outcome({ kind: 'append', mailbox, keepUntil: this.#relay.now + 1e9, items })
  }

  request(body: WithoutRequest<Up>): Promise<Down> {
    const request = ++this.#lastRequest
    return new Promise((resolve) => {
      this.#answers.set(request, resolve)
      this.on({ kind: 'message', message: { ...body, request } as Up })
    })
  }

  on(event: SessionEvent): readonly SessionEffect[] {
    const effects = this.session.on(event, this.#relay.now)
    for (const effect of effects) {
      if (effect.kind === 'send') this.#receive(effect.message)
      else if (effect.kind === 'end') this.isEnded = true
      else void this.#answer(effect)
    }
    return effects
  }

  async #answer({ id, question }: SessionEffect & { kind: 'ask' }): Promise<void> {
    const others = (event: SessionEvent): void => {
      for (const device of this.#relay.devices) if (device !== this) device.on(event)
    }
    const answering = answeringFor(this.#relay.world, this.#relay.notes, this.peer, {
      watch: () => undefined,
      unwatch: () => undefined,
      grew: (place, next) => others({ kind: 'grew', place, next }),
      retired: (tenant, generation) => {
        others({ kind: 'retired', tenant, generation })
        this.on({ kind: 'retired', tenant, generation })
      },
    })
    try {
      const answer = await (answering[question.kind] as (asked: typeof question) => Promise<unknown>)(
        question,
      )
      this.on({ kind: 'answer', to: id, answer })
    } catch (error) {
      this.on({ kind: 'failed', to: id, error })
    }
  }

  #receive(message: Down): void {
    if (!('request' in message)) this.pushes.push(message)
    const request =
      'request' in message ? message.request : message.kind === 'closing' ? this.#lastRequest : 0
    this.#answers.get(request)?.(message)
    this.#answers.delete(request)
  }
}
