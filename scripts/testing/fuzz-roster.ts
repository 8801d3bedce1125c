import { parseArgs } from 'node:util'
import { tryHistory } from '../../crypto/src/testing/trial.ts'

/**
 * `npm run fuzz:roster -- --histories 100000 --seed 7`: that many random histories of a clique with hostile people in it,
 * each a function of seed and number. Ends with 1 where one of them breaks a rule, or where a rule that is known to be
 * wrong breaks in none. `--only` takes one history by its number.
 */
const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
})
const count = Number(values.histories)
if (!Number.isSafeInteger(count) || count < 1) throw new Error('--histories is a number from 1')

const only = values.only === undefined ? null : Number(values.only)
const total = { operations: 0, sent: 0, failures: 0, leaks: 0, datedBack: 0, diverged: 0 }
const counts = new Map<string, number>()
for (let i = only ?? 0; i < (only === null ? count : only + 1); i++) {
  const outcome = tryHistory(`${values.seed} ${i}`)
  for (const failure of outcome.failures) console.log(`history ${i}: ${failure}`)
  total.operations += outcome.operations
  total.sent += outcome.sent
  total.failures += outcome.failures.length
  total.leaks += outcome.naive.leaks
  total.datedBack += outcome.naive.datedBack
  total.diverged += Number(outcome.naive.diverged)
  for (const [name, more] of outcome.counts) counts.set(name, (counts.get(name) ?? 0) + more)
  if ((i + 1) % 1000 === 0) console.log(`${i + 1} histories, ${total.failures} failures`)
}
for (const [name, number] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${String(number).padStart(9)}  ${name}`)
}
const areControlsBroken = total.leaks > 0 && total.datedBack > 0 && total.diverged > 0
if (total.failures > 0 || (only === null && count >= 100 && !areControlsBroken)) process.exitCode = 1
console.log(
  `${only === null ? count : 1} histories, seed ${values.seed}: ${total.operations} operations, ${total.sent} messages, ` +
    `${total.failures} failures; naive rules: ${total.leaks} leaks, ${total.datedBack} dated back, ` +
    `${total.diverged} diverged`,
)
