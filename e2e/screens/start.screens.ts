import type { Page } from '@playwright/test'
import { expect } from '../harness/clique.ts'
import { iphone } from './iphone.ts'
import { goes, pageOf, scene } from './stage.ts'

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })

/** From an unclaimed relay to an empty conversation. */
scene('beginning', async ({ camera, relay, person }) => {
  const anna = await person('Anna')
  const { page } = anna
  await anna.opens(relay.url)
  await expect(page.getByRole('heading', { name: 'This relay has no owner yet' })).toBeVisible()
  await camera.take(page, 'start-unclaimed', { whole: true })
  await field(page, 'Claim link').fill('https://example.org/cats')
  await button(page, 'Use this link').click()
  await expect(page.getByRole('alert')).toBeVisible()
  await camera.take(page, 'start-unclaimed-refused', { whole: true })

  await anna.opens(relay.claim ?? '')
  await expect(page.getByRole('link', { name: 'Create a clique' })).toBeVisible()
  await camera.take(page, 'start-willing', { whole: true })
  await page.getByRole('link', { name: 'Create a clique' }).click()
  await button(page, 'Create clique').click()
  await expect(page.getByRole('alert')).toHaveCount(2)
  await camera.take(page, 'create-empty', { whole: true })
  await field(page, 'Name of the clique').fill('The Lindqvist-Oyelaran family of Kungsholmen')
  await field(page, 'Your name').fill('Anna')
  await page.getByRole('radio', { name: 'Teal' }).check()
  await camera.take(page, 'create-filled', { whole: true })
  await button(page, 'Create clique').click()
  await expect(page.getByRole('heading', { name: 'Your recovery kit' })).toBeVisible()
  await camera.take(page, 'kit-words', { whole: true })
  await button(page, 'Copy words').click()
  await camera.take(page, 'kit-copied', { whole: true })
  await anna.keepsRecoveryKit(async () => {
    await camera.take(page, 'kit-asked', { whole: true })
    await button(page, 'Finish').click()
    await expect(page.getByRole('alert')).toHaveCount(2)
    await camera.take(page, 'kit-wrong', { whole: true })
  })
  await expect(anna.messageBox).toBeVisible()
  await anna.seesConnection('Connected')
  await camera.take(page, 'conversation-empty')
  const url = page.url()
  await camera.take(page, 'chats-empty', { set: () => goes(anna, pageOf(url, 'chats')) })
  await page.goto(pageOf(url, 'people'))
  await camera.take(page, 'people-alone', { whole: true })
  await page.goto(pageOf(url, 'home'))
  await camera.take(page, 'home-alone', { whole: true })
  await page.getByText('Details for the curious').click()
  await camera.take(page, 'home-details', { whole: true })
  await page.evaluate(offerInstall)
  await camera.take(page, 'home-install', { whole: true })
  await button(page, 'Allow another clique on this relay').click()
  await expect(field(page, 'Permission link')).toBeVisible()
  await camera.take(page, 'home-permission', { whole: true })
  await page.evaluate(littleRoom)
  await page.goto(pageOf(url, 'people'))
  await page.getByRole('link', { name: 'Home' }).click()
  await expect(page.getByText('There is little room left')).toBeVisible()
  await camera.take(page, 'home-little-room', { whole: true })
  await page.goto(`${relay.url}/#/add`)
  await camera.take(page, 'start-with-cliques', { whole: true })
})

/** By somebody who was not invited, or cannot run the app. */
scene('stranger', async ({ camera, relay, person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  const { page } = ben
  await ben.opens(relay.url)
  await expect(page.getByRole('heading', { name: 'This relay already has an owner' })).toBeVisible()
  await camera.take(page, 'start-claimed', { whole: true })
  await button(page, 'Open invitation').click()
  await camera.take(page, 'start-nothing-pasted', { whole: true })
  await field(page, 'Invitation link').fill('https://example.org/cats')
  await button(page, 'Open invitation').click()
  await expect(page.getByRole('alert')).toBeVisible()
  await camera.take(page, 'start-no-invitation', { whole: true })
  await page.goto(anna.page.url())
  await expect(page.getByRole('heading', { name: 'This clique is not on this device' })).toBeVisible()
  await camera.take(page, 'clique-unknown')

  const carla = await person('Carla', { userAgent: iphone })
  await carla.opens(relay.url)
  await expect(carla.page.getByRole('region', { name: /^First/ })).toBeVisible()
  await camera.take(carla.page, 'start-iphone', { whole: true })

  ben.profile.road.cut()
  await ben.opens(relay.url)
  await expect(page.getByRole('heading', { name: /does not answer/ })).toBeVisible()
  await camera.take(page, 'start-unreachable', { whole: true })
})

/** Where the app cannot run it says so in one sentence, in the language of the browser. */
scene('obstacles', async ({ camera, relay, person }) => {
  for (const [fixed, locale] of [
    ['en', 'en-GB'],
    ['es', 'es-ES'],
  ] as const) {
    const lacking = {
      insecure: () => Object.defineProperty(window, 'isSecureContext', { value: false }),
      missing: () => Reflect.deleteProperty(Navigator.prototype, 'locks'),
      'storage-refused': () => {
        IDBFactory.prototype.open = () => {
          throw new DOMException('refused', 'SecurityError')
        }
      },
    }
    for (const [name, lacks] of Object.entries(lacking)) {
      const ben = await person('Ben', { locale })
      await ben.page.addInitScript(lacks)
      await ben.page.goto(relay.url)
      await expect(ben.page.getByRole('alert')).toBeVisible()
      await camera.take(ben.page, `obstacle-${name}`, { fixed })
    }
  }
})

/** Runs in the page, as Chromium would do it outside a private window. */
function offerInstall(): void {
  dispatchEvent(
    Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
      prompt: () => Promise.resolve(),
    }),
  )
}

/** Runs in the page. */
function littleRoom(): void {
  navigator.storage.estimate = () => Promise.resolve({ usage: 48_000_000, quota: 50_000_000 })
}
