import { expectAccessible } from '../harness/accessibility.ts'
import { expect, test } from '../harness/clique.ts'

test('who joins a clique that shows no past reads from the invitation on', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir', { history: 'Only what is written after they are invited' })
  await anna.says('Ben must not read this')
  const link = await anna.invites()
  await anna.says('Ben may read this')

  const ben = await person('Ben')
  await ben.opens(link)
  await expect(ben.page.getByText('What was written since this invitation was made')).toBeVisible()
  await ben.joins('Choir')
  await ben.sees('Ben may read this', 'Anna')
  // It is said to him where his reading begins, and to her, who was there from the first, it is not.
  const beginning = 'What was written before you were invited stays with those who were there'
  await expect(ben.page.getByText(beginning)).toBeVisible()
  await expect(anna.page.getByText(beginning)).toHaveCount(0)
  await expectAccessible(ben.page, 'where reading begins')
  await ben.says('So I do')
  await anna.sees('So I do', 'Ben')
  await anna.says('Welcome')
  await ben.sees('Welcome', 'Anna')

  await anna.seesState('Welcome', 'Delivered to 1 of 1')
  // Nobody else was there: it is on no device but her own, and nobody is waited for.
  await anna.seesState('Ben must not read this', 'Kept safe')
  expect(await anna.reads()).toEqual(['Ben must not read this', 'Ben may read this', 'So I do', 'Welcome'])
  const since = ['Ben may read this', 'So I do', 'Welcome']
  expect(await ben.reads()).toEqual(since)
  await ben.reloads()
  await ben.entersConversation('Choir')
  await ben.sees('Welcome', 'Anna')
  expect(await ben.reads()).toEqual(since)
  await ben.says('Still here')
  await anna.sees('Still here', 'Ben')
})
