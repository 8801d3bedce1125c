import { takePhoto } from '../harness/photos.ts'
import { expect, test } from '../harness/plain-relay.ts'

test('an app on https reaches a relay without a certificate, by the link and then by itself', async ({
  app,
  atTheApp,
  atTheRelay,
  relay,
}) => {
  const anna = await atTheRelay('Anna')
  await anna.creates('Choir')
  const link = await anna.invites({}, () =>
    expect(anna.page.getByRole('img', { name: 'QR code of the invitation link' })).toBeVisible(),
  )
  const ben = await atTheApp('Ben')
  await ben.opens(link.replace(relay.url, app.url))
  await ben.joins('Choir')
  await ben.says('Hello from elsewhere')
  await anna.sees('Hello from elsewhere', 'Ben')
  await ben.seesState('Hello from elsewhere', 'Delivered to 1 of 1')
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Through the relay: 1 member')

  const photo = await takePhoto(ben.page, 'hills.jpg')
  await ben.attaches(photo)
  await ben.says('Hills')
  await anna.getsPhoto('Hills', 'hills.jpg')

  await relay.kill()
  for (const somebody of [anna, ben]) await somebody.seesConnection('Relay unreachable')
  await ben.startsSaying('While it is away')
  await relay.start()
  for (const somebody of [anna, ben]) await somebody.seesConnection('Connected')
  await anna.sees('While it is away', 'Ben')

  await ben.reloads()
  await ben.seesConnection('Connected')
  await anna.says('Still there')
  await ben.sees('Still there', 'Anna')
  expect(await ben.reads()).toEqual(await anna.reads())
})

test.describe('where the claim link leads to the app', () => {
  test.use({ hasAppUrl: true })

  test('a clique is founded there, and nobody has ever opened the relay’s own page', async ({ atTheApp }) => {
    const anna = await atTheApp('Anna')
    await anna.creates('Choir')
    const link = await anna.invites()
    const ben = await atTheApp('Ben')
    await ben.opens(link)
    await ben.joins('Choir')
    await ben.says('Hello')
    await anna.sees('Hello', 'Ben')
    await ben.seesState('Hello', 'Delivered to 1 of 1')
    for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')
  })
})
