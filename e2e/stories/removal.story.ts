import { expectAccessible } from '../harness/accessibility.ts'
import { expect, test } from '../harness/clique.ts'
import { family } from '../harness/family.ts'
import { decides, looksAt, looksAtChats } from '../harness/membership.ts'

test('whoever is removed reads nothing newer and is told, and the others see how far it has come', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const { anna, ben, carla } = await family(person)
  await ben.says('I bring the cake')
  for (const somebody of [anna, carla]) await somebody.sees('I bring the cake')

  // Nobody but an admin can do it alone, and Ben not at all to himself.
  await looksAt(carla, 'Ben')
  await expect(carla.page.getByRole('button', { name: 'Remove Ben' })).toHaveCount(0)

  await looksAt(anna, 'Ben')
  await expectAccessible(anna.page, 'a person')
  await anna.page.getByRole('button', { name: 'Remove Ben' }).click()
  const dialog = anna.page.getByRole('dialog', { name: 'Remove Ben?' })
  await expect(dialog).toContainText('new keys')
  await expectAccessible(anna.page, 'the question before a removal')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
  await decides(anna, 'Remove Ben', 'Remove')
  const receipt = anna.page.getByRole('article', { name: 'You removed Ben' })
  await expect(receipt).toContainText('Everybody who is here has them. Ben does not.', { timeout: 60_000 })
  await expect(receipt).toContainText(/In force: /, { timeout: 60_000 })
  await expectAccessible(anna.page, 'a former member')

  await expect(ben.page.getByText('Anna removed you from this clique.')).toBeVisible({ timeout: 60_000 })
  await expect(ben.messageBox).toHaveCount(0)
  await ben.sees('I bring the cake')
  // Nothing of his goes anywhere any more, so nothing says that it would.
  await expect(ben.page.getByRole('button', { name: /^Connection: / })).toHaveCount(0)
  await expectAccessible(ben.page, 'a clique that has ended')

  await looksAtChats(anna)
  await anna.says('Without Ben')
  await expect(anna.page.getByText('(no longer here)')).toBeVisible()
  await looksAtChats(carla)
  await carla.sees('Without Ben')
  await ben.doesNotSee('Without Ben')

  // Ben takes what he has off his device.
  await ben.page.getByRole('link', { name: 'What this means' }).click()
  await decides(ben, 'Take this clique off this device', 'Delete from this device')
  await expect(ben.page.getByRole('heading', { name: 'Clique', exact: true })).toBeVisible()
  await expect
    .poll(() => ben.page.evaluate(() => indexedDB.databases().then((all) => all.map(({ name }) => name))))
    .toContain('clique')
})

test('whoever leaves is asked once, goes on reading, and the others see that they left', async ({
  person,
}) => {
  const anna = await person('Anna')
  await anna.creates('Family')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Family')
  await ben.says('Good to be here')
  await anna.sees('Good to be here')
  await looksAt(ben, 'Ben')
  await decides(ben, 'Leave this clique', 'Leave')
  await looksAtChats(ben)
  await expect(ben.page.getByText('You left this clique.')).toBeVisible()
  await ben.sees('Good to be here')
  await looksAt(anna, 'Ben')
  await expect(anna.page.getByRole('article', { name: 'Ben left' })).toBeVisible()
})

test('a role is given by the keyboard alone, and says what it means', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Family')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Family')
  await looksAt(anna, 'Ben')
  const { page } = anna
  await page.getByRole('button', { name: 'Change role' }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Role of Ben' })
  await expect(dialog.getByRole('radio', { name: 'Member' })).toBeChecked()
  await dialog.getByRole('radio', { name: 'Member' }).focus()
  await page.keyboard.press('ArrowDown')
  await expect(dialog.getByRole('radio', { name: 'Reader' })).toBeChecked()
  await dialog.getByRole('button', { name: 'Give this role' }).focus()
  await page.keyboard.press('Enter')
  await expect(dialog).toBeHidden()
  await expect(page.getByText('Reads everything and writes nothing.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Change role' })).toBeFocused()
})
