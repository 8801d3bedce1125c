import { expect, test, type Person } from '../harness/clique.ts'
import { readsAll } from '../harness/whole-conversation.ts'

const ROUNDS = 10
const PER_ROUND = 6

test('the relay is killed under load ten times: nothing acknowledged is lost, nothing appears twice', async ({
  person,
  relay,
}) => {
  test.setTimeout(240_000)
  const anna = await person('Anna')
  await anna.creates('Storm')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Storm')

  const written: string[] = []
  const acknowledged: string[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const texts = Array.from({ length: PER_ROUND }, (_, i) => `Round ${round}, message ${i + 1}`)
    written.push(...texts)
    // The relay goes while messages are on their way: at another one in every round.
    const killAt = round % PER_ROUND
    const writer = round % 2 === 0 ? ben : anna
    // Whoever is not connected would only fill their own queue.
    await writer.seesConnection('Connected')
    for (const [i, text] of texts.entries()) {
      await writer.says(text)
      if (i === killAt) await relay.kill()
    }
    acknowledged.push(...(await acknowledgedTo(anna)), ...(await acknowledgedTo(ben)))
    await relay.start()
  }

  // Somebody who was not there yet has it from the relay alone, as both others sleep.
  await anna.seesConnection('Connected')
  const last = written.at(-1) ?? ''
  await ben.seesState(last, /^(On the relay|Delivered)/)
  // Linked directly, they have it from each other before the relay has it.
  for (const somebody of [anna, ben]) await somebody.seesInConnection('Nothing is waiting for the relay')
  for (const text of written) {
    await anna.sees(text)
    await ben.sees(text)
  }
  const link = await anna.invites()
  await anna.sleeps()
  await ben.sleeps()
  const carla = await person('Carla')
  await carla.opens(link)
  await carla.joins('Storm')
  await carla.sees(last)
  // The newest come first; the rest of each chain follows.
  await expect.poll(async () => (await readsAll(carla)).length).toBe(written.length)
  const read = await readsAll(carla)
  expect(new Set(read).size, 'nothing twice').toBe(read.length)
  expect(
    acknowledged.filter((text) => !read.includes(text)),
    'acknowledged and lost',
  ).toEqual([])
  expect([...read].sort()).toEqual([...written].sort())
})

/** Own messages that the app shows as kept by the relay or by others. */
async function acknowledgedTo(person: Person): Promise<string[]> {
  const kept = person.messages.filter({
    has: person.page.getByRole('button', { name: /^(On the relay|Delivered)/ }),
  })
  return kept.locator('[data-text]').allTextContents()
}
