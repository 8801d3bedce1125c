import type { CliqueLog, DeviceId, MemberStatus, OperationId, RosterState } from '@clique/crypto'

/** `wait`: the roster that the author names has not come here yet, or the author's own place is not settled. */
export type AuthorVerdict = 'member' | 'stranger' | 'wait'

/** Says whether a device might write, by the roster that its record names and by the one of today. */
export function judgeAuthor(log: CliqueLog, device: DeviceId, heads: readonly OperationId[]): AuthorVerdict {
  if (heads.length === 0) return 'stranger'
  if (!heads.every((head) => log.operations.has(head))) return 'wait'
  // The graph remembers the states of the past: records come in runs that name the same heads.
  if (!mayWrite(log.graph.stateAt(heads), device)) return 'stranger'
  // Whoever comes by a link that was used or taken back names a roster in which nobody knew of that yet, and is in
  // there. It is today's that says whether the admission stands.
  const standing = standingOf(log.state, device)
  if (standing === 'quarantined') return 'wait'
  return standing === 'in' ? 'member' : 'stranger'
}

function mayWrite(roster: RosterState, device: DeviceId): boolean {
  const found = roster.devices.get(device)
  const member = found === undefined ? undefined : roster.members.get(found.member)
  return found?.status === 'in' && member?.status === 'in' && member.role !== 'reader'
}

function standingOf(roster: RosterState, device: DeviceId): MemberStatus | null {
  const member = roster.devices.get(device)?.member
  return member === undefined ? null : (roster.members.get(member)?.status ?? null)
}
