import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { root } from '../run.ts'
import type { Mutant } from './mutants/mutant.ts'
import { mutants } from './mutants/table.ts'
import { runTests } from './mutants/run-tests.ts'
import { testsUnder } from './mutants/tests-of.ts'
import { failuresIn, judgeRun, passedTests } from './mutants/verdict.ts'
import type { Verdict } from './mutants/verdict.ts'

/**
 * `npm run mutants`: takes each rule and check of the table away in turn and sees that a test that is named after the rule
 * fails. `-- --only NAME` takes those whose name or rule that is (several times for several), `--jobs 4` so many at once,
 * `--seed 7` other random cases. Ends with 1 where one survives or says nothing.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    jobs: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string', default: '1' },
  },
})
const jobs = Number(values.jobs)
if (!Number.isSafeInteger(jobs) || jobs < 1) throw new Error('--jobs is a number from 1')

const { only } = values
const wanted =
  only === undefined ? mutants : mutants.filter((mutant) => only.some((one) => isMeant(mutant, one)))
if (wanted.length === 0) throw new Error(`there is no mutant ${only?.join(', ')}`)

function isMeant({ name, rules, file }: Mutant, one: string): boolean {
  return name === one || rules.includes(one.replace(/^\[|\]$/g, '')) || file === one
}

const tests = testsUnder(root)

/** A test that fails anyhow, or that there is not, would speak for no mutant. */
async function checkUnchanged(): Promise<void> {
  const files = [...new Set(wanted.flatMap((mutant) => tests.files(mutant)))].toSorted()
  console.log(`${wanted.length} mutants, ${files.length} files of tests, seed ${values.seed}`)
  const { report, output } = await runTests(files, tests.pattern(wanted), values.seed, null, jobs)
  const passed = passedTests(report)
  const untested = wanted.filter(
    ({ rules }) => !rules.some((rule) => passed.some((title) => title.includes(`[${rule}]`))),
  )
  const failures = failuresIn(report)
  if (failures.length === 0 && untested.length === 0) return
  console.log(report === null ? output : failures.join('\n'))
  for (const { name, rules } of untested) console.log(`${name}: no test of ${rules.join(', ')} was run`)
  console.log('the tests do not pass as they are')
  process.exit(1)
}

async function tryMutant(mutant: Mutant): Promise<Verdict> {
  const files = tests.files(mutant)
  const { report, isReached } = await runTests(files, tests.pattern([mutant]), values.seed, mutant)
  return judgeRun(report, isReached)
}

const counts = { killed: 0, survived: 0, broken: 0 }
const left: string[] = []

function tell({ name, rules, file }: Mutant, verdict: Verdict): void {
  counts[verdict.kind] += 1
  const detail = verdict.kind === 'killed' ? verdict.by : verdict.kind === 'broken' ? verdict.why : ''
  const line = `${verdict.kind.padEnd(8)} ${name} [${rules.join('] [')}] ${file}${detail && `: ${detail}`}`
  console.log(line)
  if (verdict.kind !== 'killed') left.push(line)
}

async function work(queue: Mutant[]): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    tell(mutant, await tryMutant(mutant))
  }
}

await checkUnchanged()
const queue = [...wanted]
await Promise.all(Array.from({ length: jobs }, () => work(queue)))
if (left.length > 0) console.log(`\n${left.join('\n')}`)
if (counts.killed !== wanted.length) process.exitCode = 1
console.log(
  `${wanted.length} mutants: ${counts.killed} killed, ${counts.survived} survived, ${counts.broken} broken`,
)
