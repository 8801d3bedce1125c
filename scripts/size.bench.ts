import { join } from 'node:path'
import type { Figure } from './bench/figures.ts'
import { buildClient } from './build.ts'
import { allScripts, firstPaintKiB, firstPaintScripts, gzippedBytes, wholeAppKiB } from './first-paint.ts'
import { root } from './run.ts'

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
  return [
    size(
      'JavaScript before the first messages are painted, gzip',
      kib(firstPaintScripts(dist)),
      firstPaintKiB,
    ),
    size('JavaScript of the whole app, gzip', kib(allScripts(dist)), wholeAppKiB),
  ]
}
