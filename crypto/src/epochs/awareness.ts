import { endsOfInvitation } from '../roster/standing.ts'
import type { SpaceId } from '../ids.ts'
import type { RosterState, Space, View } from '../roster/state.ts'

type Check = (view: View) => boolean

/**
 * Whether somebody who knew this much knew of everybody who is known now to be out or to wait, for a reason that holds
 * now. Of the others somebody who knows no better may lead them back to what that one began.
 */
export function awarenessOf(
  state: RosterState,
  space: SpaceId | null = null,
): (views: readonly View[]) => boolean {
  const found = space === null ? undefined : state.spaces.get(space)
  const checks = found === undefined ? checksOf(state) : [...checksOf(state), ...checksOfSpace(found)]
  return (views) => views.every((view) => checks.every((check) => check(view)))
}

/** States share the maps that nothing has changed. */
const known = new WeakMap<
  View['members'],
  Pick<View, 'devices' | 'invitations'> & { checks: readonly Check[] }
>()

function checksOf(state: RosterState): readonly Check[] {
  const { members, devices, invitations } = state
  const last = known.get(members)
  if (last?.devices === devices && last.invitations === invitations) return last.checks
  const checks: Check[] = []
  for (const { id, status, endedBy, invite } of members.values()) {
    if (status === 'in') continue
    if (endedBy.length > 0) {
      checks.push((view) => sharesOne(view.members.get(id)?.endedBy, endedBy))
      continue
    }
    const ends = invite === null ? [] : endsOfInvitation(state, invite)
    checks.push((view) => {
      const before = view.members.get(id)?.status
      if (before === 'in') return false
      // Each of them may be unknown to somebody who has a reason to let them in.
      const heard = invite === null ? [] : endsOfInvitation(view, invite)
      return ends.every((end) => heard.includes(end)) && (ends.length > 0 || isKept(before))
    })
  }
  for (const { id, status, endedBy, member } of devices.values()) {
    if (status === 'in' || members.get(member)?.status !== 'in') continue
    if (status === 'forked') checks.push((view) => view.devices.get(id)?.status === 'forked')
    else if (endedBy.length > 0) checks.push((view) => sharesOne(view.devices.get(id)?.endedBy, endedBy))
    else checks.push((view) => isKept(view.devices.get(id)?.status))
  }
  known.set(members, { devices, invitations, checks })
  return checks
}

/**
 * Of whoever was taken out of a space. Somebody may put them in again who knows what took them out, so of all that did
 * nothing may have been missing.
 */
function checksOfSpace({ id, places }: Space): Check[] {
  return [...places].flatMap(([member, { endedBy }]): Check[] => {
    if (endedBy.length === 0) return []
    return [
      ({ spaces }) => {
        const ends = spaces.get(id)?.places.get(member)?.endedBy ?? []
        return endedBy.every((end) => ends.includes(end))
      },
    ]
  })
}

/** Known, and kept out. */
function isKept(status: string | undefined): boolean {
  return status !== undefined && status !== 'in'
}

function sharesOne<T>(some: readonly T[] | undefined, others: readonly T[]): boolean {
  return some?.some((one) => others.includes(one)) ?? false
}
