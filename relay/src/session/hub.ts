import { serverLimits } from '../server-limits.ts'
import type { MailboxPlace, TenantId } from '../storage/storage.ts'
import type { Attested } from './facts.ts'
import type { SessionEvent } from './session.ts'

/** A session as the others see it. */
export interface HubSession {
  readonly peer: string
  readonly attested: Attested | null
  deliver(event: SessionEvent): void
  /** Takes no more requests, answers those it has, then ends. */
  leave(): void
}

interface Growth {
  readonly next: number
  /** Who appended, where it was one session: it knows already. */
  readonly by: HubSession | null
}

/** All sessions of this relay: who watches what, and who is attested. */
export class Hub {
  readonly #sessions = new Set<HubSession>()
  readonly #watchers = new Map<MailboxPlace, Set<HubSession>>()
  /** PeerId, or PeerId and tenant -> when the last session of theirs ended, or that was attested for it; milliseconds. */
  readonly #left = new Map<string, number>()
  #grown = new Map<MailboxPlace, Growth>()
  #onEmpty: (() => void) | null = null

  get size(): number {
    return this.#sessions.size
  }

  countOf(peer: string): number {
    let count = 0
    for (const session of this.#sessions) if (session.peer === peer) count++
    return count
  }

  /**
   * Whether one more session has a place among `max`. Where all are taken, the unattested one that has been here
   * longest gives up its own: strangers cannot keep members out.
   */
  makeRoom(max: number, now: number): boolean {
    if (this.#sessions.size < max) return true
    for (const session of this.#sessions) {
      if (session.attested !== null) continue
      session.deliver({ kind: 'close', code: 'relay-too-many' })
      this.remove(session, now)
      return true
    }
    return false
  }

  add(session: HubSession): void {
    this.#sessions.add(session)
  }

  remove(session: HubSession, now: number): void {
    if (!this.#sessions.delete(session)) return
    const { peer, attested } = session
    this.#left.set(peer, now)
    if (attested !== null && attested.expires > now) this.#left.set(`${peer} ${attested.tenant}`, now)
    if (this.#sessions.size === 0) this.#onEmpty?.()
    for (const [mailbox, watchers] of this.#watchers) {
      if (watchers.delete(session) && watchers.size === 0) this.#watchers.delete(mailbox)
    }
  }

  watch(place: MailboxPlace, session: HubSession): void {
    if (!this.#sessions.has(session)) return
    const watchers = this.#watchers.get(place) ?? new Set()
    watchers.add(session)
    this.#watchers.set(place, watchers)
  }

  unwatch(place: MailboxPlace, session: HubSession): void {
    const watchers = this.#watchers.get(place)
    if (watchers?.delete(session) === true && watchers.size === 0) this.#watchers.delete(place)
  }

  /** Told once per turn of the event loop, however many batches came in it. */
  grew(place: MailboxPlace, next: number, by: HubSession): void {
    if (!this.#watchers.has(place)) return
    if (this.#grown.size === 0) setImmediate(() => this.#tell())
    const before = this.#grown.get(place)
    const sameSession = before === undefined || before.by === by
    this.#grown.set(place, { next: Math.max(next, before?.next ?? 0), by: sameSession ? by : null })
  }

  #tell(): void {
    const grown = this.#grown
    this.#grown = new Map()
    for (const [place, { next, by }] of grown) {
      for (const session of this.#watchers.get(place) ?? []) {
        if (session !== by) session.deliver({ kind: 'grew', place, next })
      }
    }
  }

  everyone(event: SessionEvent): void {
    for (const session of [...this.#sessions]) session.deliver(event)
  }

  /** All sessions end in good order, or are left behind after `wait` milliseconds. */
  async leave(wait: number): Promise<void> {
    if (this.#sessions.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait)
      this.#onEmpty = () => {
        clearTimeout(timer)
        resolve()
      }
      for (const session of [...this.#sessions]) session.leave()
    })
  }

  /** PeerIds that are attested for a tenant with no newer generation than this. */
  attestedUpTo(tenant: TenantId, generation: number): Set<string> {
    const sessions = [...this.#sessions].filter(
      ({ attested }) => attested?.tenant === tenant && attested.generation <= generation,
    )
    return new Set(sessions.map(({ peer }) => peer))
  }

  /**
   * Whether this PeerId has a session, or one that is attested for this tenant, or had it a moment ago: a device that proves a
   * newer capability ends one session before the next is there, and keeps what it has meanwhile.
   */
  isHere(peer: string, now: number, tenant: TenantId | null = null): boolean {
    const name = tenant === null ? peer : `${peer} ${tenant}`
    const has = tenant === null ? this.countOf(peer) > 0 : this.#isAttested(peer, tenant, now)
    return has || now - (this.#left.get(name) ?? -Infinity) < serverLimits.betweenSessions
  }

  #isAttested(peer: string, tenant: TenantId, now: number): boolean {
    for (const { peer: other, attested } of this.#sessions) {
      if (other === peer && attested?.tenant === tenant && attested.expires > now) return true
    }
    return false
  }

  /** Lets go of who left longer ago than that. */
  forget(now: number): void {
    for (const [name, time] of this.#left) {
      if (now - time >= serverLimits.betweenSessions) this.#left.delete(name)
    }
  }

  /** The tenant that this PeerId is attested for now, in any of its sessions. */
  tenantOf(peer: string, now: number): TenantId | null {
    for (const { peer: other, attested } of this.#sessions) {
      if (other === peer && attested !== null && attested.expires > now) return attested.tenant
    }
    return null
  }
}
