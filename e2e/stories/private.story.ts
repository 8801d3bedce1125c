import { tracesAtRelay } from '../harness/blind-relay.ts'
import { expect, test } from '../harness/clique.ts'
import { family } from '../harness/family.ts'
import { begins, chat, decides, enters, heldBy, looksWhoIsIn } from '../harness/membership.ts'
import { takePhoto } from '../harness/photos.ts'
import { tracesInStorage } from '../harness/storage-dump.ts'

/** Spelled so that nothing else contains them. */
const markers = {
  title: 'Quincunx of marzipan',
  said: 'The elderflower saxophone is wrapped already',
  later: 'Benvolio must never hear of the pergola',
}

test('a conversation of two is seen by nobody else, relay included, and whoever is taken out reads nothing newer', async ({
  person,
  relay,
}) => {
  test.setTimeout(300_000)
  const { anna, ben, carla } = await family(person)
  await carla.says('Hello from Carla')
  for (const somebody of [anna, ben]) await somebody.sees('Hello from Carla')

  await begins(anna, markers.title, ['Ben'])
  await expect(anna.page.locator('[data-who]')).toHaveText('Ben and you')
  await anna.attaches(await takePhoto(anna.page, 'pergola.jpg', 1))
  await anna.says(markers.said)
  await expect(chat(ben, markers.title)).toContainText('Anna and you')
  await expect(chat(ben, markers.title)).toContainText('1')
  await enters(ben, markers.title)
  await ben.seesPhotos(markers.said, 1)
  await ben.says('She will love it')
  await anna.sees('She will love it')
  // On a phone there is room for one of both.
  const wide = anna.page.viewportSize() ?? { width: 1280, height: 720 }
  await anna.page.setViewportSize({ width: 360, height: 740 })
  await anna.seesHere('Ben is here now')
  await expect(anna.page.locator('[data-who]')).toHaveCount(0)
  await anna.page.setViewportSize(wide)
  await expect(anna.page.locator('[data-who]')).toHaveText('Ben and you')
  await anna.seesState(markers.said, 'Delivered to 1 of 1')

  // What Carla sees and holds, when all has come to her device.
  await enters(anna, 'Family')
  await anna.says('For all of us')
  await carla.sees('For all of us')
  await anna.seesState('For all of us', 'Delivered to 2 of 2')
  await expect(carla.page.getByRole('list', { name: 'Chats' }).getByRole('link')).toHaveCount(1)
  await expect(carla.page.getByText(markers.title)).toHaveCount(0)
  await expect(carla.page.getByRole('img', { name: /unread/ })).toHaveCount(0)
  const [annas, bens, carlas] = [await heldBy(anna), await heldBy(ben), await heldBy(carla)]
  const shared = carlas.records.filter((record) => annas.records.includes(record))
  expect(shared).toHaveLength(2)
  expect(carlas.records).toHaveLength(2)
  expect(bens.records).toHaveLength(4)
  expect(bens.chunks.length).toBeGreaterThan(0)
  expect(carlas.chunks).toEqual([])
  expect(await tracesInStorage(carla.page, Object.values(markers))).toEqual([])
  // Even its address leads nowhere.
  await enters(anna, markers.title)
  const address = anna.page.url()
  await carla.page.goto(address)
  await expect(carla.page.getByText(markers.said)).toHaveCount(0)
  await expect(carla.page.getByText(markers.title)).toHaveCount(0)

  // Ben is taken out.
  const list = await looksWhoIsIn(anna)
  await expect(list.getByRole('listitem')).toHaveCount(2)
  await decides(anna, 'Take Ben out', 'Take out')
  await expect(list.getByRole('listitem')).toHaveCount(1)
  await enters(anna, markers.title)
  await anna.says(markers.later)
  await expect(ben.page.getByText('You are not in this conversation any more.')).toBeVisible()
  await expect(ben.messageBox).toHaveCount(0)
  await ben.sees(markers.said)
  // Something that comes later in the conversation of all has come: so would this.
  await enters(anna, 'Family')
  await anna.says('And a last word')
  await ben.leavesConversation()
  await chat(ben, 'Family').click()
  await ben.sees('And a last word')
  await expect(chat(ben, markers.title)).not.toContainText(markers.later)
  expect((await heldBy(ben)).records).toHaveLength(5)

  expect(tracesAtRelay(relay, Object.values(markers))).toEqual([])
  expect(await relay.stop()).toBe(0)
  expect(tracesAtRelay(relay, Object.values(markers))).toEqual([])
})
