import { expectAccessible } from '../harness/accessibility.ts'
import { expect, test } from '../harness/clique.ts'
import { begins, chat, decides, enters, heldBy, looksWhoIsIn } from '../harness/membership.ts'
import { takePhoto } from '../harness/photos.ts'

const title = 'Surprise for Carla'

test('a conversation that Ben was taken out of goes from his device, and comes back once he is added again', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const anna = await person('Anna')
  await anna.creates('Family')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Family')
  await ben.says('Hello')
  await anna.sees('Hello')
  await begins(anna, title, ['Ben'])
  await anna.attaches(await takePhoto(anna.page, 'cake.jpg', 1))
  await anna.says('Like this one?')
  await enters(ben, title)
  await ben.seesPhotos('Like this one?', 1)
  await ben.says('Larger')
  await anna.seesState('Like this one?', 'Delivered to 1 of 1')
  await anna.sees('Larger')
  await ben.seesState('Larger', 'Delivered to 1 of 1')
  const before = await heldBy(ben)
  expect(before.chunks.length).toBeGreaterThan(0)

  await looksWhoIsIn(anna)
  await decides(anna, 'Take Ben out', 'Take out')
  await expect(ben.page.getByText('You are not in this conversation any more.')).toBeVisible()
  const tab = await ben.secondTab()
  await tab.sees('Larger')
  await ben.page.getByRole('link', { name: 'What this means' }).click()
  await ben.page.getByRole('button', { name: 'Take it off this device' }).click()
  const dialog = ben.page.getByRole('dialog', { name: `Take ${title} off this device?` })
  await expect(dialog).toContainText('All its messages, photos and files are deleted here')
  await expectAccessible(ben.page, 'what goes from this device')
  await dialog.getByRole('button', { name: 'Delete from this device' }).click()
  for (const one of [ben, tab]) {
    await expect(chat(one, 'Family')).toBeVisible()
    await expect(chat(one, title)).toHaveCount(0)
  }
  await tab.page.close()
  await ben.reloads()
  await expect(chat(ben, 'Family')).toBeVisible()
  await expect(chat(ben, title)).toHaveCount(0)
  const rest = await heldBy(ben)
  expect(rest.records).toHaveLength(1)
  expect(rest.chunks).toEqual([])

  await anna.page.getByRole('button', { name: 'Add people' }).click()
  const add = anna.page.getByRole('dialog', { name: 'Add people' })
  await add.getByRole('checkbox', { name: 'Ben' }).check()
  await add.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(add).toBeHidden()
  await enters(ben, title)
  await ben.seesPhotos('Like this one?', 1)
  await ben.sees('Larger', 'You')
  await ben.says('Here I am again')
  await enters(anna, title)
  await anna.sees('Here I am again', 'Ben')
  expect(await ben.reads()).toEqual(await anna.reads())
})
