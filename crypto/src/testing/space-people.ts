import type { MemberId, SpaceId } from '../ids.ts'
import type { Act } from '../roster/act.ts'
import { rotateEpoch } from '../roster/acts.ts'
import { createSpace, setAudience } from '../roster/space-acts.ts'
import { meet, people } from './people.ts'
import type { Person } from './people.ts'

/** Anna the founder, Ben an admin, Carl and Dora members, who all know of each other. */
export async function four(seed: number, history: 'full' | 'since-join' = 'full') {
  const all = await people(seed, 'anna', 'ben', 'carl', 'dora')
  const { anna, ben, carl, dora } = all
  await anna.creates({ history })
  for (const [person, role] of [
    [ben, 'admin'],
    [carl, 'member'],
    [dora, 'member'],
  ] as const) {
    await person.joins(await anna.invites({ role }), anna.items)
    await meet(anna, person)
  }
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  return all
}

const idsOf = (some: readonly Person[] = []): MemberId[] => some.map(({ root }) => root.id)

/** A space for its author and these. */
export async function creates(author: Person, title: string, ...others: readonly Person[]): Promise<SpaceId> {
  const members = idsOf(others)
  const made = await createSpace(author.log, author.device, { kind: 'channel', title, members }, author)
  author.keep(made)
  return made.space
}

export function changes(
  author: Person,
  space: SpaceId,
  change: { add?: readonly Person[]; remove?: readonly Person[] },
): Promise<Act> {
  const ids = { add: idsOf(change.add), remove: idsOf(change.remove) }
  return author.does((log, me, options) => setAudience(log, me, space, ids, options))
}

export function rotates(author: Person, space: SpaceId): Promise<Act> {
  return author.does((log, me, options) => rotateEpoch(log, me, { ...options, space }))
}
