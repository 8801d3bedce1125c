import { expect, test, type Person } from '../harness/clique.ts'

test('two people are linked directly, and talk on when the relay is killed', async ({ person, relay }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Directly: 1 member')

  await relay.kill()
  for (const somebody of [anna, ben]) await somebody.seesConnection('Direct only, no relay')
  await anna.says('The relay is dead')
  await ben.sees('The relay is dead', 'Anna')
  await ben.says('Long live the choir')
  await anna.sees('Long live the choir', 'Ben')
  await anna.seesState('The relay is dead', 'Delivered to 1 of 1')
  await ben.seesState('Long live the choir', 'Delivered to 1 of 1')
  await anna.seesInConnection('Directly: 1 member', '1 message waiting for the relay')

  await relay.start()
  for (const somebody of [anna, ben]) {
    await somebody.seesConnection('Connected')
    await somebody.seesInConnection('Directly: 1 member', 'Nothing is waiting for the relay')
  }
  expect(await ben.reads()).toEqual(['The relay is dead', 'Long live the choir'])
  expect(await anna.reads()).toEqual(await ben.reads())
})

test('where no direct way leads, it goes through the relay, and the app says so', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const link = await anna.invites({ people: '5 people' })
  const ben = await person('Ben', { hasNoDirectWay: true })
  await ben.opens(link)
  await ben.joins('Choir')
  await ben.seesInConnection('Through the relay: 1 member')
  await ben.says('From far away')
  await anna.sees('From far away', 'Ben')
  await ben.seesState('From far away', 'Delivered to 1 of 1')

  const carla = await person('Carla')
  await carla.opens(link)
  await carla.joins('Choir')
  await anna.seesInConnection('Directly: 1 member', 'Through the relay: 1 member')
  await carla.goesOffline()
  await anna.seesInConnection('Through the relay: 1 member', 'Not connected: 1 member')
  const members = await anna.looksAtMembers()
  const row = (name: string) => members.getByRole('listitem').filter({ hasText: name })
  await expect(row('Ben')).toContainText('Connected now, through the relay')
  await expect(row('Carla')).toContainText('Not connected')
  await carla.comesBack()
  await expect(row('Carla')).toContainText('Connected now, directly', { timeout: 60_000 })
})

test('six people open all fifteen links between them', async ({ person }) => {
  test.setTimeout(300_000)
  const anna = await person('Anna')
  await anna.creates('Family')
  const link = await anna.invites({ people: '5 people' })
  const everybody: Person[] = [anna]
  for (const name of ['Ben', 'Carla', 'Dora', 'Emil', 'Fritz']) {
    const somebody = await person(name)
    await somebody.opens(link)
    await somebody.joins('Family')
    everybody.push(somebody)
  }
  for (const somebody of everybody) await somebody.seesInConnection('Directly: 5 members')
  await anna.says('Everybody is here')
  for (const somebody of everybody) await somebody.sees('Everybody is here')
  await anna.seesState('Everybody is here', 'Delivered to 5 of 5')
})
