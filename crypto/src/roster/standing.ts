import type { DeviceId, InviteId } from '../ids.ts'
import type { LastOperation } from './operation.ts'
import { maxNamedDevices } from './limits.ts'
import { sortedIds } from './sorted-ids.ts'
import type { Invitation, Member, RosterState, View } from './state.ts'

export function isIn(state: View, id: DeviceId): boolean {
  const device = state.devices.get(id)
  return device?.status === 'in' && state.members.get(device.member)?.status === 'in'
}

/**
 * Who made an invitation and who took it know its keys. So it ends, with uses left, when the device that made it stops,
 * and when one of the takers does or waits in quarantine.
 */
export function isOpen(state: View, invitation: Invitation): boolean {
  if (invitation.status !== 'open' || !isIn(state, invitation.device)) return false
  return invitation.used === 0 || !spoiledInvitations(state).has(invitation.id)
}

export function openInvitations(state: View): Invitation[] {
  return [...state.invitations.values()].filter((invitation) => isOpen(state, invitation))
}

/** Invitations of which a taker, or the device that one of them took it with, is not in. */
function spoiledInvitations(state: View): ReadonlySet<InviteId> {
  const known = spoiled.get(state.members)?.get(state.devices)
  if (known !== undefined) return known
  const found = new Set<InviteId>()
  for (const { invite, status, devices } of state.members.values()) {
    if (invite === null) continue
    const taken = devices.map((id) => state.devices.get(id)).find((device) => device?.since === null)
    if (status !== 'in' || taken?.status !== 'in') found.add(invite)
  }
  const byDevices = spoiled.get(state.members) ?? new WeakMap()
  spoiled.set(state.members, byDevices.set(state.devices, found))
  return found
}

/** States share the maps that nothing has changed. */
const spoiled = new WeakMap<RosterState['members'], WeakMap<RosterState['devices'], ReadonlySet<InviteId>>>()

/** What a removal says of the devices that it removes. */
export function lastOperationsOf(state: RosterState, member: Member): LastOperation[] {
  return sortedIds(member.devices)
    .slice(0, maxNamedDevices)
    .map((device) => lastOperationOf(state, device))
}

export function lastOperationOf(state: RosterState, device: DeviceId): LastOperation {
  const tip = state.tips.get(device)
  return { device, sequence: tip?.sequence ?? 0, operation: tip?.operation ?? null }
}

export function isSameLast(a: readonly LastOperation[], b: readonly LastOperation[]): boolean {
  return (
    a.length === b.length &&
    a.every((last, at) => {
      const other = b[at]
      return (
        other?.device === last.device &&
        other.sequence === last.sequence &&
        other.operation === last.operation
      )
    })
  )
}
