import { rotateEpoch } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { expect, test } from 'vitest'
import { people } from '../../../crypto/src/testing/people.ts'

const members = 30
const MiB = 1024 * 1024

/** `npm run test:unit -- client/src/sync/year-size.test.ts` prints the figures. */
test('a year of 30 members takes 4 MiB of control items, and a relay keeps three years of them in a twentieth of its room', async () => {
  const names = Array.from({ length: members }, (_, at) => `member${at}`)
  const all = Object.values(await people(5, ...names))
  const [anna, ...others] = all
  if (anna === undefined) throw new Error('somebody founds the clique')
  await anna.creates()
  for (const one of others) {
    await one.joins(await anna.invites(), anna.items)
    await anna.receives(...one.items.slice(-1))
  }
  // Weekly epochs, and a new KEM key of each device every 30 days.
  const epoch = (await anna.does(rotateEpoch)).item.length
  const renewal = (await anna.renewsKem()).item.length
  const year = 52 * epoch + Math.ceil(365 / 30) * members * renewal
  console.log(`an epoch ${epoch} B, a new KEM key ${renewal} B, a year ${(year / MiB).toFixed(1)} MiB`)
  expect(year).toBeLessThan(4.5 * MiB)
  expect((limits.keepControl / (365 * 24 * 60 * 60 * 1000)) * year).toBeLessThan(limits.controlBytes / 18)
})
