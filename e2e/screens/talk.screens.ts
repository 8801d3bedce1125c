import { expect } from '../harness/clique.ts'
import { family, longNames } from '../harness/family.ts'
import { takePhoto } from '../harness/photos.ts'
import { goes, pageOf, scene } from './stage.ts'

/** A conversation with all that people put into one. */
scene('talking', async ({ camera, person }) => {
  const { anna, ben, carla } = await family(person, longNames)
  const { page } = anna
  await anna.says('Who comes on Sunday?')
  await ben.says('Me, with the children. We bring the cake.')
  await ben.says('🎂🎂')
  await carla.says(
    'See https://example.org/trains/timetables/2026/winter?from=harbour&to=old-town for the trains',
  )
  await carla.says('Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft!')
  await anna.says('שלום، مرحبا 👩‍👩‍👧 and hello')
  await anna.says('Then at three.\n\nBring:\n – boots\n – a rope\n – the big lamp, if it still works')
  await anna.sees('🎂🎂')
  await ben.sees('Then at three.\n\nBring:\n – boots\n – a rope\n – the big lamp, if it still works')
  await anna.seesHere('Ben and Carla Maximiliane Wolfeschlegelsteinhausen are here now')
  await camera.take(page, 'conversation')
  await ben.messageBox.pressSequentially('I could')
  await expect(page.locator('[data-typing]')).not.toHaveText('')
  await camera.take(page, 'conversation-typing', { set: () => ben.messageBox.press('o') })
  await ben.messageBox.fill('')
  await anna.messageBox.fill(
    'A long answer that is still being written, and takes several lines before anybody has thought of sending it, as long answers do.',
  )
  await camera.take(page, 'conversation-writing')
  await anna.messageBox.fill('')
  await anna.messageBox.press('Tab')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await camera.take(page, 'conversation-focus')
  await carla.sleeps()
  await anna.says('Carla sleeps by now')
  await anna.seesState('Carla sleeps by now', 'Delivered to 1 of 2')
  await anna
    .message('Carla sleeps by now')
    .getByRole('button', { name: /Delivered/ })
    .click()
  await camera.take(page, 'conversation-state')

  const url = page.url()
  await camera.take(page, 'chats', { set: () => goes(anna, pageOf(url, 'chats')) })
  await page.goto(pageOf(url, 'people'))
  await expect(page.getByRole('list', { name: 'Members' })).toBeVisible()
  await camera.take(page, 'people', { whole: true })
  const details = page.getByRole('dialog', { name: 'Connection' })
  await camera.take(page, 'connection-online', {
    whole: true,
    set: async () => {
      if (await details.isVisible()) return
      await goes(anna, pageOf(url, 'chats'))
      await page
        .getByRole('button', { name: /^(Connection|Conexión): / })
        .first()
        .click()
    },
  })
})

/** Pictures and files: chosen, sent, on their way, large. */
scene('pictures', async ({ camera, person }) => {
  const { anna, ben } = await family(person, longNames)
  const { page } = anna
  const photos = []
  for (let i = 1; i <= 7; i++) photos.push(await takePhoto(page, `lake-${i}.jpg`, i))
  const notes = {
    name: 'Minutes of the meeting in November, corrected.txt',
    mimeType: 'text/plain',
    buffer: Buffer.alloc(700_000, 'la '),
  }
  const empty = { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) }
  const damaged = {
    name: 'damaged.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2]),
  }
  await anna.attaches(...photos.slice(0, 2), notes, empty, damaged)
  await camera.take(page, 'tray')
  for (const name of ['empty.txt', 'damaged.jpg']) {
    await anna.tray.getByRole('button', { name: `Remove ${name}` }).click()
  }
  await anna.says('Two and the minutes')
  await anna.attaches(...photos)
  await anna.says('The whole weekend at the lake')
  await anna.attaches(...photos.slice(3, 4))
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await ben.seesPhotos('Two and the minutes', 2)
  await ben.attaches(...photos.slice(0, 3))
  await ben.says('Three of mine')
  await anna.seesPhotos('Three of mine', 3)
  await camera.take(page, 'photos')
  await camera.take(page, 'photos-above', {
    set: async () => {
      await page.getByRole('log').evaluate((log) => log.scrollTo(0, -700))
    },
  })
  await camera.take(ben.page, 'photos-received', {
    set: async () => {
      await ben.page.getByRole('log').evaluate((log) => log.scrollTo(0, -99_999))
    },
  })
  await ben
    .message('Three of mine')
    .getByRole('button', { name: /^Photo/ })
    .first()
    .click()
  await expect(ben.page.getByRole('dialog', { name: 'Photos' })).toBeVisible()
  await camera.take(ben.page, 'viewer')

  const dora = await person('Dora')
  const link = await anna.invites()
  await anna.sleeps()
  await ben.sleeps()
  await dora.opens(link)
  await dora.joins('Family')
  await dora.sees('Three of mine')
  await camera.take(dora.page, 'photos-not-here')
})

/** On glass the paperclip opens a menu. */
scene('touching', async ({ camera, person }) => {
  const anna = await person('Anna', { hasTouch: true, isMobile: true })
  await anna.creates('Family')
  await anna.seesConnection('Connected')
  await camera.take(anna.page, 'attach-menu', {
    set: async () => {
      const menu = anna.page.locator('[popover]')
      await menu.evaluate((element) => (element as HTMLElement).hidePopover())
      await anna.page.getByRole('button', { name: /Add photos|Añadir/ }).click()
    },
  })
})
