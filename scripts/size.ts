import { join } from 'node:path'
import { buildClient } from './build.ts'
import { allScripts, firstPaintKiB, firstPaintScripts, gzippedBytes, wholeAppKiB } from './first-paint.ts'
import { giveUp, root } from './run.ts'

/**
 * `npm run size`: JavaScript of the built app in KiB after gzip: what is fetched before the first messages are
 * painted, and everything, each against its budget.
 */
const dist = join(root, 'client/dist')
const assets = join(dist, 'assets')
const kib = (...names: string[]): string => `${(gzippedBytes(assets, names) / 1024).toFixed(1)} KiB`

await buildClient().catch(giveUp)
const first = firstPaintScripts(dist)
for (const name of first.toSorted((a, b) => gzippedBytes(assets, [b]) - gzippedBytes(assets, [a]))) {
  console.log(`${kib(name).padStart(10)}  ${name}`)
}
console.log(`before the first paint: ${kib(...first)}, of ${firstPaintKiB} KiB at most`)
console.log(`all scripts: ${kib(...allScripts(dist))}, of ${wholeAppKiB} KiB at most`)
