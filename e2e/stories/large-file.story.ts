import { expect, test } from '../harness/clique.ts'
import { hashOf, writeNoise } from '../harness/large-files.ts'
import { RendererMemory } from '../harness/renderer-memory.ts'

/** A file may have 256 MiB: `CLIQUE_FILE_MIB=256` tries that, which takes longer than a story may. */
const usualMebibytes = 64
const mebibytes = Number(process.env['CLIQUE_FILE_MIB'] ?? usualMebibytes)
/**
 * MiB that a page may grow by. Some batches of chunks are held at a time; the rest is what the browser has not swept up
 * yet, which on a busy machine is more than the batches.
 */
const roomMebibytes = 400

test(`a file of ${mebibytes} MiB goes in one go and comes out identical, and its memory is measured`, async ({
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
  const making = await memory.mostSoFar()
  await anna.says('The film')
  await ben.message('The film').getByRole('button', { name: 'Get film.mkv' }).click()
  await expect(ben.message('The film').getByRole('button', { name: 'Save film.mkv' })).toBeVisible({
    timeout: 300_000,
  })
  const fetching = await memory.mostSoFar()
  const saved = await ben.savesToDisk(ben.message('The film'), 'film.mkv')
  expect(await hashOf(saved)).toBe(await hashOf(film))
  const saving = await memory.mostSoFar()
  await memory.stop()
  const all = { making, fetching, saving }
  const told = Object.entries(all).map(([what, grown]) => `${what} ${grown.toFixed(0)}`)
  console.log(`${mebibytes} MiB: the largest page was larger than before by MiB: ${told.join(', ')}`)
  if (mebibytes === usualMebibytes) {
    for (const grown of Object.values(all)) expect(grown).toBeLessThan(roomMebibytes)
  }
})
