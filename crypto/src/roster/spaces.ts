import { concat, utf8ToBytes } from '../bytes.ts'
import { sha256 } from '../hash.ts'
import { bytesToId, idSizes, idToBytes } from '../ids.ts'
import type { MemberId, OperationId, SpaceId } from '../ids.ts'
import { labels } from '../labels.ts'
import type {
  CreateSpaceBody,
  NewSpace,
  OperationBody,
  OperationHeader,
  RosterBody,
  SetAudienceBody,
} from './operation.ts'
import { sortedIds } from './sorted-ids.ts'
import type { Member, Place, RosterState, Space } from './state.ts'

type Roster = Pick<RosterState, 'members' | 'spaces'>

/** Whether a member is in a space: in the clique, and in the audience where that is smaller. */
export function isInSpace(state: Roster, space: SpaceId, member: MemberId): boolean {
  const audience = state.spaces.get(space)?.audience
  if (audience === undefined || state.members.get(member)?.status !== 'in') return false
  return audience === 'everyone' || audience.has(member)
}

/** Everybody who is in a space. */
export function membersOfSpace(state: Roster, space: SpaceId): Member[] {
  return [...state.members.values()].filter(({ id }) => isInSpace(state, space, id))
}

/** Whose epochs a space uses: its own where the audience is smaller; null for the clique's. */
export function epochsOwner(state: Roster, space: SpaceId): SpaceId | null {
  const audience = state.spaces.get(space)?.audience
  return audience === undefined || audience === 'everyone' ? null : space
}

type SpaceNaming = Pick<CreateSpaceBody, 'kind' | 'salt' | 'members'>

/**
 * The name of a new space. Whoever wants to name another's so, to have what is written there go to others, would have to
 * be the same device at the same number with the same audience.
 */
export function spaceIdOf(
  { clique, author, sequence }: OperationHeader,
  { kind, salt, members }: SpaceNaming,
): SpaceId {
  const named = [clique, author.id, sequence, kind].join(' ')
  const audience = members === null ? [] : [concat(...members.map(idToBytes))]
  return bytesToId(
    'space',
    sha256(labels.spaceId, utf8ToBytes(named), salt, ...audience).slice(0, idSizes.space),
  )
}

/** Who takes only themselves out begins no epoch: they are not to choose the key of the others. */
export function isLeaving({ add, remove }: Omit<SetAudienceBody, 'rotation'>, member: MemberId): boolean {
  return add.length === 0 && remove.length === 1 && remove[0] === member
}

/** Whose epochs an operation rotates: a space's, null for the clique's, undefined for none. */
export function rotatedBy(body: OperationBody, member: MemberId): SpaceId | null | undefined {
  switch (body.type) {
    case 'create-space':
      return body.members === null ? undefined : body.space
    case 'set-audience':
      return isLeaving(body, member) ? undefined : body.space
    case 'rotate-epoch':
      return body.space ?? null
    default:
      return 'rotation' in body ? null : undefined
  }
}

export function firstSpace(space: NewSpace): Space {
  return { ...space, audience: 'everyone', creator: null, since: null, places: new Map() }
}

export function createdSpace(
  body: Extract<RosterBody, { type: 'create-space' }>,
  creator: MemberId,
  since: OperationId,
): Space {
  const { space: id, kind, title, members } = body
  const places = new Map<MemberId, Place>()
  for (const member of members === null ? [] : [creator, ...members]) {
    places.set(member, { since, endedBy: [], endedBefore: [] })
  }
  return {
    id,
    kind,
    title: typeof title === 'string' ? title : '',
    audience: members === null ? 'everyone' : audienceOf(places),
    creator,
    since,
    places,
  }
}

/** `letsIn`: who of those added is in by it; whoever is taken out is out. */
export function withAudience(
  space: Space,
  { add, remove }: Pick<SetAudienceBody, 'add' | 'remove'>,
  by: OperationId,
  letsIn: (member: MemberId) => boolean,
): Space {
  const places = new Map(space.places)
  for (const member of add) {
    const { endedBy, endedBefore } = places.get(member) ?? { endedBy: null, endedBefore: [] }
    if (endedBy?.length === 0 || !letsIn(member)) continue
    places.set(member, {
      since: by,
      endedBy: [],
      endedBefore: sortedIds([...endedBefore, ...(endedBy ?? [])]),
    })
  }
  for (const member of remove) {
    // Also where what had put them in has no effect: somebody may put them in beside that.
    const place = places.get(member) ?? { since: by, endedBy: [], endedBefore: [] }
    places.set(member, { ...place, endedBy: sortedIds([...place.endedBy, by]) })
  }
  return { ...space, places, audience: audienceOf(places) }
}

function audienceOf(places: ReadonlyMap<MemberId, Place>): ReadonlySet<MemberId> {
  return new Set([...places].filter(([, { endedBy }]) => endedBy.length === 0).map(([member]) => member))
}
