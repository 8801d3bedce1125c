import { expect, test } from 'vitest'
import { contentMailboxes, liveRoom, safeEpoch, sendingKey, spaceKeys } from '../epochs/sending.ts'
import type { MemberId, SpaceId } from '../ids.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { rotateEpoch } from './acts.ts'
import { createSpace, titleOf } from './space-acts.ts'
import { isInSpace } from './spaces.ts'

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

export async function creates(person: Person, title: string, ...others: readonly Person[]): Promise<SpaceId> {
  const { random } = person
  const members: MemberId[] = others.map(({ root }) => root.id)
  const made = await createSpace(
    person.log,
    person.device,
    { kind: 'channel', title, members: others.length === 0 ? 'everyone' : members },
    { random },
  )
  person.keep(made)
  return made.space
}

test('[ROS19] a space with a smaller audience has keys of its own, and others fold it without them', async () => {
  const { anna, ben, carl, dora } = await four(80)
  const space = await creates(carl, 'Plans', dora)
  await meet(anna, ben, carl, dora)
  for (const one of [anna, ben, carl, dora]) {
    expect(one.log.state.hash).toBe(anna.log.state.hash)
    expect(one.log.waiting).toHaveLength(0)
    expect(isInSpace(one.log.state, space, carl.root.id)).toBe(true)
    expect(isInSpace(one.log.state, space, dora.root.id)).toBe(true)
    expect(isInSpace(one.log.state, space, anna.root.id)).toBe(false)
  }
  for (const one of [carl, dora]) {
    expect(titleOf(one.log, space)).toBe('Plans')
    expect(sendingKey(one.log, space)).toEqual(sendingKey(carl.log, space))
    expect(spaceKeys(one.log, space).size).toBe(1)
    expect(liveRoom(one.log, space)?.name).toBe(liveRoom(carl.log, space)?.name)
    expect(contentMailboxes(one.log, space).map(({ current }) => current)).toEqual([true])
  }
  for (const one of [anna, ben]) {
    expect(titleOf(one.log, space)).toBe(null)
    expect(safeEpoch(one.log, space)).toBe(null)
    expect(spaceKeys(one.log, space).size).toBe(0)
    expect(contentMailboxes(one.log, space)).toEqual([])
  }
})
