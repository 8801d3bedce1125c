import { isInSpace, membersOfSpace, titleOf } from '@clique/crypto'
import type { CliqueLog, Member, MemberId, RosterState, Space, SpaceId } from '@clique/crypto'
import type { Named } from '../security/person-view.ts'

/** A conversation that this device may show: of everybody, or one that its member is or was in. */
export interface Place {
  readonly space: SpaceId
  /** The one that it began with; empty for the clique's own. */
  readonly title: string
  readonly isIn: boolean
  /** Null for everyone; else by name, me last. */
  readonly members: readonly Named[] | null
}

/** Those that there is something to show of. Of one that others have among themselves there is no trace. */
export function placesOf(log: CliqueLog, me: MemberId): Place[] {
  return [...log.state.spaces.keys()].flatMap((space) => placeOf(log, space, me) ?? [])
}

/** Null for one that is not shown. */
export function placeOf(log: CliqueLog, space: SpaceId, me: MemberId): Place | null {
  const { state } = log
  const found = state.spaces.get(space)
  if (found === undefined || found.kind !== 'channel' || !wasIn(found, me)) return null
  // Without the key that its name is sealed under nothing of it can be opened either.
  const title = titleOf(log, space)
  if (title === null) return null
  const members = found.audience === 'everyone' ? null : namesOf(membersOfSpace(state, space), me)
  return { space, title, isIn: isInSpace(state, space, me), members }
}

function wasIn({ audience, places }: Space, me: MemberId): boolean {
  return audience === 'everyone' || places.has(me)
}

/** Those who are in the clique and not in this space, by name. */
export function othersOf(state: RosterState, space: SpaceId | null, me: MemberId): Named[] {
  const outside = [...state.members.values()].filter(
    ({ id, status }) => status === 'in' && id !== me && (space === null || !isInSpace(state, space, id)),
  )
  return namesOf(outside, me)
}

export function namesOf(members: readonly Member[], me: MemberId): Named[] {
  return members
    .map(({ id, name }) => ({ id, name, me: id === me }))
    .toSorted((a, b) => Number(a.me) - Number(b.me) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
}
