import { expect } from '../harness/clique.ts'
import { SmallStorage } from '../harness/small-storage.ts'
import { goes, pageOf, scene } from './stage.ts'

const hourMs = 60 * 60 * 1000

/** The ways in which a connection can be less than whole. */
scene('troubles', async ({ camera, relay, person }) => {
  const anna = await person('Anna')
  await anna.creates('Family')
  await anna.seesConnection('Connected')
  const { page } = anna
  const list = pageOf(page.url(), 'chats')
  const opensDetails = async (): Promise<void> => {
    if (await page.getByRole('dialog').isVisible()) await page.keyboard.press('Escape')
    await goes(anna, list)
    await page
      .getByRole('button', { name: /^(Connection|Conexión): / })
      .first()
      .click()
  }
  const closes = async (): Promise<void> => {
    await page.keyboard.press('Escape')
    await anna.entersConversation('Family')
  }
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Family')
  await anna.seesInConnection('Directly: 1 member')
  await anna.says('All is well')
  await anna.seesState('All is well', 'Delivered to 1 of 1')

  await relay.kill()
  await anna.seesConnection('Direct only, no relay')
  await camera.take(page, 'connection-direct-only', { set: opensDetails })
  await closes()
  await ben.sleeps()
  await anna.seesConnection('Relay unreachable')
  await anna.says('Nobody hears this yet')
  await anna.seesState('Nobody hears this yet', 'Waiting to be sent')
  await camera.take(page, 'conversation-no-relay')
  await camera.take(page, 'connection-relay-unreachable', { set: opensDetails })
  await closes()
  await page.getByRole('button', { name: 'Invite people' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make a link' }).click()
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Making the link…' })).toHaveCount(0)
  await camera.take(page, 'invite-no-relay', { whole: true })
  await page.keyboard.press('Escape')
  await anna.goesOffline()
  await anna.seesConnection('Offline')
  await anna.message('Nobody hears this yet').getByRole('button', { name: 'Waiting to be sent' }).click()
  await camera.take(page, 'conversation-offline')
  await camera.take(page, 'connection-offline', { set: opensDetails })
})

/** Invitations, and cliques beside each other. */
scene('inviting', async ({ camera, person }) => {
  const anna = await person('Anna')
  await anna.creates('Family')
  await anna.seesConnection('Connected')
  const { page } = anna
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'Invite people' }).first().click()
  await camera.take(page, 'invite-choices', { whole: true })
  await dialog.getByRole('button', { name: 'Make a link' }).click()
  await expect(dialog.getByRole('textbox')).toBeVisible()
  await camera.take(page, 'invite-link', { whole: true })
  await dialog.getByRole('button', { name: 'Revoke' }).click()
  await camera.take(page, 'invite-revoking', { whole: true })
  await dialog.getByRole('button', { name: 'Really revoke' }).click()
  await expect(dialog.getByRole('status').filter({ hasText: 'Revoked' })).toBeVisible()
  await camera.take(page, 'invite-revoked', { whole: true })
  await page.keyboard.press('Escape')
  const link = await anna.invites({ people: '5 people' })

  const list = pageOf(page.url(), 'chats')
  await page.goto(pageOf(list, 'home'))
  await page.getByRole('button', { name: 'Allow another clique on this relay' }).click()
  const permission = await page.getByRole('textbox', { name: 'Permission link' }).inputValue()
  await anna.opens(permission)
  await page.getByRole('link', { name: 'Create a clique' }).click()
  await page.getByRole('radio', { name: 'Iris' }).check()
  await anna.fillsInClique('Chess club')
  await anna.isIn('Chess club')
  const other = pageOf(page.url(), 'chats')

  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Family')
  await ben.says('Are you coming?')
  await ben.says('Or shall I fetch you?')
  await goes(anna, other)
  await expect(page.getByRole('link', { name: 'Family, 2 unread messages' })).toBeVisible()
  await camera.take(page, 'cliques-chats', { set: () => goes(anna, other) })
  await camera.take(page, 'cliques-people', { set: () => goes(anna, pageOf(other, 'people')) })
  await camera.take(page, 'cliques-home', {
    whole: true,
    set: () => goes(anna, pageOf(other, 'home')),
  })
  await page.setViewportSize({ width: 360, height: 740 })
  await goes(anna, list)
  const row = page.getByRole('list', { name: 'Chats' }).getByRole('link', { name: 'Family' })
  await expect(row.getByLabel('2 unread messages')).toBeVisible()
  await page.evaluate(() => Object.defineProperty(document, 'visibilityState', { value: 'hidden' }))
  await camera.take(page, 'chats-unread', { set: () => goes(anna, list) })
  await page.setViewportSize({ width: 360, height: 740 })
  await goes(anna, list)
  await row.click()
  await anna.sees('Are you coming?')
  await camera.take(page, 'conversation-unread')
})

/** Days of it, and nobody else ever there. */
scene('alone', async ({ camera, person }) => {
  const anna = await person('Anna')
  await anna.creates('Diary')
  await anna.says('The first word')
  await anna.seesState('The first word', 'Kept safe')
  await anna.message('The first word').getByRole('button', { name: 'Kept safe' }).click()
  await camera.take(anna.page, 'conversation-alone')
  const url = anna.page.url()
  await anna.appIsKept()
  await anna.goesOffline()
  for (let day = 1; day <= 3; day++) {
    await anna.page.addInitScript(`{
        const Original = Date, ahead = ${hourMs * 26}
        Date = new Proxy(Original, {
          construct: (target, given) => given.length === 0 ? new target(target.now() + ahead) : new target(...given),
          get: (target, key) => key === 'now' ? () => target.now() + ahead : Reflect.get(target, key),
        })
      }`)
    await anna.page.reload()
    await anna.page.goto(url)
    for (let i = 1; i <= 4; i++) await anna.says(`Entry ${i} of day ${day}, in which little happened`)
  }
  await camera.take(anna.page, 'conversation-days')
  await camera.take(anna.page, 'conversation-scrolled', {
    set: async () => {
      await anna.page.getByRole('log').evaluate((log) => log.scrollTo(0, -400))
    },
  })
})

/** A new version of the app, and a device without room. */
scene('updating', async ({ camera, person, served }) => {
  const anna = await person('Anna')
  await anna.creates('Workshop')
  await anna.says('Mind the paint')
  await anna.appIsKept()
  served.publishNext()
  await anna.reloads()
  await expect(anna.updateNotice).toBeVisible()
  const list = pageOf(anna.page.url(), 'chats')
  await camera.take(anna.page, 'update-ready')
  await camera.take(anna.page, 'update-ready-chats', { set: () => goes(anna, list) })
})

scene('full', async ({ camera, person }) => {
  const anna = await person('Anna')
  const storage = await SmallStorage.of(anna)
  await anna.creates('Attic')
  await anna.says('While there is room')
  await anna.seesConnection('Connected')
  await storage.fill()
  await anna.startsSaying('One too many')
  await anna.isTold(/no room left/)
  await camera.take(anna.page, 'storage-full')
  await anna.messageBox.fill('la '.repeat(40_000))
  await anna.isTold(/too long/)
  await camera.take(anna.page, 'message-too-long')
})
