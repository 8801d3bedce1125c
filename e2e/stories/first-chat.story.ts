import { expect, test } from '../harness/clique.ts'

test('Anna makes a clique, invites Ben, and they talk', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  await anna.says('Is anybody here?')
  // A relay that runs on this very computer is out of reach for a phone that would scan a code.
  const link = await anna.invites({}, async () => {
    await expect(anna.page.getByText('so the link opens here only')).toBeVisible()
    await expect(anna.page.getByRole('img', { name: 'QR code of the invitation link' })).toHaveCount(0)
  })

  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Choir')
  await ben.sees('Is anybody here?', 'Anna')
  await ben.says('I am')
  await anna.sees('I am', 'Ben')
  await anna.says('Wonderful')
  await ben.sees('Wonderful', 'Anna')

  await anna.seesState('Wonderful', 'Delivered to 1 of 1')
  await ben.seesState('I am', 'Delivered to 1 of 1')
  expect(await anna.reads()).toEqual(['Is anybody here?', 'I am', 'Wonderful'])
  expect(await ben.reads()).toEqual(await anna.reads())
})

test('three people read the same conversation in the same order', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Team')
  const link = await anna.invites({ people: '5 people' })
  const [ben, carla] = await Promise.all([person('Ben'), person('Carla')])
  await ben.opens(link)
  await ben.joins('Team')
  await carla.opens(link)
  await carla.joins('Team')

  const everybody = [anna, ben, carla]
  await Promise.all(everybody.map((somebody) => somebody.says(`${somebody.name} was here`)))
  for (const reader of everybody) {
    for (const writer of everybody) await reader.sees(`${writer.name} was here`)
  }
  await anna.seesState('Anna was here', 'Delivered to 2 of 2')
  expect(await ben.reads()).toEqual(await anna.reads())
  expect(await carla.reads()).toEqual(await anna.reads())
})

test('the members are listed with who is connected', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')

  const members = await anna.looksAtMembers()
  await expect(members.getByRole('listitem')).toHaveCount(2)
  await expect(members.getByRole('listitem').filter({ hasText: 'Anna' })).toContainText('Owner')
  await expect(members.getByRole('listitem').filter({ hasText: 'Ben' })).toContainText('Connected now')
  await ben.goesOffline()
  await expect(members.getByRole('listitem').filter({ hasText: 'Ben' })).toContainText('Not connected')
})
