import { expect } from '../harness/clique.ts'
import { family, longNames } from '../harness/family.ts'
import { begins, decides, enters, gives, looksAt, looksWhoIsIn, names } from '../harness/membership.ts'
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

  // Whoever is out hears no more of what became of others.
  const awake = await carla.wakes()
  await awake.leavesConversation()
  await awake.looksAtMembers()
  const { page: carlas } = awake
  const former = carlas.getByRole('list', { name: 'Former members' }).getByRole('link', { name: 'Ben' })
  await expect(former).toBeVisible()
  await anna.leavesConversation()
  await looksAt(anna, longNames.carla)
  await decides(anna, `Remove ${longNames.carla}`, 'Remove')
  await goes(anna, pageOf(url, 'people'))
  await expect(carlas.getByRole('button', { name: 'Invite people' })).toHaveCount(0)
  await camera.take(carlas, 'ended-former', { whole: true })
  await former.click()
  await camera.take(carlas, 'ended-receipt', { whole: true })
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
  await camera.take(page, 'private-rename', {
    set: async () => {
      if (await page.getByRole('dialog').isVisible()) return
      await page.getByRole('button', { name: /Rename this conversation|Cambiar el nombre/ }).click()
    },
  })
  await page.getByRole('textbox').fill('')
  await page.keyboard.press('Enter')
  await camera.take(page, 'private-rename-empty')
  await page.keyboard.press('Escape')
  await goes(anna, surprise)
  await names(anna, 'Carla’s birthday, with the secret cake and a walk to the lake')
  await anna.says('In case she looks at my screen')
  await ben.sees('In case she looks at my screen')
  await camera.take(page, 'private-renamed')
  await camera.take(ben.page, 'private-renamed-by-her')
  await looksWhoIsIn(anna)
  await camera.take(page, 'private-renamed-who', { whole: true })
  await goes(anna, chats)
  await camera.take(page, 'chats-private', { set: () => goes(anna, chats) })
  await goes(anna, surprise)
  await looksWhoIsIn(anna)
  await decides(anna, 'Take Ben out', 'Take out')
  await expect(ben.page.getByText('You are not in this conversation any more.')).toBeVisible()
  await camera.take(ben.page, 'private-out')
  await looksWhoIsIn(ben)
  await camera.take(ben.page, 'private-out-who')
  await camera.take(ben.page, 'private-forget', {
    set: async () => {
      if (await ben.page.getByRole('dialog').isVisible()) return
      await ben.page.getByRole('button', { name: /Take it off|Quitarla/ }).click()
    },
  })
})

/** What a moderator hides, and what happened to the group, among the messages. */
scene('hiding', async ({ camera, person }) => {
  const { anna, ben, carla } = await family(person, longNames)
  await anna.says('Welcome to both of you')
  await ben.says('I bring the cake')
  await carla.says('Something rude')
  await anna.sees('Something rude')
  const { page } = anna
  const url = page.url()
  await anna.leavesConversation()
  await gives(anna, 'Ben', 'Moderator')
  await goes(anna, url)
  await camera.take(page, 'lines')
  await camera.take(page, 'message-acts', {
    set: async () => {
      if (await page.getByRole('dialog').isVisible()) return
      await anna.message('Something rude').getByRole('button').first().click()
    },
  })
  await page.getByRole('button', { name: 'Hide for everybody' }).click()
  await expect(anna.messages.filter({ hasText: 'Hidden by you' })).toHaveCount(1)
  await camera.take(page, 'hidden-by-me')
  await expect(carla.messages.filter({ hasText: 'Hidden by Anna' })).toHaveCount(1)
  await camera.take(carla.page, 'hidden-mine')
  await expect(ben.messages.filter({ hasText: 'Only Anna can show it again.' })).toHaveCount(1)
  await camera.take(ben.page, 'hidden-by-owner')
  await carla.sleeps()
  await anna.leavesConversation()
  await looksAt(anna, 'Ben')
  await decides(anna, 'Remove Ben', 'Remove')
  await expect(page.getByRole('article', { name: 'You removed Ben' })).toBeVisible()
  await goes(anna, url)
  await anna.says('So much for that')
  await camera.take(page, 'lines-removed')
})
