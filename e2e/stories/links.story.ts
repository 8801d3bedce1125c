import { expectAccessible } from '../harness/accessibility.ts'
import { expect, test } from '../harness/clique.ts'

test('a link that was cut off, mistyped or is none is refused with a sentence', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const link = await anna.invites()
  const [page = '', secret = ''] = link.split('=')
  const flipped = secret.at(20) === 'A' ? 'B' : 'A'
  const ben = await person('Ben')
  for (const broken of [
    link.slice(0, -10),
    link.slice(0, link.indexOf('=') + 12),
    `${page}=${secret.slice(0, 20)}${flipped}${secret.slice(21)}`,
    `${page}=`,
    `${link}${link}`,
  ]) {
    await ben.opens(broken)
    await ben.isTold(/incomplete or has a mistake/)
  }
  await ben.opens(anna.profile.relay.url)
  await ben.page.getByRole('button', { name: 'Open invitation' }).click()
  await ben.isTold('Paste the link here first.')
  await ben.page.getByRole('textbox', { name: 'Invitation link' }).fill('https://example.org/cats')
  await ben.page.getByRole('button', { name: 'Open invitation' }).click()
  await ben.isTold(/not a Clique invitation/)
  // The link itself was good all the time.
  await ben.opens(link)
  await ben.joins('Choir')
})

test('a used-up link is refused', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const link = await anna.invites({ people: '1 person' })
  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Choir')
  // Whoever made it is told what became of it, and by whom.
  await anna.page.getByRole('button', { name: 'Invite people' }).first().click()
  const ended = anna.page.getByRole('list', { name: 'Ended invitations' }).getByRole('listitem')
  await expect(ended).toHaveText(/Used up\s+Ben joined/)
  await anna.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()

  const carla = await person('Carla')
  await carla.opens(link)
  await carla.isTold(/used up/)
  expect(await anna.looksAtMembers().then((list) => list.getByRole('listitem').count())).toBe(2)
})

test('a revoked link is refused', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const link = await anna.invites()
  await anna.revokesInvitation()
  const ben = await person('Ben')
  // The revocation takes a moment to the relay; whoever is faster may still look in.
  await expect(async () => {
    await ben.opens(link)
    await expect(ben.page.getByRole('alert').filter({ hasText: 'taken back' })).toBeVisible({
      timeout: 5_000,
    })
  }).toPass()
})

test('a link that has run out is refused', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const link = await anna.invites({ days: '1 day' })
  const ben = await person('Ben', { clockAheadMs: 2 * 24 * 60 * 60 * 1000 })
  await ben.opens(link)
  await ben.isTold(/has run out/)
})

test('opening a link of one’s own clique offers to go there', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  await anna.opens(await anna.invites())
  await anna.page.getByRole('link', { name: 'Open Choir' }).click()
  await anna.isIn('Choir')
})

test('an invitation made while the relay is away says so at once, is one however often it is tried, and works later', async ({
  person,
  relay,
}) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  await anna.seesConnection('Connected')
  await relay.kill()
  await anna.seesConnection('Relay unreachable')
  const dialog = anna.page.getByRole('dialog', { name: 'Invite people' })
  for (let attempt = 1; attempt <= 2; attempt++) {
    await anna.page.getByRole('button', { name: 'Invite people' }).first().click()
    await dialog.getByRole('button', { name: 'Make a link' }).click()
    await anna.isTold(/The relay does not answer just now\. Your invitation is made and kept/)
    await expect(dialog.getByRole('listitem')).toHaveCount(1)
    if (attempt === 1) await dialog.getByRole('button', { name: 'Close' }).click()
  }
  await expectAccessible(anna.page, 'invitation that waits for the relay')
  await relay.start()
  const link = await dialog.getByRole('textbox', { name: 'Invitation link' }).inputValue({ timeout: 60_000 })
  // As the relay of this story is: nobody should wonder why a friend gets nowhere by it.
  await expect(dialog.getByText(/the link opens here only/)).toBeVisible()
  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Choir')
})

test('a link whose relay does not answer says so, and works when it does', async ({ person, everybody }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const link = await anna.invites()
  const ben = await person('Ben')
  await ben.opens(anna.profile.relay.url)
  await expect(ben.page.getByRole('heading', { name: 'This relay already has an owner' })).toBeVisible()
  await ben.appIsKept()
  everybody.cutOff()
  await ben.page.getByRole('textbox', { name: 'Invitation link' }).fill(link)
  await ben.page.getByRole('button', { name: 'Open invitation' }).click()
  await ben.isTold(/relay does not answer/)
  everybody.restore()
  await ben.page.getByRole('button', { name: 'Try again' }).click()
  await ben.joins('Choir')
})
