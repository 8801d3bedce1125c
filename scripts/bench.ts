import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { outcomeOf, replaceTable, tableOf } from './bench/figures.ts'
import type { Figure } from './bench/figures.ts'
import { runBench } from './bench/run-bench.ts'
import type { Bench } from './bench/run-bench.ts'
import { presentBrowser } from './browser.ts'
import { root } from './run.ts'

/**
 * `npm run bench`: all benchmarks, one after the other, each against a peer or a limit in the same run. With words
 * behind it, those alone whose paths hold one of them; then nothing is written.
 */
const benches: readonly Bench[] = [
  { path: 'relay/src/storage/ingest.bench.ts', runsIn: 'node' },
  { path: 'relay/src/storage/append.bench.ts', runsIn: 'node' },
  { path: 'relay/src/real-stack.bench.ts', runsIn: 'node' },
  { path: 'relay/src/memory.bench.ts', runsIn: 'node' },
  { path: 'crypto/src/media.bench.ts', runsIn: 'chromium' },
  { path: 'crypto/src/epochs/removal.bench.ts', runsIn: 'node' },
  { path: 'scripts/size.bench.ts', runsIn: 'node' },
  { path: 'client/src/sync/catching-up.bench.ts', runsIn: 'chromium' },
  { path: 'client/src/documents/opening.bench.ts', runsIn: 'chromium' },
  { path: 'client/src/sync/in-sync.bench.ts', runsIn: 'chromium' },
  { path: 'client/src/storage/chunk-place.bench.ts', runsIn: 'chromium' },
  { path: 'client/src/sync/file-transfer.bench.ts', runsIn: 'node' },
]

const words = process.argv.slice(2)
const chosen = benches.filter(({ path }) => words.length === 0 || words.some((word) => path.includes(word)))
const figures: Figure[] = []
let failed = 0
for (const bench of chosen) {
  const started = performance.now()
  try {
    figures.push(...(await runBench(bench)))
    console.log(`${bench.path}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
  } catch (error) {
    failed += 1
    console.error(`${bench.path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const table = tableOf(figures)
console.log(`\n${table}`)
for (const figure of figures) {
  if (figure.kind === 'measured' && figure.detail !== '') console.log(`${figure.what}: ${figure.detail}`)
  if (outcomeOf(figure) === 'skipped') console.log(`SKIPPED: ${figure.what}, against ${figure.against}`)
}
if (failed > 0) {
  console.error(`${failed} of ${chosen.length} benchmarks failed; nothing was written`)
  process.exitCode = 1
} else if (words.length === 0) {
  await writeResults()
}

/** Figures of this machine stay out of the repository; the table of ratios is part of it. */
async function writeResults(): Promise<void> {
  mkdirSync(join(root, 'bench'), { recursive: true })
  writeFileSync(join(root, 'bench/results.json'), `${JSON.stringify(figures, null, 2)}\n`)
  const document = join(root, 'docs/BENCHMARKS.md')
  const text = replaceTable(readFileSync(document, 'utf8'), `${table}\n${measuredWith()}\n`)
  const config = await resolveConfig(document)
  writeFileSync(document, await format(text, { ...config, filepath: document }))
}

function measuredWith(): string {
  const browser = presentBrowser()
  const said = browser === null ? '' : spawnSync(browser, ['--version'], { encoding: 'utf8' }).stdout
  const chromium = /\d+(\.\d+)+/.exec(said)?.[0] ?? 'none'
  const { node, sqlite } = process.versions
  return `Measured with Node ${node}, SQLite ${sqlite} and Chromium ${chromium}.`
}
