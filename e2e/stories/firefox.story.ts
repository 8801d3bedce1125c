import { expectAccessibleInFirefox } from '../harness/accessibility.ts'
import { expect } from '../harness/clique.ts'
import { test } from '../harness/firefox-story.ts'
import { takePhoto, withPlace } from '../harness/photos.ts'

test('Chromium and Firefox: they talk, are linked directly, exchange photos, and need no relay for it', async ({
  person,
  personInFirefox,
  relay,
}) => {
  const anna = await person('Anna')
  const ben = await personInFirefox('Ben')
  await anna.creates('Choir')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await anna.says('Do you see this?')
  await ben.sees('Do you see this?', 'Anna')
  await ben.says('As if it were yours')
  await anna.sees('As if it were yours', 'Ben')
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')

  const lake = withPlace(await takePhoto(anna.page, 'lake.jpg', 1), 'Calle de la Marmota 7')
  await anna.attachesOriginals(lake)
  await anna.says('From the lake')
  expect((await ben.getsPhoto('From the lake', 'lake.jpg')).equals(lake.buffer)).toBe(true)
  await anna.seesState('From the lake', 'Delivered to 1 of 1')

  await ben.appIsKept()
  await relay.kill()
  for (const somebody of [anna, ben]) await somebody.seesConnection('Direct only, no relay')
  const hill = withPlace(await takePhoto(ben.page, 'hill.jpg', 2), 'Plaza Mayor')
  await ben.attachesOriginals(hill)
  await ben.says('From the hill')
  expect((await anna.getsPhoto('From the hill', 'hill.jpg')).equals(hill.buffer)).toBe(true)
  await ben.seesState('From the hill', 'Delivered to 1 of 1')
  expect(await ben.reads()).toEqual(await anna.reads())

  await ben.reloads()
  await ben.isIn('Choir')
  await ben.seesConnection('Relay unreachable')
  await expect.poll(() => ben.reads()).toEqual(await anna.reads())
})

test('Firefox on a phone screen: every page fits and keeps nobody out, and keys do what they should', async ({
  personInFirefox,
}) => {
  const anna = await personInFirefox('Anna', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
  const { page } = anna
  const looks = (what: string): Promise<void> => expectAccessibleInFirefox(page, what)
  await anna.creates('Choir')
  await looks('conversation, empty')

  await anna.part('textbox', 'Message').click()
  await page.keyboard.type('Typed')
  await page.keyboard.press('Enter')
  await anna.sees('Typed')
  await page.keyboard.type('The words go on where they were')
  await page.keyboard.press('Enter')
  await anna.sees('The words go on where they were')
  await looks('conversation')

  await anna.seesConnection('Connected')
  const badge = anna.part('button', 'Connection: Connected')
  await badge.click()
  await anna.part('dialog', 'Connection').wait()
  await expect.poll(() => page.$$eval('dialog li', (all) => all.length)).toBeGreaterThan(0)
  await looks('connection')
  await page.keyboard.press('Escape')
  const focused = (): Promise<string | null> => page.evaluate(() => document.activeElement?.ariaLabel ?? null)
  await expect.poll(focused).toBe('Connection: Connected')

  await anna.part('button', 'Invite people').click()
  await anna.part('button', 'Make a link').click()
  await anna.part('textbox', 'Invitation link').wait()
  await looks('invite')
  await page.keyboard.press('Escape')
  await anna.part('link', 'Back').click()
  await anna.part('list', 'Chats').wait()
  await looks('chats')
  await anna.part('link', 'People').click()
  await anna.part('list', 'Members').wait()
  await looks('people')
  await anna.part('link', 'Home').click()
  await anna.part('heading', 'This device').wait()
  await looks('home')
})
