import type { DeviceId } from '../ids.ts'
import type { RosterState } from '../roster/state.ts'

/** Whether a device has said two things with one number, or one that added it has: whoever copied its key has this one, too. */
export function isCopied(state: RosterState, id: DeviceId, line: readonly DeviceId[] = []): boolean {
  const { status, addedBy = null } = state.devices.get(id) ?? {}
  if (status === 'forked' || addedBy === null || line.includes(addedBy)) return status === 'forked'
  return isCopied(state, addedBy, [...line, addedBy])
}
