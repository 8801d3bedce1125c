import { expect, test } from '../harness/clique.ts'
import { hashOf, writeNoise } from '../harness/large-files.ts'
import { SmallStorage } from '../harness/small-storage.ts'
import { bytesOfFiles } from '../harness/storage-dump.ts'

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

test('a file that fills the storage in the middle is refused whole and leaves nothing; with room it goes', async ({
  person,
}, info) => {
  const anna = await person('Anna')
  const storage = await SmallStorage.of(anna)
  await anna.creates('Attic')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Attic')
  await anna.appIsKept()

  const trunk = writeNoise(info.outputPath('trunk.bin'), 20)
  await anna.attachesFrom(trunk)
  const item = anna.tray.getByRole('listitem')
  await expect(item.getByRole('alert')).toContainText(/no room left/)
  await expect.poll(() => bytesOfFiles(anna.page)).toBe(0)
  await anna.says('Nothing goes along')

  await storage.free()
  await item.getByRole('button', { name: 'Remove trunk.bin' }).click()
  await anna.attachesFrom(trunk)
  await expect(item).toContainText('file, unchanged')
  await anna.says('The trunk')
  await ben.message('The trunk').getByRole('button', { name: 'Get trunk.bin' }).click()
  expect(await hashOf(await ben.savesToDisk(ben.message('The trunk'), 'trunk.bin'))).toBe(await hashOf(trunk))
})

test('a file that finds no room where it arrives says so, and comes when there is some', async ({
  person,
}, info) => {
  const anna = await person('Anna')
  await anna.creates('Attic')
  const ben = await person('Ben')
  const storage = await SmallStorage.of(ben)
  await ben.opens(await anna.invites())
  await ben.joins('Attic')
  await ben.appIsKept()
  const trunk = writeNoise(info.outputPath('trunk.bin'), 20)
  await anna.attachesFrom(trunk)
  await expect(anna.tray.getByText('file, unchanged')).toBeVisible({ timeout: 60_000 })
  await anna.says('The trunk')
  await ben.message('The trunk').getByRole('button', { name: 'Get trunk.bin' }).click()
  await expect(ben.message('The trunk')).toContainText(/no room left/, { timeout: 60_000 })
  await storage.free()
  await ben.message('The trunk').getByRole('button', { name: 'Try trunk.bin again' }).click()
  expect(await hashOf(await ben.savesToDisk(ben.message('The trunk'), 'trunk.bin'))).toBe(await hashOf(trunk))
})
