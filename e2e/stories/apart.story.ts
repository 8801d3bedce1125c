import { expect, test } from '../harness/clique.ts'
import type { Person } from '../harness/clique.ts'
import { decides, gives, looksAt, looksAtChats } from '../harness/membership.ts'

test('two admins who are apart remove each other’s friends, and agree when they meet again', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const anna = await person('Anna')
  await anna.creates('Club')
  const [ben, carla, dora] = [await person('Ben'), await person('Carla'), await person('Dora')]
  await joins(ben, await anna.invites())
  await gives(anna, 'Ben', 'Admin')
  await looksAtChats(anna)
  await joins(carla, await anna.invites())
  await expect(await ben.looksAtMembers()).toContainText('Carla')
  await looksAtChats(ben)
  await joins(dora, await ben.invites())
  for (const somebody of [anna, carla]) await expect(await somebody.looksAtMembers()).toContainText('Dora')
  await looksAtChats(anna)
  await anna.says('Everybody is here')
  for (const somebody of [ben, dora]) await somebody.sees('Everybody is here')

  // Each without knowing of the other: Anna removes whom Ben let in, and he whom she did.
  await anna.goesOffline()
  await looksAt(anna, 'Dora')
  await decides(anna, 'Remove Dora', 'Remove')
  await looksAt(ben, 'Carla')
  await decides(ben, 'Remove Carla', 'Remove')
  await expect(carla.page.getByText('Ben removed you from this clique.')).toBeVisible({ timeout: 60_000 })
  await looksAtChats(ben)
  await ben.says('Without Carla')
  await anna.comesBack()
  await expect(dora.page.getByText('Anna removed you from this clique.')).toBeVisible({ timeout: 60_000 })

  for (const somebody of [anna, ben]) {
    const members = await somebody.looksAtMembers()
    await expect(members.getByRole('listitem')).toHaveCount(2, { timeout: 60_000 })
    for (const former of ['Carla', 'Dora']) {
      await looksAt(somebody, former)
      const by = former === 'Carla' ? 'Ben' : 'Anna'
      const name = `${by === somebody.name ? 'You' : by} removed ${former}`
      await expect(somebody.page.getByRole('article', { name })).toBeVisible()
    }
    await looksAtChats(somebody)
  }
  await anna.sees('Without Carla')
  await anna.says('The two of us again')
  await ben.sees('The two of us again')
  await anna.seesState('The two of us again', 'Delivered to 1 of 1')
  expect(await anna.reads()).toEqual(['Everybody is here', 'Without Carla', 'The two of us again'])
  expect(await ben.reads()).toEqual(await anna.reads())
  await looksAtChats(carla)
  await carla.sees('Everybody is here')
  expect(await carla.reads()).toEqual(['Everybody is here'])
  for (const text of ['Without Carla', 'The two of us again']) await carla.doesNotSee(text)
  await dora.doesNotSee('The two of us again')
})

async function joins(person: Person, link: string): Promise<void> {
  await person.opens(link)
  await person.joins('Club')
}
