import { isInSpace } from '@clique/crypto'
import type {
  CliqueLog,
  DeviceId,
  MemberId,
  RecordBody,
  RecordId,
  RecordLimit,
  RosterState,
  SpaceId,
} from '@clique/crypto'
import { isWithin } from './visibility.ts'

/** `wait`: the roster that the author names has not come here yet, or the one of today does not let it be shown. */
export type AuthorVerdict = 'member' | 'stranger' | 'wait'

/**
 * Says whether a device might write a record, by the roster that the record names and by the `limit` of today. The first
 * answer is for ever. The second may change: what it keeps out waits, and is shown when it would be shown to those who
 * had heard it before.
 */
export function judgeAuthor(
  log: CliqueLog,
  { id, claims }: { readonly id: RecordId; readonly claims: AuthorClaims },
  limit: (device: DeviceId) => RecordLimit,
): AuthorVerdict {
  const { device, heads, space } = claims
  if (heads.length === 0) return 'stranger'
  if (!heads.every((head) => log.operations.has(head))) return 'wait'
  // The graph remembers the states of the past: records come in runs that name the same heads.
  if (!mayWrite(log.graph.stateAt(heads), device, space)) return 'stranger'
  // Whoever comes by a link that was used or taken back names a roster in which nobody knew of that yet, and is in
  // there. It is today's that says whether the admission stands.
  return isWithin(limit(device), { sequence: claims.sequence, id }) ? 'member' : 'wait'
}

export type AuthorClaims = Pick<RecordBody, 'space' | 'device' | 'sequence' | 'heads'>

/** Whether a device may write in a space, by this roster. */
export function mayWrite(roster: RosterState, device: DeviceId, space: SpaceId): boolean {
  const found = roster.devices.get(device)
  const member = found === undefined ? undefined : roster.members.get(found.member)
  if (found?.status !== 'in' || member === undefined) return false
  return isInSpace(roster, space, member.id) && member.role !== 'reader'
}

/** Whose device it is, where that is somebody who is in by today's roster. */
export function memberOf({ state }: CliqueLog, device: DeviceId): MemberId | null {
  const member = state.devices.get(device)?.member
  return member !== undefined && state.members.get(member)?.status === 'in' ? member : null
}

/** Whose a device is, or was. */
export function membersIn({ devices }: RosterState): (device: DeviceId) => string {
  return (device) => devices.get(device)?.member ?? device
}
