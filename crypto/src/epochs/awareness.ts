import type { OperationId, SpaceId } from '../ids.ts'
import { push } from '../roster/ends.ts'
import { endsOfInvitation, endsOfLine, isOpen } from '../roster/standing.ts'
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
  const checks = found === undefined ? checksOf(state) : [...checksOf(state), ...checksOfSpace(state, found)]
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
  for (const { id, status, undoneBy, endedBy, said, invite, inviter, admission } of members.values()) {
    if (status === 'in') {
      // Whom they had let in beside that is in for whoever has not heard of it.
      if (undoneBy.length > 0) checks.push((view) => knowsEach(undoneBy, view.members.get(id)?.demotedBy))
      continue
    }
    // What they say for themselves is asked for where something has let them in: each who comes by an old link could else say it.
    const asked = admission === 'in' ? endedBy : endedBy.filter((end) => !said.includes(end))
    if (asked.length > 0) {
      const knowsAll = knowingOf(state, asked)
      checks.push((view) => knowsAll(view.members.get(id)?.endedBy))
      continue
    }
    const ends = invite === null ? [] : endsOfInvitation(state, invite, inviter)
    const knowsAll = knowingOf(state, ends)
    checks.push((view) => {
      const before = view.members.get(id)?.status
      if (before === 'in') return false
      // Each of them may be unknown to somebody who has a reason to let them in.
      const heard = invite === null ? [] : endsOfInvitation(view, invite, inviter)
      return knowsAll(heard) && (ends.length > 0 || isKept(before))
    })
  }
  for (const { id, status, endedBy, member } of devices.values()) {
    if (status === 'in' || members.get(member)?.status !== 'in') continue
    const knowsAll = knowingOf(state, endedBy.length > 0 ? endedBy : endsOfLine(state, id))
    if (status === 'forked') checks.push((view) => view.devices.get(id)?.status === 'forked')
    else if (endedBy.length > 0) checks.push((view) => knowsAll(view.devices.get(id)?.endedBy))
    else checks.push((view) => isKept(view.devices.get(id)?.status) && knowsAll(endsOfLine(view, id)))
  }
  // Whoever found a link has its keys. That it is used up ends it for nobody in particular.
  for (const invitation of invitations.values()) {
    const isUsedUp = invitation.status === 'used' && endsOfInvitation(state, invitation.id).length === 0
    if (isOpen(state, invitation) || isUsedUp) continue
    checks.push((view) => {
      const before = view.invitations.get(invitation.id)
      return before !== undefined && !isOpen(view, before)
    })
  }
  known.set(members, { devices, invitations, checks })
  return checks
}

/**
 * Of whoever was taken out of a space: somebody may put them in again who knows what took them out. Where they are in again,
 * whom they had put in beside that is in for whoever has not heard of it.
 */
function checksOfSpace(state: RosterState, { id, places }: Space): Check[] {
  return [...places].flatMap(([member, { endedBy, endedBefore }]): Check[] => {
    if (endedBy.length === 0 && endedBefore.length === 0) return []
    const knowsAll = knowingOf(state, endedBy)
    return [
      ({ spaces }) => {
        const before = spaces.get(id)?.places.get(member)
        const heard = [...(before?.endedBefore ?? []), ...(before?.endedBy ?? [])]
        return knowsAll(before?.endedBy) && knowsEach(endedBefore, heard)
      },
    ]
  })
}

function knowsEach(ends: readonly OperationId[], heard: readonly OperationId[] = []): boolean {
  return ends.every((end) => heard.includes(end))
}

/**
 * Whether somebody who had heard of some ends knew enough of all that hold: who knows what has undone the others need not
 * know of one that was unknown. But of those by one device, and by anybody who is out, one is enough: what undoes it undoes
 * them all, and they could be said again and again, dated back, and each would have everybody begin an epoch.
 */
function knowingOf(
  state: RosterState,
  ends: readonly string[],
): (heard: readonly string[] | undefined) => boolean {
  const byVoice = new Map<string, string[]>()
  for (const end of ends) push(byVoice, voiceOf(state, end), end)
  const groups = [...byVoice.values()]
  return (heard = []) => groups.every((group) => group.some((end) => heard.includes(end)))
}

/** Of ends with one voice one has to be known. */
function voiceOf({ enders, members }: RosterState, end: string): string {
  const ender = enders.get(end as OperationId)
  if (ender === undefined) return end
  return members.get(ender.member)?.status === 'in' && ender.device !== null ? ender.device : ender.member
}

/** Known, and kept out. */
function isKept(status: string | undefined): boolean {
  return status !== undefined && status !== 'in'
}
