import { expect, test } from '../harness/clique.ts'

test('both write offline; when they are back all of it arrives, in one order', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Camp')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Camp')
  await ben.says('Ready')
  await anna.sees('Ready', 'Ben')

  await anna.goesOffline()
  await ben.goesOffline()
  await anna.seesConnection('Offline')
  for (let i = 1; i <= 5; i++) {
    await anna.says(`Anna ${i}, in the woods`)
    await ben.says(`Ben ${i}, on the lake`)
  }
  await anna.seesState('Anna 5, in the woods', 'Waiting to be sent')
  await ben.doesNotSee('Anna 5, in the woods')

  await anna.comesBack()
  await anna.seesConnection('Connected')
  await anna.seesState('Anna 5, in the woods', 'On the relay')
  await ben.comesBack()
  for (let i = 1; i <= 5; i++) {
    await anna.sees(`Ben ${i}, on the lake`, 'Ben')
    await ben.sees(`Anna ${i}, in the woods`, 'Anna')
  }
  await anna.seesState('Anna 5, in the woods', 'Delivered to 1 of 1')
  const read = await anna.reads()
  expect(read).toHaveLength(11)
  expect(await ben.reads()).toEqual(read)
})

test('what was written offline survives closing the browser window', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Camp')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Camp')
  await ben.says('Ready')
  await anna.sees('Ready', 'Ben')

  await anna.goesOffline()
  await anna.says('Written in a tunnel')
  await anna.seesState('Written in a tunnel', 'Waiting to be sent')
  await anna.sleeps()
  await anna.comesBack()
  const later = await anna.wakes()
  await later.sees('Written in a tunnel')
  await ben.sees('Written in a tunnel', 'Anna')
})

test('the relay can go away and come back; nobody has to do anything', async ({
  person,
  relay,
  everybody,
}) => {
  const anna = await person('Anna')
  await anna.creates('House')
  // A direct link would carry what the relay cannot.
  const ben = await person('Ben', { hasNoDirectWay: true })
  await ben.opens(await anna.invites())
  await ben.joins('House')

  everybody.cutOff()
  await anna.seesConnection(/Connection: (Relay unreachable|Direct only, no relay|Offline)/)
  await anna.says('Hello from the island')
  everybody.restore()
  await ben.sees('Hello from the island', 'Anna')

  expect(await relay.stop()).toBe(0)
  await ben.seesConnection(/Connection: (Relay unreachable|Direct only, no relay|Offline)/)
  await ben.says('Hello from the other island')
  await ben.seesState('Hello from the other island', 'Waiting to be sent')
  await relay.start()
  await anna.sees('Hello from the other island', 'Ben')
  await anna.seesConnection('Connected')
})

test('an invitation made while the relay is away says so, and gives its link when it is back', async ({
  person,
  relay,
}) => {
  const anna = await person('Anna')
  await anna.creates('Camp')
  await relay.stop()
  await anna.seesConnection('Relay unreachable')
  await anna.page.getByRole('button', { name: 'Invite people' }).first().click()
  const dialog = anna.page.getByRole('dialog', { name: 'Invite people' })
  await dialog.getByRole('button', { name: 'Make a link' }).click()
  const row = dialog.getByRole('list', { name: 'Open invitations' }).getByRole('listitem')
  await expect(row).toContainText('The link comes as soon as the relay answers.')
  await dialog.getByRole('button', { name: 'Close' }).click()

  await relay.start()
  await anna.seesConnection('Connected')
  await anna.page.getByRole('button', { name: 'Invite people' }).first().click()
  await row.getByRole('button', { name: 'Show link' }).click()
  const link = await dialog.getByRole('textbox', { name: 'Invitation link' }).inputValue()
  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Camp')
})
