import type { ErrorCode } from '../errors.ts'
import type { MemberId, SpaceId } from '../ids.ts'
import { maxOwnSpaces, maxSpaces } from './limits.ts'
import type { RosterChange, SetAudienceBody } from './operation.ts'
import { everybodys, needing } from './right.ts'
import type { Right } from './right.ts'
import { isAdmin } from './roles.ts'
import { isInSpace, isLeaving, spaceIdOf } from './spaces.ts'
import type { Member, RosterState, Space } from './state.ts'

/** All but readers, while there is room. */
export function rightToCreate(change: RosterChange, past: RosterState, member: Member): Right | ErrorCode {
  const { body } = change
  if (body.type !== 'create-space') return 'operation-format'
  if (member.role === 'reader') return 'not-allowed'
  if (body.space !== spaceIdOf(change, body)) return 'space-id'
  const inUse = [...past.spaces.values()].filter((space) => hasSomebody(past, space))
  const own = inUse.filter(({ creator }) => creator === member.id)
  if (inUse.length >= maxSpaces || own.length >= maxOwnSpaces) return 'too-many-spaces'
  return checkMembers(body.members ?? [], past) ?? needing('member')
}

/** The creator, and admins who are in the space; and whoever is in it takes themselves out. */
export function rightToSetAudience(
  body: Omit<SetAudienceBody, 'rotation'>,
  past: RosterState,
  member: Member,
): Right | ErrorCode {
  const space = past.spaces.get(body.space)
  if (space === undefined) return 'space-unknown'
  const { audience } = space
  if (audience === 'everyone' || !isInSpace(past, space.id, member.id)) return 'not-allowed'
  const right = { ...everybodys, rests: placeOf(space, member.id) }
  if (isLeaving(body, member.id)) return right
  const isCreator = space.creator === member.id
  if (body.remove.includes(member.id) || !(isCreator || isAdmin(member.role))) return 'not-allowed'
  const isChange = body.add.every((id) => !audience.has(id)) && body.remove.every((id) => audience.has(id))
  if (!isChange) return 'audience-unchanged'
  return checkMembers(body.add, past) ?? { ...right, needs: isCreator ? null : 'admin' }
}

/** Everybody who is in the space. */
export function rightToRotate(space: SpaceId | null, past: RosterState, member: Member): Right | ErrorCode {
  const found = space === null ? null : past.spaces.get(space)
  if (found === undefined) return 'space-unknown'
  if (found !== null && (found.audience === 'everyone' || !isInSpace(past, found.id, member.id))) {
    return 'not-allowed'
  }
  return found === null ? everybodys : { ...everybodys, rests: placeOf(found, member.id) }
}

/** What somebody's say in a space rests on. */
function placeOf({ since, places }: Space, member: MemberId): Right['rests'] {
  return [...new Set([since, places.get(member)?.since])].filter((id) => id != null)
}

function checkMembers(members: readonly MemberId[], past: RosterState): ErrorCode | null {
  for (const id of members) {
    const status = past.members.get(id)?.status
    if (status !== 'in') return status === undefined ? 'member-unknown' : 'member-out'
  }
  return null
}

function hasSomebody({ members }: RosterState, { audience }: Space): boolean {
  return audience === 'everyone' || [...audience].some((id) => members.get(id)?.status === 'in')
}
