import type { MemberId, RosterState } from '@clique/crypto'
import type { LiveRoster } from './live-roster.svelte.ts'
import type { MemberRow, MembersView } from './members-view.ts'

/** The people of one clique. See `MembersView`. */
export class Members implements MembersView {
  readonly #roster: LiveRoster
  readonly #me: MemberId
  readonly #connected: () => ReadonlySet<MemberId>
  readonly #rows = $derived.by(() => {
    const { state } = this.#roster
    return state === null ? [] : memberRows(state, this.#me, this.#connected())
  })

  /** `connected`: members with a linked device; read reactively. */
  constructor(roster: LiveRoster, me: MemberId, connected: () => ReadonlySet<MemberId>) {
    this.#roster = roster
    this.#me = me
    this.#connected = connected
  }

  get ready(): boolean {
    return this.#roster.state !== null
  }

  get rows(): readonly MemberRow[] {
    return this.#rows
  }
}

export function memberRows(
  state: Pick<RosterState, 'members'>,
  me: MemberId,
  connected: ReadonlySet<MemberId>,
): MemberRow[] {
  return [...state.members.values()]
    .filter(({ status }) => status !== 'out')
    .map((member) => ({
      id: member.id,
      name: member.name,
      role: member.role,
      me: member.id === me,
      connected: member.id === me || connected.has(member.id),
      devices: member.devices.length,
    }))
    .toSorted((a, b) => Number(b.me) - Number(a.me) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
}
