import type { Person } from '../harness/clique.ts'
import { expect, test } from '../harness/homes.ts'
import { takePhoto } from '../harness/photos.ts'
import { waysOf } from '../harness/ways.ts'
import type { Way } from '../harness/ways.ts'

test('two homes behind ordinary routers are linked directly, and talk on when the relay is killed', async ({
  internet,
  personIn,
  relay,
}) => {
  const [annas, bens] = [await internet.addHome('ordinary'), await internet.addHome('ordinary')]
  const anna = await personIn(annas, 'Anna')
  const ben = await personIn(bens, 'Ben')
  await meet(anna, ben)
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')
  // Out through both routers, by the addresses that the relay's STUN has seen.
  const outside = { local: 'srflx', remote: 'srflx' }
  expect(await pairsOf(anna)).toContainEqual({ ...outside, remoteAddress: bens.outerAddress })
  expect(await pairsOf(ben)).toContainEqual({ ...outside, remoteAddress: annas.outerAddress })

  await relay.kill()
  for (const somebody of [anna, ben]) await somebody.seesConnection('Direct only, no relay')
  await anna.says('The relay is dead')
  await ben.sees('The relay is dead', 'Anna')
  await anna.seesState('The relay is dead', 'Delivered to 1 of 1')
  await sendsPhoto(ben, anna)
})

for (const annasNat of ['symmetric', 'ordinary'] as const) {
  test(`behind ${annasNat} and symmetric routers all goes through the relay, and the app says so`, async ({
    internet,
    personIn,
  }) => {
    const anna = await personIn(await internet.addHome(annasNat), 'Anna')
    const ben = await personIn(await internet.addHome('symmetric'), 'Ben')
    await meet(anna, ben)
    for (const somebody of [anna, ben]) await somebody.seesInConnection('Through the relay: 1 member')
    await anna.says('Around the corner')
    await ben.sees('Around the corner', 'Anna')
    await anna.seesState('Around the corner', 'Delivered to 1 of 1')
    await sendsPhoto(ben, anna)

    for (const somebody of [anna, ben]) {
      await expect.poll(() => searchesInVain(somebody), { timeout: 60_000 }).toBeGreaterThan(0)
      await somebody.seesConnection('Connected')
      await somebody.seesInConnection('Through the relay: 1 member', 'Nothing is waiting for the relay')
      await expect(somebody.page.getByRole('progressbar')).toHaveCount(0)
      await expect(somebody.page.getByRole('alert')).toHaveCount(0)
      expect((await waysOf(somebody.page)).filter(({ hasConnected }) => hasConnected)).toEqual([])
    }
    await ben.says('Still here')
    await anna.sees('Still here', 'Ben')
  })
}

test('a home whose cable is pulled and put back is linked directly again', async ({ internet, personIn }) => {
  const [annas, bens] = [await internet.addHome('ordinary'), await internet.addHome('ordinary')]
  const [anna, ben] = [await personIn(annas, 'Anna'), await personIn(bens, 'Ben')]
  await meet(anna, ben)
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')
  anna.profile.guards.expectNetworkTrouble()
  anna.profile.road.cut()
  await anna.seesConnection('Offline')
  await ben.seesInConnection('Not connected: 1 member')
  await ben.says('Where are you?')
  await anna.says('Written without a cable')
  await anna.seesState('Written without a cable', 'Waiting to be sent')
  anna.profile.road.mend()
  await anna.sees('Where are you?', 'Ben')
  await anna.seesState('Written without a cable', 'Delivered to 1 of 1')
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')
})

test('two devices in one home are linked directly, whatever its router does', async ({
  internet,
  personIn,
}) => {
  const home = await internet.addHome('symmetric')
  const [anna, ben] = [await personIn(home, 'Anna'), await personIn(home, 'Ben')]
  await meet(anna, ben)
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')
  // Their inner addresses are hidden behind names, which multicast resolves in the home.
  for (const pair of await pairsOf(anna)) expect(pair?.remoteAddress).not.toBe(home.outerAddress)
})

test.describe('a relay at home', () => {
  test.use({ relaysPlace: 'home' })

  test('whoever lives with it is linked directly with another home', async ({ internet, personIn }) => {
    const bens = await internet.addHome('ordinary')
    const anna = await personIn(internet.relaysHome, 'Anna')
    const ben = await personIn(bens, 'Ben')
    await meet(anna, ben)
    for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')
    expect((await pairsOf(anna)).map(({ remoteAddress }) => remoteAddress)).toContain(bens.outerAddress)
  })
})

async function meet(anna: Person, ben: Person): Promise<void> {
  await anna.creates('Choir')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
}

async function sendsPhoto(from: Person, to: Person): Promise<void> {
  await from.attaches(await takePhoto(from.page, 'lake.jpg'))
  await from.says('From the lake')
  await to.seesPhotos('From the lake', 1)
  await from.seesState('From the lake', 'Delivered to 1 of 1')
}

/** The two ends of each connection of WebRTC that stands. */
async function pairsOf({ page }: Person): Promise<NonNullable<Way['pair']>[]> {
  return (await waysOf(page)).flatMap(({ pair }) => (pair === null ? [] : [pair]))
}

/** How often a direct way was looked for, by the outer address too, and the search has ended without one. */
async function searchesInVain({ page }: Person): Promise<number> {
  const isOver = (state: string): boolean => state === 'failed' || state === 'closed'
  const ways = await waysOf(page)
  return ways.filter(
    ({ wasTried, hasConnected, kinds, state }) =>
      wasTried && !hasConnected && kinds.includes('srflx') && isOver(state),
  ).length
}
