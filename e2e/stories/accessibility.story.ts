import { expectAccessible } from '../harness/accessibility.ts'
import { expect, test } from '../harness/clique.ts'

const sizes = {
  phone: { width: 360, height: 740 },
  wide: { width: 1440, height: 900 },
}

for (const [size, viewport] of Object.entries(sizes)) {
  test(`every page on a ${size} screen, in light and dark`, async ({ person, relay }) => {
    test.setTimeout(180_000)
    const anna = await person('Anna', { viewport })
    const { page } = anna
    const looks = (what: string): Promise<void> => expectAccessible(page, what)

    await page.goto(relay.url)
    await expect(page.getByRole('heading', { name: 'This relay has no owner yet' })).toBeVisible()
    await looks('start, unclaimed')
    await anna.startsClique()
    await expect(page.getByRole('button', { name: 'Create clique' })).toBeVisible()
    await looks('create')
    await anna.fillsInClique('Choir')
    await expect(page.getByRole('heading', { name: 'Your recovery kit' })).toBeVisible()
    await looks('recovery kit, words')
    await anna.keepsRecoveryKit(() => looks('recovery kit, question'))
    await anna.entersConversation('Choir')
    await looks('conversation, empty')
    await anna.says('A first message, rather long, so that it takes more than one line on a small screen')
    await looks('conversation')
    await page
      .getByRole('button', { name: /^Connection:/ })
      .first()
      .click()
    await looks('connection')
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
    const link = await anna.invites({}, () => looks('invite'))
    await anna.leavesConversation()
    await looks('chats')
    await page.getByRole('link', { name: 'People' }).click()
    await expect(page.getByRole('list', { name: 'Members' })).toBeVisible()
    await looks('people')
    await page.getByRole('link', { name: 'Home' }).click()
    await expect(page.getByRole('heading', { name: 'This device' })).toBeVisible()
    await looks('home')

    const ben = await person('Ben', { viewport })
    await ben.page.goto(relay.url)
    await expect(ben.page.getByRole('heading', { name: 'This relay already has an owner' })).toBeVisible()
    await expectAccessible(ben.page, 'start, claimed')
    await ben.opens(link)
    await expect(ben.page.getByRole('button', { name: 'Join', exact: true })).toBeVisible()
    await expectAccessible(ben.page, 'join')
    await ben.opens(link.slice(0, -10))
    await ben.isTold(/incomplete or has a mistake/)
    await expectAccessible(ben.page, 'join, refused')
  })
}

test('the first conversation by keyboard alone', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  await anna.messageBox.focus()
  await anna.page.keyboard.type('Typed')
  await anna.page.keyboard.press('Enter')
  await anna.sees('Typed')
  await expect(anna.messageBox).toBeFocused()
})

test('on a phone the focus goes into a conversation and comes back, where one takes the place of the other', async ({
  person,
}) => {
  const phone = { width: 360, height: 740 }
  const anna = await person('Anna', { viewport: phone })
  await anna.creates('Choir')
  const { page } = anna
  const row = page.getByRole('list', { name: 'Chats' }).getByRole('link', { name: 'Choir' })
  const heading = page.getByRole('heading', { name: 'Choir' })
  await page.getByRole('link', { name: 'Back' }).press('Enter')
  await expect(row).toBeFocused()
  await row.press('Enter')
  await expect(heading).toBeFocused()
  await expectAccessible(page, 'a conversation that was entered')
  await page.goBack()
  await expect(row).toBeFocused()
  // Whoever is somewhere else stays there.
  await page.getByRole('link', { name: 'People' }).press('Enter')
  await page.getByRole('link', { name: 'Chats' }).press('Enter')
  await expect(row).toBeVisible()
  await expect(page.getByRole('link', { name: 'Chats' })).toBeFocused()
  // A ring is for those who go by keys.
  const hasRing = (): Promise<boolean> => row.evaluate((link) => link.matches(':focus-visible'))
  await row.click()
  await expect(heading).toBeFocused()
  await page.getByRole('link', { name: 'Back' }).click()
  await expect(row).toBeFocused()
  expect(await hasRing()).toBe(false)
  await row.press('Enter')
  await anna.messageBox.fill('Half a sentence')
  await page.setViewportSize({ width: 740, height: 360 })
  await expect(row).toBeVisible()
  await page.setViewportSize(phone)
  await expect(row).toHaveCount(0)
  await expect(anna.messageBox).toBeFocused()
})

test('in Spanish', async ({ person, relay }) => {
  const ana = await person('Ana', { locale: 'es-ES' })
  await ana.page.goto(relay.url)
  await expect(ana.page.locator('html')).toHaveAttribute('lang', /^es/)
  await expect(ana.page.getByRole('heading', { level: 1 })).toBeVisible()
  await expectAccessible(ana.page, 'start in Spanish')
})
