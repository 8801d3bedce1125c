import type { Member, MemberId, RosterState } from '@clique/crypto'
import type { LiveRoster } from './live-roster.svelte.ts'
import type { LinkedMembers } from '../sync/connection-state.ts'
import type { MemberRow, MembersView, Presence } from './members-view.ts'

/** The people of one clique. See `MembersView`. */
export class Members implements MembersView {
  readonly #roster: LiveRoster
  readonly #me: MemberId
  readonly #linked: () => LinkedMembers
  readonly #isOver: () => boolean
  readonly #rows = $derived.by(() => {
    const { state } = this.#roster
    return state === null ? [] : memberRows(state, this.#me, this.#linked(), this.#isOver())
  })

  /** `linked`: members with a linked device. `isOver`: this device is out. Both are read reactively. */
  constructor(
    roster: LiveRoster,
    me: MemberId,
    linked: () => LinkedMembers,
    isOver: () => boolean = () => false,
  ) {
    this.#roster = roster
    this.#me = me
    this.#linked = linked
    this.#isOver = isOver
  }

  get ready(): boolean {
    return this.#roster.state !== null
  }

  get rows(): readonly MemberRow[] {
    return this.#rows
  }
}

export function memberRows(
  state: Pick<RosterState, 'members' | 'devices'>,
  me: MemberId,
  linked: LinkedMembers,
  isOver = false,
): MemberRow[] {
  return [...state.members.values()]
    .filter(({ id, status }) => status !== 'out' && !(isOver && id === me))
    .map((member) => memberRow(state, member, me, linked, isOver))
    .toSorted((a, b) => Number(b.me) - Number(a.me) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
}

export function memberRow(
  { devices }: Pick<RosterState, 'devices'>,
  { id, name, role, devices: own }: Member,
  me: MemberId,
  linked: LinkedMembers,
  isOver: boolean,
): MemberRow {
  return {
    id,
    name,
    role,
    me: id === me,
    presence: id === me && !isOver ? 'here' : presenceOf(id, linked),
    devices: own.filter((device) => devices.get(device)?.status === 'in').length,
  }
}

function presenceOf(member: MemberId, { direct, relayed }: LinkedMembers): Presence {
  if (direct.includes(member)) return 'direct'
  return relayed.includes(member) ? 'relayed' : 'away'
}
