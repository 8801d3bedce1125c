import { expect } from '../harness/clique.ts'
import { iphone } from './iphone.ts'
import { scene } from './stage.ts'

const dayMs = 24 * 60 * 60 * 1000

/** The way in by a link, and the links that lead nowhere. */
scene('joining', async ({ camera, person }) => {
  const anna = await person('Anna-Sophia von Hohenfels')
  await anna.creates('Choir of the old town', { history: 'Only what is written after they are invited' })
  await anna.seesConnection('Connected')
  const usedUp = await anna.invites({ people: '1 person' })
  const revoked = await anna.invites()
  await anna.revokesInvitation()
  const good = await anna.invites({ people: '5 people' })
  await anna.says('The notes for Sunday are on the piano')

  const ben = await person('Ben')
  await ben.opens(usedUp)
  await expect(ben.page.getByRole('button', { name: 'Join', exact: true })).toBeVisible()
  await camera.take(ben.page, 'join-preview', { whole: true })
  await ben.page.getByRole('button', { name: 'Join', exact: true }).click()
  await camera.take(ben.page, 'join-without-name', { whole: true })
  await ben.joins('Choir of the old town')
  await ben.sees('The notes for Sunday are on the piano')
  await camera.take(ben.page, 'conversation-newcomer')
  await ben.opens(good)
  await expect(ben.page.getByRole('alert')).toBeVisible()
  await camera.take(ben.page, 'join-already-in')

  const carla = await person('Carla', { userAgent: iphone })
  await carla.opens(good)
  await expect(carla.page.getByRole('region', { name: /^First/ })).toBeVisible()
  await camera.take(carla.page, 'join-iphone', { whole: true })

  const dora = await person('Dora')
  const refused = async (link: string, name: string): Promise<void> => {
    await dora.opens(link)
    await expect(dora.page.getByRole('alert')).toBeVisible()
    await camera.take(dora.page, name)
  }
  await refused(usedUp, 'join-used-up')
  await refused(revoked, 'join-revoked')
  await refused(good.slice(0, -10), 'join-broken')
  dora.profile.road.cut()
  await refused(good, 'join-relay-silent')

  const late = await person('Emil', { clockAheadMs: 9 * dayMs })
  await late.opens(good)
  await expect(late.page.getByRole('alert')).toBeVisible()
  await camera.take(late.page, 'join-run-out')
})
