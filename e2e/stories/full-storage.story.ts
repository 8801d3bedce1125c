import { expect, test } from '../harness/clique.ts'
import { SmallStorage } from '../harness/small-storage.ts'

test('with no room left nothing is lost and nothing is pretended; with room again all of it arrives', async ({
  person,
}) => {
  const anna = await person('Anna')
  const storage = await SmallStorage.of(anna)
  await anna.creates('Attic')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Attic')
  await anna.says('While there is room')
  await ben.sees('While there is room', 'Anna')
  await anna.seesState('While there is room', 'Delivered to 1 of 1')

  await storage.fill()
  await anna.startsSaying('One too many')
  await anna.isTold(/no room left/)
  await expect(anna.messageBox).toHaveValue('One too many')
  await anna.doesNotSee('One too many')

  // Nor does what arrives go in, and the app says why nothing comes.
  await ben.says('Are you there?')
  await ben.seesState('Are you there?', 'On the relay')
  await anna.seesTrouble(/no room left/)
  await anna.doesNotSee('Are you there?')
  await anna.reloads()
  await anna.sees('While there is room')
  await anna.doesNotSee('One too many')
  await ben.doesNotSee('One too many')

  await storage.free()
  await anna.sees('Are you there?', 'Ben')
  await anna.says('One too many')
  await ben.sees('One too many', 'Anna')
  await anna.seesState('One too many', 'Delivered to 1 of 1')
  await ben.seesState('Are you there?', 'Delivered to 1 of 1')
  expect(await anna.reads()).toEqual(['While there is room', 'Are you there?', 'One too many'])
  expect(await ben.reads()).toEqual(await anna.reads())
})
