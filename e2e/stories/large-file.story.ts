import { expect, test } from '../harness/clique.ts'
import { hashOf, writeNoise } from '../harness/large-files.ts'
import { RendererMemory } from '../harness/renderer-memory.ts'

/** A file may have 256 MiB: `CLIQUE_FILE_MIB=256` tries that, which takes longer than a story may. */
const mebibytes = Number(process.env['CLIQUE_FILE_MIB'] ?? 64)
/** What a page may grow by, whatever the size of the file: some batches, and what the browser has not swept up yet. */
const roomMebibytes = 160

test(`a file of ${mebibytes} MiB goes in one go, in bounded memory, and comes out identical`, async ({
  person,
  browser,
}, info) => {
  test.setTimeout(600_000)
  const anna = await person('Anna')
  await anna.creates('Cinema')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Cinema')
  const film = writeNoise(info.outputPath('film.mkv'), mebibytes)
  const memory = await RendererMemory.watch(browser)
  await anna.attachesFrom(film)
  await expect(anna.tray.getByText('file, unchanged')).toBeVisible({ timeout: 300_000 })
  await anna.says('The film')
  await ben.message('The film').getByRole('button', { name: 'Get film.mkv' }).click()
  const saved = await ben.savesToDisk(ben.message('The film'), 'film.mkv')
  expect(await hashOf(saved)).toBe(await hashOf(film))
  const grown = await memory.stop()
  console.log(`${mebibytes} MiB: the largest page grew by ${grown.toFixed(0)} MiB`)
  expect(grown).toBeLessThan(roomMebibytes)
})
