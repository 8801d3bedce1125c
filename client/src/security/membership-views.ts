import type { MemberId } from '@clique/crypto'
import { Ended } from './ended.svelte.ts'
import type { Membership } from './membership.svelte.ts'
import { Person } from './person.svelte.ts'
import { Removals } from './removals.svelte.ts'

/** What screens see of who is and was in one open clique. */
export class MembershipViews {
  readonly removals: Removals
  readonly ended: Ended
  readonly #membership: Membership
  readonly #people = new Map<MemberId, Person>()

  constructor(membership: Membership) {
    this.#membership = membership
    this.removals = new Removals(membership)
    this.ended = new Ended(membership)
  }

  /** Null for somebody unknown. */
  person(id: MemberId): Person | null {
    if (!this.#membership.state.members.has(id)) return null
    const known = this.#people.get(id) ?? new Person(this.#membership, id)
    this.#people.set(id, known)
    return known
  }

  close(): void {
    this.#membership.close()
  }
}
