import { namesDevice, keeps, readsByForce } from '../harness/by-force.ts'
import { expect, test } from '../harness/clique.ts'
import type { Person } from '../harness/clique.ts'
import { family } from '../harness/family.ts'
import { begins, decides, enters, looksAt, looksAtChats } from '../harness/membership.ts'

test('the past of a clique that shows none is closed to a newcomer who tries every key on everything', async ({
  person,
  relay,
}) => {
  const before = 'The surprise is a telescope'
  const after = 'Welcome to the choir, Ben'
  const anna = await person('Anna')
  await anna.creates('Choir', { history: 'Only what is written after they are invited' })
  await anna.says(before)
  await anna.seesState(before, 'Kept safe')

  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await anna.says(after)
  await ben.sees(after)
  await ben.says('Glad to be here')
  await anna.sees('Glad to be here')

  const everything = { relay, people: [anna, ben] }
  const loot = await readsByForce(ben, everything, [before, after])
  expect(new Set(loot.traces.map(({ marker }) => marker)), 'what was opened').toEqual(new Set([after]))
  // The same by somebody who may: it lies there, and the force is one.
  const own = await readsByForce(anna, everything, [before, after])
  expect(new Set(own.traces.map(({ marker }) => marker))).toEqual(new Set([before, after]))
  expect(own.opened).toBeGreaterThan(loot.opened)
})

const words = {
  before: 'The tent is under the stairs',
  unaware: 'Carla has not heard of it yet',
  newer: 'The new code of the door is forty',
  after: 'The ladder is at the neighbours',
  last: 'Only Anna is left to read this',
}

test('whoever was removed or has left opens nothing newer by force, by the old link or by dating back', async ({
  person,
  relay,
}) => {
  test.setTimeout(300_000)
  const { anna, ben, carla, link } = await family(person)
  await anna.says(words.before)
  for (const somebody of [ben, carla]) await somebody.sees(words.before)

  // Removed by somebody who is offline: until she is back nobody knows.
  await anna.goesOffline()
  await looksAt(anna, 'Ben')
  await decides(anna, 'Remove Ben', 'Remove')
  await carla.says(words.unaware)
  await ben.sees(words.unaware)
  await anna.comesBack()
  await expect(ben.page.getByText('Anna removed you from this clique.')).toBeVisible({ timeout: 60_000 })
  await looksAtChats(anna)
  await anna.says(words.newer)
  await carla.sees(words.newer)
  await anna.seesState(words.newer, 'Delivered to 1 of 1')

  // The link that he came by has uses left, and lets nobody in any more.
  const again = await person('Ben again')
  await again.opens(link)
  await again.isTold(/taken back/)

  // Nor does a device that he names as if that had been before.
  const made = await namesDevice(ben, relay)
  for (const somebody of [anna, carla]) await expect.poll(() => keeps(somebody, made.item)).toBe(true)
  for (const somebody of [anna, carla]) await somebody.says(words.after + somebody.name)
  await anna.sees(words.after + carla.name)
  await carla.sees(words.after + anna.name)

  await looksAt(carla, 'Carla')
  await decides(carla, 'Leave this clique', 'Leave')
  await looksAt(anna, 'Carla')
  await expect(anna.page.getByRole('article', { name: 'Carla left' })).toBeVisible()
  await looksAtChats(anna)
  await anna.says(words.last)
  await anna.seesState(words.last, 'Kept safe')

  const everything = { relay, people: [anna, ben, carla] }
  const opens = async (thief: Person): Promise<string[]> => {
    const more = thief === ben ? made : undefined
    const { traces } = await readsByForce(thief, everything, Object.values(words), more)
    return [...new Set(traces.map(({ marker }) => marker))].toSorted()
  }
  expect(await opens(ben)).toEqual([words.before, words.unaware].toSorted())
  expect(await opens(carla)).toEqual([words.before, words.unaware, words.newer, words.after].toSorted())
  expect(await opens(anna)).toEqual(Object.values(words).toSorted())
})

test('a conversation of two opens to nobody else by force', async ({ person, relay }) => {
  const [title, said] = ['The surprise for Carla', 'She gets the green bicycle']
  const { anna, ben, carla } = await family(person)
  await carla.says('Hello to all of you')
  for (const somebody of [anna, ben]) await somebody.sees('Hello to all of you')
  await begins(anna, title, ['Ben'])
  await anna.says(said)
  await enters(ben, title)
  await ben.sees(said)
  await anna.seesState(said, 'Delivered to 1 of 1')

  const everything = { relay, people: [anna, ben, carla] }
  const markers = ['Hello to all of you', said]
  const loot = await readsByForce(carla, everything, [...markers, title])
  expect(new Set(loot.traces.map(({ marker }) => marker))).toEqual(new Set(['Hello to all of you']))
  const own = await readsByForce(ben, everything, markers)
  expect(new Set(own.traces.map(({ marker }) => marker))).toEqual(new Set(markers))
})
