import type { DeviceId, MemberId, SpaceId } from '../ids.ts'
import type { RosterBody } from '../roster/operation.ts'
import { compareRanks, isAbove, wasLetInBy } from '../roster/rank.ts'
import { compareIds } from '../roster/sorted-ids.ts'
import type { Member, RosterState } from '../roster/state.ts'
import type { ContentCut, NamedCut } from './rotation.ts'

type Place = Pick<ContentCut, 'device' | 'space'>
/** Whose word about a device a cut is. */
export type Word = Pick<NamedCut, 'member' | 'authority' | 'round'>

/**
 * What right an author has to speak of a device in a space, by what their operation builds on: it takes the device out
 * with a majority; its author may, or does, take it out; or anybody who is in the space.
 */
export function authorityOver(
  body: RosterBody | null,
  past: RosterState,
  author: MemberId,
  { device, space }: Place,
): NamedCut['authority'] {
  const owner = past.devices.get(device)?.member
  const [by, target] = [past.members.get(author), owner === undefined ? undefined : past.members.get(owner)]
  if (body?.type === 'remove-member' && body.member === owner && body.countersigns.length > 0)
    return 'majority'
  if (body !== null && removes(body, past, device)) return 'above'
  if (by !== undefined && target !== undefined && isAbove(by, target)) return 'above'
  const found = past.spaces.get(space)
  return found !== undefined && found.audience !== 'everyone' && found.creator === author ? 'above' : 'any'
}

/** Whether an operation takes a device out by its own name, its member's, or that of its member in the space. */
export function removes(body: RosterBody, past: RosterState, device: DeviceId): boolean {
  const owner = past.devices.get(device)?.member
  if (body.type === 'remove-member') return owner === body.member
  if (body.type === 'set-audience') return owner !== undefined && body.remove.includes(owner)
  return body.type === 'remove-device' && body.last.device === device
}

/**
 * Negative where the word of `a` about this device goes before that of `b`: what was said of its last end; of the own device
 * of somebody who is in (and after all others where they are not); then by authority, of which a majority has most; of those
 * without any, after others whom the owner of the device let in; then by rank. Nothing in it can be tried again and again.
 */
export function compareWords(state: RosterState, device: DeviceId, a: Word, b: Word): number {
  const id = state.devices.get(device)?.member
  const owner = id === undefined ? undefined : state.members.get(id)
  const rankOf = ({ member }: Word): Member['rank'] => state.members.get(member)?.rank ?? []
  return (
    b.round - a.round ||
    ownness(owner, a) - ownness(owner, b) ||
    authorities.indexOf(a.authority) - authorities.indexOf(b.authority) ||
    friendship(state, owner, a) - friendship(state, owner, b) ||
    compareRanks(rankOf(a), rankOf(b))
  )
}

/** Most first. */
export const authorities = ['majority', 'above', 'any'] as const satisfies readonly NamedCut['authority'][]

function ownness(owner: Member | undefined, { member }: Word): number {
  if (owner?.id !== member) return 1
  return owner.status === 'in' ? 0 : 2
}

function friendship(state: RosterState, owner: Member | undefined, { member, authority }: Word): number {
  const author = state.members.get(member)
  return Number(author !== undefined && authority === 'any' && wasLetInBy(state, author, owner?.id))
}

/**
 * Cuts of several people's devices in the order in which they have room: one of each person after another, the most senior
 * first; of one person by device, as they came, and by space, the oldest authors' first. So a crowd leaves room for the rest.
 */
export function inTurns<T extends Place>(state: RosterState, cuts: readonly T[]): T[] {
  const byMember = new Map<MemberId, T[]>()
  const spaces = new Map(inOrder(state).map((space, place) => [space, place]))
  for (const cut of cuts) {
    const owner = state.devices.get(cut.device)?.member
    if (owner !== undefined) byMember.set(owner, [...(byMember.get(owner) ?? []), cut])
  }
  const rankOf = (id: MemberId): Member['rank'] => state.members.get(id)?.rank ?? []
  const rows = [...byMember]
    .toSorted(([a], [b]) => compareRanks(rankOf(a), rankOf(b)) || compareIds(a, b))
    .map(([owner, own]) => {
      const devices = state.members.get(owner)?.devices ?? []
      return own.toSorted(
        (a, b) =>
          devices.indexOf(a.device) - devices.indexOf(b.device) ||
          (spaces.get(a.space) ?? 0) - (spaces.get(b.space) ?? 0),
      )
    })
  const longest = Math.max(0, ...rows.map((row) => row.length))
  return Array.from({ length: longest }, (_, turn) => rows.flatMap((row) => row[turn] ?? [])).flat()
}

/** Those that the clique began with, then by who created them: a name can be tried again and again. */
function inOrder({ spaces, members }: RosterState): SpaceId[] {
  const rankOf = (id: MemberId | null): Member['rank'] => (id === null ? [] : (members.get(id)?.rank ?? []))
  return [...spaces.values()]
    .toSorted(
      (a, b) =>
        Number(a.creator !== null) - Number(b.creator !== null) ||
        compareRanks(rankOf(a.creator), rankOf(b.creator)) ||
        compareIds(a.id, b.id),
    )
    .map(({ id }) => id)
}
