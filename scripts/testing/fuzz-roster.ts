import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { addTally, emptyTally } from './roster/tally.ts'
import type { Batch, Tally } from './roster/tally.ts'

/**
 * `npm run fuzz:roster -- --histories 100000 --seed 7`: that many random histories of a clique with hostile people in it,
 * each a function of seed and number. Ends with 1 where one of them breaks a rule, or where a rule that is known to be
 * wrong breaks in none. `--workers 2` tries them in so many threads, `--from 5000` begins with that number, and `--only 42`
 * takes one history by its number. Twice a minute it says how far it is.
 */
const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    only: { type: 'string' },
  },
})
const histories = wholeNumber('histories', 1)
const workers = wholeNumber('workers', 1)
const { seed } = values
const from = values.only === undefined ? wholeNumber('from', 0) : wholeNumber('only', 0)
const to = values.only === undefined ? histories : from + 1
if (from >= to) throw new Error('--from is below --histories')

function wholeNumber(name: 'histories' | 'workers' | 'from' | 'only', least: number): number {
  const number = Number(values[name])
  if (!Number.isSafeInteger(number) || number < least) throw new Error(`--${name} is a number from ${least}`)
  return number
}

const batchSize = 20
const tellMs = 30_000
/** A history makes much that is of no use when it ends: with more room for it the collector looks less often. */
const maxYoungGenerationSizeMb = 192

const total = emptyTally()
const started = performance.now()
let told = started
let next = from

function nextBatch(): Batch | null {
  if (next >= to) return null
  const batch = { from: next, to: Math.min(next + batchSize, to) }
  next = batch.to
  return batch
}

async function work(): Promise<void> {
  const options = { workerData: seed, resourceLimits: { maxYoungGenerationSizeMb } }
  const worker = new Worker(new URL('./roster/roster-worker.ts', import.meta.url), options)
  for (let batch = nextBatch(); batch !== null; batch = nextBatch()) {
    worker.postMessage(batch)
    const [tally] = (await once(worker, 'message')) as [Tally]
    for (const failure of tally.failures) console.log(failure)
    addTally(total, tally)
    tell()
  }
  await worker.terminate()
}

function tell(): void {
  const now = performance.now()
  if (now - told < tellMs || total.histories === to - from) return
  told = now
  const perSecond = total.histories / ((now - started) / 1000)
  const minutes = Math.ceil((to - from - total.histories) / perSecond / 60)
  console.log(
    `${from + total.histories} of ${to} histories, seed ${seed}: ${total.failures.length} failures, ` +
      `${perSecond.toFixed(1)} a second, ${minutes} minutes to go`,
  )
}

await Promise.all(Array.from({ length: Math.min(workers, Math.ceil((to - from) / batchSize)) }, work))
for (const [name, number] of Object.entries(total.counts).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${String(number).padStart(9)}  ${name}`)
}
const areControlsBroken = total.leaks > 0 && total.datedBack > 0 && total.diverged > 0
if (total.failures.length > 0 || (to - from >= 100 && !areControlsBroken)) process.exitCode = 1
console.log(
  `${to - from} histories, seed ${seed}: ${total.operations} operations, ${total.sent} messages, ` +
    `${total.failures.length} failures; naive rules: ${total.leaks} leaks, ${total.datedBack} dated back, ` +
    `${total.diverged} diverged`,
)
