import type { MemberId, SpaceId } from '../ids.ts'
import type { OperationHeader, RosterBody } from '../roster/operation.ts'
import { isInSpace, spaceIdOf } from '../roster/spaces.ts'
import type { RosterState } from '../roster/state.ts'
import type { History } from './histories.ts'

type Dice = Pick<History, 'choose' | 'pick' | 'random'>

/** The spaces with a smaller audience that somebody is in. */
export function smallerSpaces(state: RosterState, member: MemberId): SpaceId[] {
  return [...state.spaces.values()].flatMap(({ id, audience }) =>
    audience !== 'everyone' && isInSpace(state, id, member) ? [id] : [],
  )
}

/** A new space, nearly always for some only. */
export function makeSpace(
  dice: Dice,
  state: RosterState,
  member: MemberId,
): (header: OperationHeader) => RosterBody {
  const others = [...state.members.values()].filter(({ id, status }) => status === 'in' && id !== member)
  const isForAll = dice.choose(8) === 0
  const chosen = others.filter(() => dice.choose(3) > 0).map(({ id }) => id)
  const members = isForAll ? null : chosen.toSorted()
  const naming = { kind: 'channel', salt: dice.random(16), members } as const
  return (header) => ({
    type: 'create-space',
    space: spaceIdOf(header, naming),
    ...naming,
    title: 'Plans',
  })
}

/** Somebody is let into a space and others are put out; friends are let in first. Now and then somebody leaves. */
export function changeSpace(
  dice: Dice,
  state: RosterState,
  member: MemberId,
  friend: MemberId | undefined,
): RosterBody | null {
  const space = dice.pick(smallerSpaces(state, member))
  const audience = space === undefined ? undefined : state.spaces.get(space)?.audience
  if (space === undefined || audience === undefined || audience === 'everyone') return null
  if (dice.choose(8) === 0) return { type: 'set-audience', space, add: [], remove: [member] }
  const absent = [...state.members.values()].filter(({ id, status }) => status === 'in' && !audience.has(id))
  // Whoever was in it before comes and goes, which is where what is done beside each other meets.
  const former = absent.filter(({ id }) => state.spaces.get(space)?.places.has(id))
  const known =
    (dice.choose(2) === 0 ? dice.pick(former) : undefined) ??
    absent.find(({ id }) => id === friend) ??
    dice.pick(absent)
  const present = [...audience].filter((id) => id !== member)
  const add = known !== undefined && dice.choose(2) === 0 ? [known.id] : []
  const removed = add.length === 0 || dice.choose(4) === 0 ? dice.pick(present) : undefined
  const remove = removed === undefined ? [] : [removed]
  return add.length + remove.length === 0 ? null : { type: 'set-audience', space, add, remove }
}
