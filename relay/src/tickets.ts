import { toBase64url } from '@clique/crypto/verify'
import { limits } from '../protocol/index.ts'
import type { TenantId } from './storage/storage.ts'

const ticketSize = 16

/** One-use tickets for `/signal`, whose protocol has no place for a proof. In memory: they live for a minute. */
export class Tickets {
  readonly #random: (n: number) => Uint8Array
  readonly #tickets = new Map<string, { tenant: TenantId; expires: number }>()

  constructor(random: (n: number) => Uint8Array) {
    this.#random = random
  }

  /** Null when the tenant has too many unused ones. */
  grant(tenant: TenantId, now: number): { ticket: string; expires: number } | null {
    let unused = 0
    for (const [ticket, granted] of this.#tickets) {
      if (granted.expires <= now) this.#tickets.delete(ticket)
      else if (granted.tenant === tenant) unused++
    }
    if (unused >= limits.ticketsPerTenant) return null
    const ticket = toBase64url(this.#random(ticketSize))
    const expires = now + limits.ticketLife
    this.#tickets.set(ticket, { tenant, expires })
    return { ticket, expires }
  }

  /** A capability has ended: whoever got a ticket by it is not to use it any more. The others get new ones. */
  drop(tenant: TenantId): void {
    for (const [ticket, granted] of this.#tickets) if (granted.tenant === tenant) this.#tickets.delete(ticket)
  }

  /** Whose ticket it was; it is used up with that. */
  use(ticket: string, now: number): TenantId | null {
    const granted = this.#tickets.get(ticket)
    this.#tickets.delete(ticket)
    return granted !== undefined && granted.expires > now ? granted.tenant : null
  }
}
