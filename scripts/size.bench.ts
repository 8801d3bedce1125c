import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure } from './bench/figures.ts'
import { buildClient } from './build.ts'
import { firstPaintKiB, firstPaintScripts, gzippedBytes } from './first-paint.ts'
import { root } from './run.ts'

const wholeAppKiB = 450

/** JavaScript that a browser fetches, after gzip. */
export async function figures(): Promise<Figure[]> {
  await buildClient()
  const dist = join(root, 'client/dist')
  const assets = join(dist, 'assets')
  const kib = (names: readonly string[]): number => gzippedBytes(assets, names) / 1024
  const size = (what: string, value: number, most: number): Figure => ({
    kind: 'measured',
    what,
    against: 'its budget',
    value,
    unit: 'KiB',
    goal: { atMost: most },
    runs: 1,
    detail: '',
  })
  const all = readdirSync(assets).filter((name) => name.endsWith('.js'))
  return [
    size(
      'JavaScript before the first messages are painted, gzip',
      kib(firstPaintScripts(dist)),
      firstPaintKiB,
    ),
    size('JavaScript of the whole app, gzip', kib(all), wholeAppKiB),
  ]
}
