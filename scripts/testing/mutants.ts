import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { root } from '../run.ts'
import { readKillers, writeKillers } from './mutants/killers.ts'
import type { Killer } from './mutants/killers.ts'
import type { Mutant } from './mutants/mutant.ts'
import { mutants } from './mutants/table.ts'
import { TestRunner } from './mutants/run-tests.ts'
import { patternOfTitles, testsUnder } from './mutants/tests-of.ts'
import { hasPassed, judgeRun, troubleOf } from './mutants/verdict.ts'
import type { Verdict } from './mutants/verdict.ts'

/**
 * `npm run mutants`: takes each rule and check of the table away in turn and sees that a test that is named after the rule
 * fails. `-- --only NAME` takes those whose name or rule that is (several times for several), `--jobs 4` so many at once,
 * `--seed 7` other random cases, `--all` asks every such test and not first the one that failed last time. Ends with 1
 * where one survives or says nothing.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    jobs: { type: 'string', default: String(availableParallelism()) },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
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
const runners = Array.from({ length: jobs }, () => new TestRunner(values.seed))

/** Each job takes the next until none is left. */
async function shareOut<T>(items: readonly T[], work: (item: T, runner: TestRunner) => Promise<void>) {
  const queue = [...items]
  await Promise.all(
    runners.map(async (runner) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item, runner)
    }),
  )
}

/** A test that fails anyhow speaks for no mutant: which of these are there and pass, and what does not. */
async function tryUnchanged(killers: readonly Killer[]) {
  const trouble: string[] = []
  const passed = new Set<Killer>()
  const files = Map.groupBy(killers, ({ file }) => file)
  await shareOut([...files], async ([file, own], runner) => {
    const pattern = patternOfTitles([...new Set(own.map(({ title }) => title))])
    const run = await runner.run({ files: [file], pattern, change: null })
    trouble.push(...troubleOf(run))
    for (const killer of own) if (hasPassed(run, killer)) passed.add(killer)
  })
  return { passed, trouble }
}

async function tryMutant(mutant: Mutant, runner: TestRunner): Promise<Verdict> {
  const killer = asked.get(mutant.name)
  if (killer !== undefined) {
    const order = { files: [killer.file], pattern: patternOfTitles([killer.title]), change: mutant }
    const verdict = judgeRun(await runner.run(order))
    if (verdict.kind === 'killed') return verdict
  }
  const order = { files: tests.files(mutant), pattern: tests.pattern(mutant), change: mutant }
  return judgeRun(await runner.run(order))
}

function isSame(a: Killer, b: Killer | undefined): boolean {
  return a.file === b?.file && a.title === b.title
}

const counts = { killed: 0, survived: 0, broken: 0 }
const left: string[] = []
const known = readKillers()
/** Of a test whose name no longer holds the rule nothing is asked. */
const asked = new Map(
  wanted.flatMap((mutant) => {
    const killer = values.all ? undefined : known.get(mutant.name)
    return killer !== undefined && tests.has(mutant, killer) ? [[mutant.name, killer] as const] : []
  }),
)

/** Who killed other mutants than they did last time. */
const found = new Map<string, Killer>()

function tell({ name, rules, file }: Mutant, verdict: Verdict): void {
  counts[verdict.kind] += 1
  const detail = verdict.kind === 'killed' ? verdict.by.title : verdict.kind === 'broken' ? verdict.why : ''
  const line = `${verdict.kind.padEnd(8)} ${name} [${rules.join('] [')}] ${file}${detail && `: ${detail}`}`
  console.log(line)
  if (verdict.kind !== 'killed') left.push(line)
  else if (!isSame(verdict.by, asked.get(name))) {
    found.set(name, verdict.by)
    // At once, for a run that is ended early.
    keep()
  }
}

function keep(): void {
  writeKillers(
    new Map([...known, ...found]),
    mutants.map((mutant) => mutant.name),
  )
}

console.log(`${wanted.length} mutants, seed ${values.seed}`)
const before = await tryUnchanged([...asked.values()])
if (before.trouble.length > 0) {
  console.log(`${before.trouble.join('\n')}\nthe tests do not pass as they are`)
  process.exit(1)
}
for (const [name, killer] of asked) if (!before.passed.has(killer)) asked.delete(name)
await shareOut(wanted, async (mutant, runner) => tell(mutant, await tryMutant(mutant, runner)))
const after = await tryUnchanged([...found.values()])
for (const [name, killer] of found) {
  if (after.passed.has(killer)) continue
  found.delete(name)
  counts.killed -= 1
  counts.broken += 1
  left.push(`broken   ${name}: its test fails without it, too: ${killer.title}`)
}
if (after.trouble.length > 0) console.log(after.trouble.join('\n'))
for (const runner of runners) runner.end()
keep()
if (left.length > 0) console.log(`\n${left.join('\n')}`)
if (counts.killed !== wanted.length) process.exitCode = 1
console.log(
  `${wanted.length} mutants: ${counts.killed} killed, ${counts.survived} survived, ${counts.broken} broken`,
)
