import type { DeviceId, InviteId } from '../ids.ts'
import type { LastOperation } from './operation.ts'
import { maxLine, maxNamedDevices } from './limits.ts'
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
const spoiledInvitations = onceFor((state): ReadonlySet<InviteId> => {
  const found = new Set<InviteId>()
  for (const { invite, status, taken } of takersIn(state)) {
    if (status !== 'in' || taken?.status !== 'in') found.add(invite)
  }
  return found
})

/**
 * All that has ended an invitation for those who take it without knowing: that it was revoked or closed, and what took
 * out, or showed as copied, the device that made it and those that took it. That it is used up ends it for nobody in
 * particular, nor does a taker who waits: who came by which use may turn out otherwise. `maker`: the device, where it has no effect.
 */
export function endsOfInvitation(
  state: View,
  id: InviteId,
  maker: DeviceId | null = null,
): readonly string[] {
  const { status, device = maker } = state.invitations.get(id) ?? {}
  const own = status === 'revoked' || status === 'closed' ? [status] : []
  return [
    ...own,
    ...(device === null ? [] : endsOfDevice(state, device)),
    ...(endsOfTakers(state).get(id) ?? []),
  ]
}

function endsOfDevice({ members, devices }: View, id: DeviceId): readonly string[] {
  const device = devices.get(id)
  if (device === undefined) return []
  const copied = device.status === 'forked' ? [`copied ${id}`] : []
  return [...copied, ...device.endedBy, ...(members.get(device.member)?.endedBy ?? [])]
}

/** What ended the devices that had added a device, one by another. */
export function endsOfLine(state: View, id: DeviceId): readonly string[] {
  const ends: string[] = []
  let at = state.devices.get(id)?.addedBy
  // Of two that are out each may have added the other, in parts that had not heard of each other.
  for (let i = 0; at != null && i < maxLine; i++) {
    ends.push(...endsOfDevice(state, at))
    at = state.devices.get(at)?.addedBy
  }
  return ends
}

const endsOfTakers = onceFor((state): ReadonlyMap<InviteId, readonly string[]> => {
  const found = new Map<InviteId, readonly string[]>()
  for (const { invite, endedBy, said, taken } of takersIn(state)) {
    const all = taken === undefined ? endedBy : endsOfDevice(state, taken.id)
    // What somebody says for themselves alone ends nothing for others.
    const alone: readonly string[] = said
    const ends = all.filter((end) => !alone.includes(end))
    if (ends.length > 0) found.set(invite, [...(found.get(invite) ?? []), ...ends])
  }
  return found
})

/** Members who came by an invitation, with it and with the device that they took it with. */
function takersIn({ members, devices }: View) {
  return [...members.values()].flatMap(({ invite, status, endedBy, said, devices: own }) => {
    const taken = own.map((id) => devices.get(id)).find((device) => device?.since === null)
    return invite === null ? [] : [{ invite, status, endedBy, said, taken }]
  })
}

/** What follows from members and devices alone: states share the maps that nothing has changed. */
function onceFor<T>(derive: (state: View) => T): (state: View) => T {
  const known = new WeakMap<View['members'], WeakMap<View['devices'], { readonly result: T }>>()
  return (state) => {
    const byDevices = known.get(state.members) ?? new WeakMap<View['devices'], { readonly result: T }>()
    const { result } = byDevices.get(state.devices) ?? { result: derive(state) }
    known.set(state.members, byDevices.set(state.devices, { result }))
    return result
  }
}

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
