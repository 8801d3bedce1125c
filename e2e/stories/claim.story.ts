import type { Page } from '@playwright/test'
import { expect, test } from '../harness/clique.ts'

test('an unclaimed relay asks for its claim first, and a claimed one for an invitation', async ({
  person,
  relay,
}) => {
  const anna = await person('Anna')
  const sections = (page: Page) => page.getByRole('heading', { level: 2 })
  await anna.page.goto(relay.url)
  await expect(sections(anna.page)).toHaveText(['This relay has no owner yet', 'Have you been invited?'])
  await anna.page.getByRole('button', { name: 'Use this link' }).click()
  await anna.isTold('Paste the link here first.')
  await anna.page.getByRole('textbox', { name: 'Claim link' }).fill(relay.claim ?? '')
  await anna.page.getByRole('button', { name: 'Use this link' }).click()
  await anna.page.getByRole('link', { name: 'Create a clique' }).click()
  await anna.fillsInClique('Choir')
  await anna.keepsRecoveryKit()
  await anna.isIn('Choir')

  const ben = await person('Ben')
  await ben.page.goto(relay.url)
  await expect(sections(ben.page)).toHaveText(['Have you been invited?', 'This relay already has an owner'])
  await relay.restart()
  expect(relay.claim).toBe(null)
})

test('on a phone, unread messages of another clique show on every page, and are one tap away', async ({
  person,
}) => {
  const anna = await person('Anna', { viewport: { width: 360, height: 740 } })
  await anna.creates('Choir')
  await anna.seesConnection('Connected')
  const link = await anna.invites()
  const { page } = anna
  await anna.leavesConversation()
  await page.getByRole('link', { name: 'Home' }).click()
  await page.getByRole('button', { name: 'Allow another clique on this relay' }).click()
  await anna.opens(await page.getByRole('textbox', { name: 'Permission link' }).inputValue())
  await page.getByRole('link', { name: 'Create a clique' }).click()
  await anna.fillsInClique('Chess')
  await anna.isIn('Chess')

  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Choir')
  await ben.says('Are you coming?')
  await anna.leavesConversation()
  for (const place of ['People', 'Home']) {
    await page.getByRole('link', { name: place }).click()
    await expect(page.getByRole('link', { name: 'Chats 1 unread message' })).toBeVisible()
  }
  await page.getByRole('link', { name: 'Chats' }).click()
  await page.getByRole('link', { name: 'Choir, 1 unread message' }).click()
  await anna.entersConversation('Choir')
  await anna.sees('Are you coming?', 'Ben')
  await anna.leavesConversation()
  await page.getByRole('link', { name: 'People' }).click()
  await expect(page.getByRole('link', { name: 'Chats', exact: true })).toBeVisible()

  // Each clique has a log of its own at the relay, and neither accuses it on account of the other's.
  await page.getByRole('link', { name: 'Chats' }).click()
  for (const clique of ['Choir', 'Chess']) {
    await page.getByTitle(clique, { exact: true }).click()
    await anna.entersConversation(clique)
    await anna.seesConnection('Connected')
    await anna.leavesConversation()
  }
})

test('the owner lets somebody else found a clique on the same relay; the link works once', async ({
  person,
  relay,
}) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  await anna.page.getByRole('link', { name: 'Home' }).click()
  await anna.page.getByRole('button', { name: 'Allow another clique on this relay' }).click()
  const permission = await anna.page.getByRole('textbox', { name: 'Permission link' }).inputValue()

  const ben = await person('Ben')
  await ben.page.goto(relay.url)
  await ben.page.getByRole('textbox', { name: 'Permission link' }).fill(permission)
  await ben.page.getByRole('button', { name: 'Use this link' }).click()
  await ben.page.getByRole('link', { name: 'Create a clique' }).click()
  await ben.fillsInClique('Chess')
  await ben.keepsRecoveryKit()
  await ben.isIn('Chess')

  // The key of the relay stands with what only the curious want to see.
  await ben.page.getByRole('link', { name: 'Home' }).click()
  await expect(ben.page.getByText('Key of the relay')).toBeHidden()
  await ben.page.getByText('Details for the curious').click()
  await expect(ben.page.getByText('Key of the relay')).toBeVisible()

  const carla = await person('Carla')
  await carla.page.goto(permission)
  await carla.page.getByRole('link', { name: 'Create a clique' }).click()
  await carla.fillsInClique('Cards')
  await carla.keepsRecoveryKit()
  await carla.isTold(/used already/)
})
