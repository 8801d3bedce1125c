import { expectAccessible } from '../harness/accessibility.ts'
import { expect, type Person } from '../harness/clique.ts'
import { hashOf, writeNoise } from '../harness/large-files.ts'
import { test } from '../harness/served-app.ts'

const iphone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

test('the relay is dead and the network is cut: the app opens and shows what it holds', async ({
  person,
  relay,
}) => {
  const anna = await person('Anna')
  await anna.creates('Lighthouse')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Lighthouse')
  await ben.says('The lamp is lit')
  await anna.sees('The lamp is lit', 'Ben')
  await anna.appIsKept()

  await relay.kill()
  await anna.goesOffline()
  await anna.sleeps()
  const later = await anna.wakes()
  await later.sees('The lamp is lit', 'Ben')
  await later.seesConnection('Offline')
  await later.says('Written with nobody there')
  await later.seesState('Written with nobody there', 'Waiting to be sent')
  await later.looksAtMembers()
  await later.page.getByRole('link', { name: 'Home' }).click()
  await expect(later.page.getByRole('heading', { name: 'This device' })).toBeVisible()
  await later.reloads()
  await expect(later.page.getByRole('heading', { name: 'This device' })).toBeVisible()
  await relay.start()
})

/** A page that is loaded again has forgotten this. */
async function marks({ page }: Person): Promise<void> {
  await page.evaluate(() => document.documentElement.setAttribute('data-marked', ''))
}
async function isMarked({ page }: Person): Promise<boolean> {
  return page.evaluate(() => document.documentElement.hasAttribute('data-marked'))
}

test('a new version waits until it is wanted, and then comes to every tab without losing what was typed', async ({
  person,
  served,
}) => {
  const typing = await person('Anna')
  await typing.creates('Workshop')
  await typing.appIsKept()
  const first = served.version
  const oldParts = served.parts
  await typing.messageBox.fill('Not yet finis')
  await marks(typing)

  served.publishNext()
  // Opening the app anywhere makes the browser look for a new version of it.
  const asking = await typing.secondTab()
  const reading = await typing.secondTab()
  for (const tab of [asking, reading]) {
    await tab.page.getByRole('link', { name: 'Home' }).click()
    await expect(tab.page.getByText(`Clique ${first}`, { exact: true })).toBeVisible()
    await marks(tab)
  }
  for (const tab of [asking, reading, typing]) {
    await expect(tab.updateNotice).toContainText('A new version is ready')
  }
  await expectAccessible(asking.page, 'a new version is ready')

  // Nobody has asked, so everybody has the version before, whole, though the relay has it no more.
  expect(served.parts).not.toEqual(expect.arrayContaining(oldParts.slice(0, 1)))
  for (const tab of [asking, reading, typing]) {
    expect(await isMarked(tab)).toBe(true)
    expect(await missingParts(tab, oldParts)).toEqual([])
  }

  await asking.updateNotice.getByRole('button', { name: 'Use it now' }).click()
  for (const tab of [asking, reading]) {
    await expect(tab.page.getByText(`Clique ${served.version}`, { exact: true })).toBeVisible()
    expect(await isMarked(tab)).toBe(false)
  }
  // Somebody types here: the text stays, and so does the version that the page was made with.
  await expect(typing.updateNotice).toContainText('A new version is ready')
  expect(await isMarked(typing)).toBe(true)
  await expect(typing.messageBox).toHaveValue('Not yet finis')
  expect(await missingParts(typing, oldParts)).toEqual([])

  // Asked for in the middle of a word, it waits until that word is kept.
  await typing.messageBox.fill('Not yet finished')
  await typing.updateNotice.getByRole('button', { name: 'Use it now' }).click()
  await expect.poll(() => isMarked(typing).catch(() => true)).toBe(false)
  await expect(typing.messageBox).toHaveValue('Not yet finished')
  await typing.page.getByRole('link', { name: 'Home' }).click()
  await expect(typing.page.getByText(`Clique ${served.version}`, { exact: true })).toBeVisible()
  await expect(typing.updateNotice).toHaveCount(0)

  // With the last page of the version before, that version goes.
  await expect.poll(() => typing.page.evaluate(async () => (await caches.keys()).length)).toBe(1)
})

test('a new version can wait for later, and comes when the app is opened anew', async ({
  person,
  served,
}) => {
  const anna = await person('Anna')
  await anna.creates('Workshop')
  await anna.appIsKept()
  served.publishNext()
  await anna.reloads()
  await expect(anna.updateNotice).toBeVisible()
  await anna.updateNotice.getByRole('button', { name: 'Later' }).click()
  await expect(anna.updateNotice).toHaveCount(0)
  await anna.sleeps()
  const later = await anna.wakes()
  await later.isIn('Workshop')
  await later.page.getByRole('link', { name: 'Home' }).click()
  await expect(later.page.getByText(`Clique ${served.version}`, { exact: true })).toBeVisible()
})

test('a new version in the middle of a large file waits until it is safe, and the file goes on after it', async ({
  person,
  served,
}, info) => {
  const anna = await person('Anna')
  await anna.creates('Workshop')
  await anna.appIsKept()
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Workshop')
  await expect(anna.page.getByText('2 members')).toBeVisible()
  await ben.sleeps()
  await marks(anna)
  const film = writeNoise(info.outputPath('film.mkv'), 40)

  // While it is being made ready it is in this page's memory alone.
  await anna.page.locator('[data-attach]').setInputFiles(film)
  await expect(anna.tray.getByRole('progressbar')).toBeVisible()
  served.publishNext()
  await anna.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
  await expect(anna.updateNotice).toContainText('A new version is ready')
  await anna.updateNotice.getByRole('button', { name: 'Use it now' }).click()
  await expect(anna.tray.getByText('file, unchanged').or(anna.tray.getByRole('progressbar'))).toBeVisible()

  // As soon as its chunks and the draft are kept the page comes anew, with the file in the draft.
  await expect.poll(() => isMarked(anna).catch(() => true), { timeout: 120_000 }).toBe(false)
  await expect(anna.tray.getByText('file, unchanged')).toBeVisible()

  // On its way to the relay nothing is in memory alone: it goes on where it was.
  await anna.says('The film')
  served.publishNext()
  await anna.page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
  await marks(anna)
  await anna.updateNotice.getByRole('button', { name: 'Use it now' }).click()
  await expect.poll(() => isMarked(anna).catch(() => true)).toBe(false)
  await anna.seesState('The film', 'On the relay')
  await anna.sleeps()
  const awake = await ben.wakes()
  await awake.entersConversation('Workshop')
  await awake.message('The film').getByRole('button', { name: 'Get film.mkv' }).click()
  expect(await hashOf(await awake.savesToDisk(awake.message('The film'), 'film.mkv'))).toBe(
    await hashOf(film),
  )
})

test('no update takes away the recovery kit that somebody is writing down', async ({ person, served }) => {
  const anna = await person('Anna')
  await anna.startsClique()
  await anna.appIsKept()
  await anna.fillsInClique('Workshop')
  await expect(anna.page.getByRole('heading', { name: 'Your recovery kit' })).toBeVisible()
  served.publishNext()
  await (await anna.secondTab()).closesTab()
  await expect(anna.updateNotice).toContainText('A new version is ready')
  await marks(anna)
  await anna.updateNotice.getByRole('button', { name: 'Use it now' }).click()
  await expect(anna.updateNotice).toContainText('as soon as what you are writing is kept')
  await expect.poll(() => anna.page.evaluate(async () => (await caches.keys()).length)).toBe(2)
  expect(await isMarked(anna)).toBe(true)
  await anna.keepsRecoveryKit()
  await anna.isIn('Workshop')
  await expect.poll(() => isMarked(anna).catch(() => true)).toBe(false)
  await anna.isIn('Workshop')
})

/** Which of these a page cannot have any more. */
async function missingParts({ page }: Person, parts: readonly string[]): Promise<string[]> {
  return page.evaluate(async (paths) => {
    const found = await Promise.all(paths.map(async (path) => ({ path, ok: (await fetch(path)).ok })))
    return found.filter(({ ok }) => !ok).map(({ path }) => path)
  }, parts)
}

test('the service worker answers for the app and never for the relay, and keeps nothing else', async ({
  person,
  served,
}) => {
  const anna = await person('Anna')
  await anna.creates('Workshop')
  await anna.appIsKept()
  await anna.reloads()
  await anna.seesConnection('Connected')
  const { page } = anna
  const answeredBy = new Map<string, boolean>()
  page.on('response', (response) => {
    answeredBy.set(new URL(response.url()).pathname, response.fromServiceWorker())
  })
  const paths = ['/clique/about', '/healthz', '/readyz', '/csp.json', '/index.html', served.parts[0] ?? '']
  await page.evaluate((all) => Promise.all(all.map((path) => fetch(path))), paths)
  expect(Object.fromEntries(answeredBy)).toEqual({
    '/clique/about': false,
    '/healthz': false,
    '/readyz': false,
    '/csp.json': false,
    '/index.html': true,
    [served.parts[0] ?? '']: true,
  })

  const kept = await page.evaluate(async () => {
    const [name] = await caches.keys()
    const cache = await caches.open(name ?? '')
    return (await cache.keys()).map(({ url }) => new URL(url).pathname)
  })
  expect(kept.filter((path) => !/^\/(assets|icons)\//.test(path)).sort()).toEqual([
    '/icon.svg',
    '/index.html',
    '/manifest.webmanifest',
  ])
  expect(kept).toEqual(expect.arrayContaining(served.parts))
})

test('the app can be installed: its manifest and icons are what they say', async ({ person, relay }) => {
  const anna = await person('Anna')
  await anna.page.goto(relay.url)
  await anna.appIsKept()
  const session = await anna.profile.context.newCDPSession(anna.page)
  const { errors, url } = await session.send('Page.getAppManifest')
  expect([errors, url]).toEqual([[], `${relay.url}/manifest.webmanifest`])
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
  // A context of the stories is a private window for Chromium, and nothing else stands in the way.
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(['in-incognito'])

  const response = await fetch(url)
  expect(response.headers.get('content-type')).toContain('application/manifest+json')
  const { icons } = (await response.json()) as { icons: { src: string; sizes: string; type: string }[] }
  expect(icons.map(({ sizes }) => sizes)).toEqual(['any', '192x192', '512x512', '192x192', '512x512'])
  for (const { src, sizes, type } of icons) {
    const icon = await fetch(new URL(src, url))
    expect(icon.headers.get('content-type')).toContain(type)
    const bytes = Buffer.from(await icon.arrayBuffer())
    if (sizes !== 'any') expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes)
  }
})

test('on an iPhone it is said how to install, before anything is kept there', async ({ person, relay }) => {
  const anna = await person('Anna')
  await anna.creates('Family')
  const link = await anna.invites()

  const viewport = { width: 360, height: 740 }
  const ben = await person('Ben', { userAgent: iphone, viewport })
  const hint = ben.page.getByRole('region', { name: 'First, put Clique on your Home Screen' })
  await ben.page.goto(relay.url)
  await expect(hint.getByRole('listitem')).toHaveCount(3)
  await expect(hint.getByRole('textbox')).toHaveCount(0)
  await expectAccessible(ben.page, 'start on an iPhone')

  await ben.opens(link)
  await expect(hint.getByRole('textbox', { name: 'Take your link along' })).toHaveValue(link)
  await expectAccessible(ben.page, 'invitation on an iPhone')
  await hint.getByRole('button', { name: 'Stay in this browser' }).click()
  await expect(hint).toHaveCount(0)
  await ben.opens(link)
  await expect(ben.page.getByRole('button', { name: 'Join', exact: true })).toBeVisible()
  await expect(hint).toHaveCount(0)
})

test('where the browser offers to install, the app has a button for it, which can be sent away', async ({
  person,
}) => {
  const anna = await person('Anna')
  await anna.creates('Family')
  const { page } = anna
  await page.getByRole('link', { name: 'Home' }).click()
  const card = page.getByRole('region', { name: 'Install Clique' })
  await expect(card).toHaveCount(0)
  const offers = (): Promise<boolean> =>
    page.evaluate(() => {
      const offer = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
        prompt: async () => {
          document.documentElement.setAttribute('data-prompted', '')
          return { outcome: 'dismissed' }
        },
      })
      return window.dispatchEvent(offer)
    })
  expect(await offers(), 'the browser is told to leave the asking to the app').toBe(false)
  await expectAccessible(page, 'install card')
  await card.getByRole('button', { name: 'Install', exact: true }).click()
  await expect(card).toHaveCount(0)
  expect(await page.evaluate(() => document.documentElement.hasAttribute('data-prompted'))).toBe(true)

  await offers()
  await card.getByRole('button', { name: 'No, thanks' }).click()
  await expect(card).toHaveCount(0)
  await anna.reloads()
  await offers()
  await expect(page.getByRole('heading', { name: 'This device' })).toBeVisible()
  await expect(card).toHaveCount(0)
})

test('the browser is asked to keep what is stored once there is something, and little room is told', async ({
  person,
}) => {
  const anna = await person('Anna')
  const { page } = anna
  await page.addInitScript(() => {
    // A page without an address, which comes before the app, has no storage.
    if (!('StorageManager' in window)) return
    const ask = navigator.storage.persist.bind(navigator.storage)
    navigator.storage.persist = () => {
      document.documentElement.setAttribute('data-asked-to-keep', '')
      return ask()
    }
  })
  await anna.startsClique()
  await anna.fillsInClique('Family')
  const asked = page.locator('html[data-asked-to-keep]')
  await expect(page.getByRole('heading', { name: 'Your recovery kit' })).toBeVisible()
  await expect(asked).toHaveCount(0)
  await anna.keepsRecoveryKit()
  await anna.isIn('Family')
  await expect(asked).toHaveCount(1)
  await anna.appIsKept()

  await page.getByRole('link', { name: 'Home' }).click()
  await expect(page.getByText(/It takes [\d.,]+ \S+\. The browser lets it grow to/)).toBeVisible()
  await expect(page.getByText('There is little room left')).toHaveCount(0)
  // Chromium names the same quota to every page, so what other browsers say is said in its place.
  await page.evaluate(() => {
    navigator.storage.estimate = async () => ({ usage: 48_000_000, quota: 50_000_000 })
  })
  await page.getByRole('link', { name: 'People', exact: true }).click()
  await page.getByRole('link', { name: 'Home' }).click()
  await expect(page.getByText('There is little room left')).toBeVisible()
  await expectAccessible(page, 'little room')
})
