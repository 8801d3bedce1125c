import { expectAccessible } from '../harness/accessibility.ts'
import { expect, test } from '../harness/clique.ts'
import type { Person } from '../harness/clique.ts'
import { family } from '../harness/family.ts'
import { decides, looksAt, looksAtChats } from '../harness/membership.ts'

const hiddenMessage = ({ messages }: Person, words: string) => messages.filter({ hasText: words })

test('a moderator hides a message, others see that and by whom, and it is shown again by the keyboard', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const { anna, ben, carla } = await family(person)
  await anna.says('Welcome')
  await carla.says('Something rude')
  for (const somebody of [anna, ben]) await somebody.sees('Something rude')

  // Nobody hides what they may not, and Ben as a member nothing at all.
  await expect(ben.page.getByRole('button', { name: 'Message actions' })).toHaveCount(0)
  await looksAt(anna, 'Ben')
  await anna.page.getByRole('button', { name: 'Change role' }).click()
  const roles = anna.page.getByRole('dialog', { name: 'Role of Ben' })
  await roles.getByRole('radio', { name: 'Moderator' }).check()
  await roles.getByRole('button', { name: 'Give this role' }).click()
  await expect(roles).toBeHidden()
  await looksAtChats(anna)

  const acts = ben.message('Something rude').getByRole('button', { name: 'Message actions' })
  await expect(acts).toBeVisible({ timeout: 60_000 })
  await expect(ben.message('Welcome').getByRole('button', { name: 'Message actions' })).toHaveCount(0)
  await acts.focus()
  await ben.page.keyboard.press('Enter')
  const dialog = ben.page.getByRole('dialog', { name: /^Carla, / })
  await expect(dialog).toContainText('Nothing is erased')
  await expectAccessible(ben.page, 'the acts on a message')
  await dialog.getByRole('button', { name: 'Hide for everybody' }).click()
  await expect(hiddenMessage(ben, 'Hidden by you')).toHaveCount(1)
  await expect(ben.page.getByRole('button', { name: 'Show to everybody' })).toBeFocused()

  for (const somebody of [anna, carla]) {
    await expect(hiddenMessage(somebody, 'Hidden by Ben')).toHaveCount(1)
    await somebody.doesNotSee('Something rude')
  }
  await expectAccessible(anna.page, 'a hidden message')
  // Its author may look at it, and does not show it to anybody.
  await expect(carla.page.getByRole('button', { name: 'Show to everybody' })).toHaveCount(0)
  await carla.page.getByRole('button', { name: 'Look at it' }).click()
  await carla.sees('Something rude')
  await carla.page.getByRole('button', { name: 'Cover it again' }).click()
  await carla.doesNotSee('Something rude')
  // Nor do those see it in the list who come from elsewhere.
  await anna.leavesConversation()
  await expect(anna.page.getByRole('list', { name: 'Chats' })).toContainText('Welcome')
  await expect(anna.page.getByRole('list', { name: 'Chats' })).not.toContainText('Something rude')

  await ben.reloads()
  await expect(hiddenMessage(ben, 'Hidden by you')).toHaveCount(1)
  await ben.page.getByRole('button', { name: 'Show to everybody' }).focus()
  await ben.page.keyboard.press('Enter')
  await ben.sees('Something rude')
  await expect(acts).toBeFocused()
  for (const somebody of [anna, carla]) {
    await looksAtChats(somebody)
    await somebody.sees('Something rude')
  }

  // What the owner hides only she shows again, and a moderator is told so.
  await anna.message('Something rude').getByRole('button', { name: 'Message actions' }).focus()
  await anna.page.keyboard.press('Enter')
  await anna.page.getByRole('button', { name: 'Hide for everybody' }).click()
  await expect(hiddenMessage(ben, 'Hidden by Anna')).toContainText('Only Anna can show it again.')
  await expect(ben.page.getByRole('button', { name: 'Show to everybody' })).toHaveCount(0)
})

test('what happened to the group stands among the messages, counts as unread for nobody, and stays after a reload', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const { anna, ben, carla } = await family(person)
  const lines = ({ page }: Person) => page.getByRole('log', { name: 'Messages' }).locator('[data-line]')
  await expect(anna.page.locator('[data-who]')).toHaveText('3 members')
  await anna.says('Welcome')
  for (const somebody of [ben, carla]) await somebody.sees('Welcome')
  await expect(lines(anna)).toHaveText([/^(Ben and Carla|Carla and Ben) joined$/])
  await looksAt(anna, 'Ben')
  await decides(anna, 'Remove Ben', 'Remove')
  await looksAtChats(anna)
  await expect(lines(anna).last()).toHaveText('You removed Ben')
  await expect(lines(carla).last()).toHaveText('Anna removed Ben')
  await expect(carla.page.getByText(/unread/)).toHaveCount(0)
  await expectAccessible(carla.page, 'a line for what happened')
  await carla.says('Oh')
  await anna.sees('Oh')
  await expect(lines(anna)).toHaveText([/joined$/, 'You removed Ben'])
  await anna.reloads()
  await anna.sees('Oh')
  await expect(lines(anna).last()).toHaveText('You removed Ben')
})
