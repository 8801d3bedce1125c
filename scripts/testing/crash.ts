import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findBrowser } from '../browser.ts'
import { root, run } from '../run.ts'

/**
 * `npm run crash`: walks every path on which a device writes, in Chromium with its real storage, stops it at each await
 * (before what is awaited has ended, and before anything follows from it), starts again and looks for what is lost,
 * doubled or half. `--points 40 --seed 7` stops each path in 40 places that the seed chooses; `--only "joining"` takes
 * one path. Ends with 1 where anything was found.
 */
const { values } = parseArgs({
  options: {
    points: { type: 'string', default: 'all' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const points = values.points === 'all' ? null : Number(values.points)
if (points !== null && !(Number.isSafeInteger(points) && points > 0))
  throw new Error('--points is a number from 1, or all')

process.env['CLIQUE_CHROMIUM'] = await findBrowser()
const report = join(root, 'test-results/crash.json')
rmSync(report, { force: true })
const ended = await run(
  'vitest',
  [
    'run',
    'client/src/app/crash.browser.test.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  { CLIQUE_CRASH: JSON.stringify({ points, only: values.only ?? null }), CLIQUE_SEED: values.seed },
)

interface Walked {
  readonly title: string
  readonly meta?: {
    readonly crash?: { readonly points: number; readonly stops: number; readonly faults: number }
  }
}
const { testResults } = existsSync(report)
  ? (JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: readonly { assertionResults: readonly Walked[] }[]
    })
  : { testResults: [] }
const total = { paths: 0, points: 0, stops: 0, faults: 0 }
for (const { title, meta } of testResults.flatMap(({ assertionResults }) => assertionResults)) {
  if (meta?.crash === undefined) continue
  const { crash } = meta
  console.log(
    `${String(crash.stops).padStart(6)} of ${String(crash.points).padStart(5)}  ${title.split(': ').at(-1)}`,
  )
  total.paths += 1
  total.points += crash.points
  total.stops += crash.stops
  total.faults += crash.faults
}
if (!ended.ok || total.stops === 0) process.exitCode = 1
console.log(
  `${total.paths} paths, seed ${values.seed}: ${total.stops} stops at ${total.points} points, ${total.faults} faults` +
    `${ended.ok ? '' : '; the run failed'}`,
)
