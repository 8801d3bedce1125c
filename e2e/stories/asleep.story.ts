import { expect, test } from '../harness/clique.ts'

test('Ben joins while Anna sleeps, and reads what she wrote before', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Family')
  await anna.says('Written before anybody came')
  await anna.seesState('Written before anybody came', 'Kept safe')
  const link = await anna.invites()
  await anna.sleeps()

  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Family')
  await ben.sees('Written before anybody came', 'Anna')
  await ben.says('Good night')
  await ben.seesState('Good night', 'On the relay')
  await ben.sleeps()

  const annaAwake = await anna.wakes()
  await annaAwake.sees('Good night', 'Ben')
  await annaAwake.says('Good morning')
  const benAwake = await ben.wakes()
  await benAwake.sees('Good morning', 'Anna')
  expect(await benAwake.reads()).toEqual(['Written before anybody came', 'Good night', 'Good morning'])
})
