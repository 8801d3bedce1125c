import { readsByForce } from '../harness/by-force.ts'
import { expect, test } from '../harness/clique.ts'

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
