import { isInSpace } from '@clique/crypto'
import type { MemberId, RosterState, SpaceId } from '@clique/crypto'

/** The spaces that a member is in: nobody hears anything of another one. */
export function spacesOf(roster: Pick<RosterState, 'members' | 'spaces'>, member: MemberId): SpaceId[] {
  return [...roster.spaces.keys()].filter((space) => isInSpace(roster, space, member))
}
