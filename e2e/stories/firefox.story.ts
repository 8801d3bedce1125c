import { expect } from '../harness/clique.ts'
import { test } from '../harness/firefox-story.ts'
import { takePhoto, withPlace } from '../harness/photos.ts'

test('Chromium and Firefox: they talk, are linked directly, and exchange photos', async ({
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

  await relay.kill()
  for (const somebody of [anna, ben]) await somebody.seesConnection('Direct only, no relay')
  const hill = withPlace(await takePhoto(ben.page, 'hill.jpg', 2), 'Plaza Mayor')
  await ben.attachesOriginals(hill)
  await ben.says('From the hill')
  expect((await anna.getsPhoto('From the hill', 'hill.jpg')).equals(hill.buffer)).toBe(true)
  await ben.seesState('From the hill', 'Delivered to 1 of 1')
  expect(await ben.reads()).toEqual(await anna.reads())
})
