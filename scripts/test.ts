import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './browser.ts'
import { buildClient } from './build.ts'
import { checks } from './checks.ts'
import { findFirefox } from './firefox.ts'
import { findNetworkTools } from './network-tools.ts'
import { add, countReport, crashed, failuresOf, type Count } from './reports.ts'
import { root, run } from './run.ts'

/**
 * `npm test`: everything, in order of how soon it tells. A part that fails does not keep the next from running. The
 * last line is `N passed, N failed`, and the exit code agrees with it.
 */
interface Part {
  readonly name: string
  readonly run: () => Promise<Count>
}

const reports = join(root, 'test-results')

/** Said again at the end, as what came before has scrolled away by then. */
const failures: string[] = []

const parts: readonly Part[] = [
  ...checks.map((check) => ({ name: check.name, run: async () => oneCheck(await check.run()) })),
  { name: 'build', run: build },
  { name: 'browsers and network tools', run: findTools },
  { name: 'unit, property and integration tests', run: runVitest },
  { name: 'end to end', run: runPlaywright },
]

function oneCheck(ok: boolean): Count {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
}

const nothing: Count = { passed: 0, failed: 0, skipped: 0 }

/** The browsers that this finds serve all parts after it. Stories without a Firefox or a network of their own are skipped. */
async function findTools(): Promise<Count> {
  process.env['CLIQUE_CHROMIUM'] = await findBrowser()
  process.env['CLIQUE_FIREFOX'] = (await findFirefox()) ?? ''
  await findNetworkTools()
  return nothing
}

async function build(): Promise<Count> {
  await buildClient()
  return nothing
}

async function runVitest(): Promise<Count> {
  const file = join(reports, 'vitest.json')
  const ended = await run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ])
  return countAndName('vitest', readReport(file), ended.ok)
}

async function runPlaywright(): Promise<Count> {
  const file = join(reports, 'playwright.json')
  const ended = await run('playwright', ['test', '--config', 'e2e', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
  })
  return countAndName('playwright', readReport(file), ended.ok)
}

function countAndName(kind: 'vitest' | 'playwright', report: unknown, ok: boolean): Count {
  failures.push(...failuresOf(kind, report).map((line) => line.replaceAll(`${root}/`, '')))
  return countReport(kind, report, ok)
}

function readReport(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

async function runPart(part: Part): Promise<Count> {
  try {
    return await part.run()
  } catch (error) {
    console.error(`${part.name}: ${error instanceof Error ? error.message : String(error)}`)
    return crashed
  }
}

// Old reports must not speak for a runner that does not get as far as writing its own.
rmSync(reports, { recursive: true, force: true })

let total = nothing
const lines: string[] = []
for (const part of parts) {
  console.log(`\n== ${part.name}`)
  const started = performance.now()
  const count = await runPart(part)
  total = add(total, count)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  lines.push(`${part.name}: ${inWords(count)} (${seconds} s)`)
}

function inWords({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

console.log(`\n${[...failures, ...lines].join('\n')}`)
console.log(inWords(total))
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1
