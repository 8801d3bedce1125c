import type { MailboxId } from '@clique/crypto/verify'
import type { TenantId } from '../storage/storage.ts'
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
  readonly #watchers = new Map<MailboxId, Set<HubSession>>()
  #grown = new Map<MailboxId, Growth>()
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
  makeRoom(max: number): boolean {
    if (this.#sessions.size < max) return true
    for (const session of this.#sessions) {
      if (session.attested !== null) continue
      session.deliver({ kind: 'close', code: 'relay-too-many' })
      this.remove(session)
      return true
    }
    return false
  }

  add(session: HubSession): void {
    this.#sessions.add(session)
  }

  remove(session: HubSession): void {
    this.#sessions.delete(session)
    if (this.#sessions.size === 0) this.#onEmpty?.()
    for (const [mailbox, watchers] of this.#watchers) {
      if (watchers.delete(session) && watchers.size === 0) this.#watchers.delete(mailbox)
    }
  }

  watch(mailbox: MailboxId, session: HubSession): void {
    if (!this.#sessions.has(session)) return
    const watchers = this.#watchers.get(mailbox) ?? new Set()
    watchers.add(session)
    this.#watchers.set(mailbox, watchers)
  }

  unwatch(mailbox: MailboxId, session: HubSession): void {
    const watchers = this.#watchers.get(mailbox)
    if (watchers?.delete(session) === true && watchers.size === 0) this.#watchers.delete(mailbox)
  }

  /** Told once per turn of the event loop, however many batches came in it. */
  grew(mailbox: MailboxId, next: number, by: HubSession): void {
    if (!this.#watchers.has(mailbox)) return
    if (this.#grown.size === 0) setImmediate(() => this.#tell())
    const before = this.#grown.get(mailbox)
    const sameSession = before === undefined || before.by === by
    this.#grown.set(mailbox, { next: Math.max(next, before?.next ?? 0), by: sameSession ? by : null })
  }

  #tell(): void {
    const grown = this.#grown
    this.#grown = new Map()
    for (const [mailbox, { next, by }] of grown) {
      for (const session of this.#watchers.get(mailbox) ?? []) {
        if (session !== by) session.deliver({ kind: 'grew', mailbox, next })
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

  /** The tenant that this PeerId is attested for now, in any of its sessions. */
  tenantOf(peer: string, now: number): TenantId | null {
    for (const { peer: other, attested } of this.#sessions) {
      if (other === peer && attested !== null && attested.expires > now) return attested.tenant
    }
    return null
  }
}
