import { expectAccessible } from '../harness/accessibility.ts'
import { tracesAtRelay } from '../harness/blind-relay.ts'
import { expect, test } from '../harness/clique.ts'
import { takePhoto, withPlace } from '../harness/photos.ts'
import { bytesOfFiles, tracesInStorage } from '../harness/storage-dump.ts'

const place = 'Calle de la Marmota 7'

test('Anna shares two photos with a caption, Ben sees the mosaic, opens one, downloads the identical original', async ({
  person,
  relay,
}) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')

  const lake = withPlace(await takePhoto(anna.page, 'lake-marmalade.jpg', 1), place)
  const hill = await takePhoto(anna.page, 'hill-marmalade.jpg', 2)
  await anna.attaches(lake, hill)
  await expect(anna.tray).toContainText('without place and camera data')
  await anna.tray.getByRole('checkbox', { name: /Send photos as they are/ }).check()
  await expect(anna.tray.getByText('as it is, with place')).toHaveCount(2)
  await expectAccessible(anna.page, 'what will be sent')
  await anna.says('From the lake')

  const photos = await ben.seesPhotos('From the lake', 2)
  await expectAccessible(ben.page, 'a conversation with photos')
  await photos.first().click()
  const viewer = ben.page.getByRole('dialog', { name: 'Photos' })
  await expect(viewer).toContainText('1 of 2')
  await expect(viewer).toBeFocused()
  await expectAccessible(ben.page, 'the viewer')
  expect((await ben.saves(viewer, 'lake-marmalade.jpg')).equals(lake.buffer)).toBe(true)
  await ben.page.keyboard.press('ArrowRight')
  await expect(viewer).toContainText('2 of 2')
  expect((await ben.saves(viewer, 'hill-marmalade.jpg')).equals(hill.buffer)).toBe(true)
  await ben.page.keyboard.press('Escape')
  await expect(viewer).toBeHidden()
  await expect(photos.first()).toBeFocused()

  await anna.seesState('From the lake', 'Delivered to 1 of 1')
  const secrets = [place, 'lake-marmalade', 'hill-marmalade', 'From the lake']
  expect(tracesAtRelay(relay, secrets)).toEqual([])
  for (const { page } of [anna, ben]) {
    expect(await tracesInStorage(page, secrets)).toEqual([])
    // The photos lie in files of the browser, which were searched too.
    expect(await bytesOfFiles(page)).toBeGreaterThan(lake.buffer.length + hill.buffer.length)
  }
})

test('a photo and a file wait at the relay for Ben while Anna is gone', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  // Before that it is for nobody but Anna, and would only be kept safe.
  await expect(anna.page.getByText('2 members')).toBeVisible()
  await ben.sleeps()

  const photo = withPlace(await takePhoto(anna.page, 'lake.jpg'), place)
  const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.alloc(700_000, 'la la la ') }
  await anna.attaches(photo, notes)
  await anna.says('For you')
  await anna.seesState('For you', 'On the relay')
  await anna.sleeps()

  const awake = await ben.wakes()
  await awake.entersConversation('Choir')
  const [opened] = await (await awake.seesPhotos('For you', 1)).all()
  await awake.message('For you').getByRole('button', { name: 'Get notes.txt' }).click()
  expect((await awake.saves(awake.message('For you'), 'notes.txt')).equals(notes.buffer)).toBe(true)
  await opened?.click()
  const saved = await awake.saves(awake.page.getByRole('dialog', { name: 'Photos' }), 'lake.jpg')
  expect(saved.includes(place)).toBe(false)
})

test('what is pasted and dropped waits in the draft, survives a reload, and can be taken out', async ({
  person,
}) => {
  const anna = await person('Anna', { viewport: { width: 360, height: 740 } })
  await anna.creates('Choir')
  await anna.pastes(await takePhoto(anna.page, 'pasted.jpg', 1))
  await anna.drops(await takePhoto(anna.page, 'dropped.jpg', 2))
  const items = anna.tray.getByRole('listitem')
  await expect(items).toHaveCount(2)
  await expect(items.filter({ hasText: 'without place and camera data' })).toHaveCount(2)
  await expect(async () => {
    await anna.reloads()
    await expect(items).toHaveCount(2, { timeout: 3_000 })
  }).toPass()
  const chats = anna.page.getByRole('list', { name: 'Chats' })
  await anna.leavesConversation()
  await expect(chats).toContainText('Draft: 2 photos')
  await anna.entersConversation('Choir')
  await anna.tray.getByRole('button', { name: 'Remove dropped.jpg' }).click()
  await expect(items).toHaveCount(1)
  await anna.page.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(anna.messages.getByRole('button', { name: 'Photo' })).toBeVisible()
  await expect(items).toHaveCount(0)
  await anna.leavesConversation()
  await expect(chats).toContainText('You: Photo')
})

test('a broken photo and an empty file say so, and the broken one goes as a file', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const photo = await takePhoto(anna.page, 'lake.jpg')
  const half = photo.buffer.subarray(0, photo.buffer.length / 2)
  await anna.attaches(
    { ...photo, name: 'half.jpg', buffer: half },
    { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
  )
  const broken = anna.tray.getByRole('listitem').filter({ hasText: 'half.jpg' })
  await expect(broken.getByRole('alert')).toContainText('does not open')
  await expect(anna.tray.getByRole('alert').filter({ hasText: 'empty' })).toBeVisible()
  await expectAccessible(anna.page, 'what cannot be sent')
  await broken.getByRole('button', { name: 'Send as a file' }).click()
  await expect(broken).toContainText('file, unchanged')
  await anna.says('What was left of it')
  expect((await anna.saves(anna.message('What was left of it'), 'half.jpg')).equals(half)).toBe(true)
  await expect(anna.tray.getByRole('listitem')).toHaveCount(1)
})
