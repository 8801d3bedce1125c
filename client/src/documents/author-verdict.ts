import type { CliqueLog, DeviceId, OperationId, RosterState } from '@clique/crypto'

/** `wait`: the roster that the author names has not come here yet. */
export type AuthorVerdict = 'member' | 'stranger' | 'wait'

/** Says whether a device might write, by the roster that its record names and by the one of today. */
export function judgeAuthor(log: CliqueLog, device: DeviceId, heads: readonly OperationId[]): AuthorVerdict {
  if (heads.length === 0) return 'stranger'
  if (!heads.every((head) => log.operations.has(head))) return 'wait'
  // Whose admission has fallen since (a join by a revoked link) is in no roster of today, whatever was named.
  const isKnown = log.state.devices.has(device)
  // The graph remembers the states of the past: records come in runs that name the same heads.
  return isKnown && mayWrite(log.graph.stateAt(heads), device) ? 'member' : 'stranger'
}

function mayWrite(roster: RosterState, device: DeviceId): boolean {
  const found = roster.devices.get(device)
  const member = found === undefined ? undefined : roster.members.get(found.member)
  return found?.status === 'in' && member?.status === 'in' && member.role !== 'reader'
}
