import { compareRanks } from '@clique/crypto'
import type { DeviceId, Member, MemberId, RosterState } from '@clique/crypto'

/** Members who are in, in the order in which they take turns. */
export function mostSeniorFirst(state: RosterState): Member[] {
  return [...state.members.values()]
    .filter(({ status }) => status === 'in')
    .toSorted((a, b) => compareRanks(a.rank, b.rank) || (a.id < b.id ? -1 : 1))
}

/** 0 for the most senior member, then one more for each. */
export function placeInTurn(state: RosterState, member: MemberId): number {
  return Math.max(
    0,
    mostSeniorFirst(state).findIndex(({ id }) => id === member),
  )
}

export function isIn(state: RosterState, device: DeviceId): boolean {
  const known = state.devices.get(device)
  return known?.status === 'in' && state.members.get(known.member)?.status === 'in'
}
