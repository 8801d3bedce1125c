import { expectAccessible } from '../harness/accessibility.ts'
import { namesDevice } from '../harness/by-force.ts'
import { expect, test } from '../harness/clique.ts'
import type { Person } from '../harness/clique.ts'
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

test('an admin who did not set up the clique removes somebody, and the relay hears of it from them alone', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const anna = await person('Anna')
  await anna.creates('Family')
  const [ben, carla] = [await person('Ben'), await person('Carla')]
  await ben.opens(await anna.invites())
  await ben.joins('Family')
  // Whom Ben has let in he may remove alone, once he is an admin.
  await carla.opens(await ben.invites())
  await carla.joins('Family')
  await looksAt(anna, 'Ben')
  await anna.page.getByRole('button', { name: 'Change role' }).click()
  const dialog = anna.page.getByRole('dialog', { name: 'Role of Ben' })
  await dialog.getByRole('radio', { name: 'Admin' }).check()
  await dialog.getByRole('button', { name: 'Give this role' }).click()
  await expect(dialog).toBeHidden()
  await looksAt(ben, 'Carla')
  await decides(ben, 'Remove Carla', 'Remove')
  const receipt = ben.page.getByRole('article', { name: 'You removed Carla' })
  await expect(receipt).toContainText(/In force: /, { timeout: 120_000 })
  await expect(carla.page.getByText('Ben removed you from this clique.')).toBeVisible({ timeout: 60_000 })
  // Nothing says that she is connected any more, not even to herself.
  await carla.looksAtMembers()
  await expect(carla.page.getByText(/^Connected now/)).toHaveCount(0)
})

test('of two devices either is removed on screen, and everybody hears of it, also by the one that goes', async ({
  person,
  relay,
}) => {
  test.setTimeout(120_000)
  const { anna, ben } = await family(person)
  const devices = (of: Person) => of.page.getByRole('list', { name: 'Devices' }).getByRole('listitem')
  const removes = async (device: string) => {
    await devices(ben).filter({ hasText: device }).getByRole('button', { name: 'Remove' }).click()
    await ben.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  }
  await looksAt(anna, 'Ben')
  for (const [i, device] of ['Device 2', 'This device'].entries()) {
    await namesDevice(ben, relay)
    await looksAt(ben, 'Ben')
    for (const somebody of [anna, ben]) await expect(devices(somebody)).toHaveCount(2 + i)
    await removes(device)
    await expect(devices(ben).filter({ hasText: device })).toContainText('Removed')
    await expect(devices(anna).filter({ hasText: 'Removed' })).toHaveCount(1 + i)
    await expect(anna.page.getByText('A device of Ben was removed')).toHaveCount(1 + i)
  }
  await expect(ben.page.getByText('You removed this device from the clique.')).toBeVisible()
})
