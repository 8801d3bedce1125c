import { expect } from '../harness/clique.ts'
import { family, longNames } from '../harness/family.ts'
import { begins, decides, enters, looksAt, looksWhoIsIn } from '../harness/membership.ts'
import { goes, pageOf, scene } from './stage.ts'

/** People's pages, and what is said before and after somebody is removed. */
scene('people', async ({ camera, person }) => {
  const { anna, ben, carla } = await family(person, longNames)
  await ben.says('I bring the cake')
  await anna.sees('I bring the cake')
  const { page } = anna
  const url = page.url()
  await anna.leavesConversation()
  await looksAt(anna, 'Ben')
  const bens = page.url()
  await camera.take(page, 'person', { whole: true })
  for (const [name, button] of [
    ['role', /Change role|Cambiar el papel/],
    ['removal-asked', /Remove Ben|Expulsar a Ben/],
  ] as const) {
    await camera.take(page, `person-${name}`, {
      set: async () => {
        if (await page.getByRole('dialog').isVisible()) return
        await goes(anna, bens)
        await page.getByRole('button', { name: button }).click()
      },
    })
    await page.keyboard.press('Escape')
  }
  await looksAt(anna, 'Anna')
  await camera.take(page, 'person-me', { whole: true })
  await carla.sleeps()
  await looksAt(anna, 'Ben')
  await decides(anna, 'Remove Ben', 'Remove')
  await expect(page.getByRole('article', { name: 'You removed Ben' })).toBeVisible()
  await camera.take(page, 'person-removed', { whole: true })
  await goes(anna, pageOf(url, 'people'))
  await expect(page.getByRole('list', { name: 'Former members' })).toBeVisible()
  await camera.take(page, 'people-former', { whole: true })
  await goes(anna, url)
  await camera.take(page, 'conversation-former')
  await expect(ben.page.getByText('Anna removed you from this clique.')).toBeVisible()
  await camera.take(ben.page, 'ended')
  await goes(ben, pageOf(ben.page.url(), 'home'))
  await camera.take(ben.page, 'ended-home', { whole: true })
})

/** A conversation of some of the people, from its beginning to its end for one of them. */
scene('some', async ({ camera, person }) => {
  const { anna, ben, carla } = await family(person, longNames)
  await carla.says('Who comes on Sunday?')
  await anna.sees('Who comes on Sunday?')
  const { page } = anna
  const chats = pageOf(page.url(), 'chats')
  await camera.take(page, 'new-conversation', {
    whole: true,
    set: async () => {
      await goes(anna, `${chats}/new`)
      const some = page.getByRole('radio', { name: /Only some people|Solo algunas personas/ })
      await some.check()
      await page.getByRole('checkbox').first().check()
    },
  })
  await goes(anna, chats)
  await begins(anna, 'Surprise for Carla', ['Ben'])
  const surprise = page.url()
  await camera.take(page, 'private-empty')
  await anna.says('The cake is hidden')
  await ben.leavesConversation()
  await enters(ben, 'Surprise for Carla')
  await ben.says('Good')
  await anna.sees('Good')
  await camera.take(page, 'private')
  await looksWhoIsIn(anna)
  await camera.take(page, 'private-who', { whole: true })
  await goes(anna, chats)
  await camera.take(page, 'chats-private', { set: () => goes(anna, chats) })
  await goes(anna, surprise)
  await looksWhoIsIn(anna)
  await decides(anna, 'Take Ben out', 'Take out')
  await expect(ben.page.getByText('You are not in this conversation any more.')).toBeVisible()
  await camera.take(ben.page, 'private-out')
})
