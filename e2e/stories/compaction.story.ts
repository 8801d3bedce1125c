import { expect, test } from '../harness/clique.ts'
import { heldBy } from '../harness/membership.ts'
import { seesAll } from '../harness/whole-conversation.ts'

/** More than have to lie at a relay before one record carries them. */
const count = 70
const half = count / 2
const restMs = 11 * 60_000

test('what Anna wrote is carried in one record while she rests; who was away and who comes later read all of it', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await ben.says('Tell me all of it')
  await anna.sees('Tell me all of it', 'Ben')

  for (let i = 1; i <= half; i++) await anna.says(`Verse ${i}`)
  await ben.sees(`Verse ${half}`, 'Anna')
  await ben.sleeps()
  for (let i = half + 1; i <= count; i++) await anna.says(`Verse ${i}`)
  await anna.seesState(`Verse ${count}`, 'On the relay')
  const written = ['Tell me all of it', ...Array.from({ length: count }, (_, i) => `Verse ${i + 1}`)]
  await seesAll(anna, written)
  const before = await heldBy(anna)
  expect(before.records.length).toBeGreaterThan(count)
  expect(before.compactions).toBe(0)
  await anna.sleeps()

  const rested = await anna.wakes({ laterMs: restMs })
  await rested.entersConversation('Choir')
  await expect.poll(async () => (await heldBy(rested)).compactions).toBe(1)
  const carried = before.records.length - count + 1
  expect((await heldBy(rested)).records).toHaveLength(carried)
  await seesAll(rested, written)
  await rested.says('That was the song')

  // He holds the first half as it was written; of the rest he gets the one record alone.
  const back = await ben.wakes()
  await back.entersConversation('Choir')
  await back.sees('That was the song', 'Anna')
  await seesAll(back, [...written, 'That was the song'])
  await expect.poll(() => heldBy(back)).toMatchObject({ compactions: 1 })
  await back.says('Sing it again')
  await rested.sees('Sing it again', 'Ben')
  await rested.seesState(`Verse ${count}`, 'Delivered to 1 of 1')

  const carla = await person('Carla')
  await carla.opens(await rested.invites())
  await carla.joins('Choir')
  await carla.sees('Sing it again', 'Ben')
  const all = [...written, 'That was the song', 'Sing it again']
  for (const reader of [rested, back, carla]) {
    await seesAll(reader, all)
    const held = async () => {
      const { records, compactions } = await heldBy(reader)
      return { records: records.length, compactions }
    }
    await expect.poll(held).toEqual({ records: carried + 2, compactions: 1 })
  }
  await carla.reloads()
  await carla.entersConversation('Choir')
  await seesAll(carla, all)
})
