import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Fuzzed } from './wire/fuzz.ts'
import type { Order } from './wire/fuzz-worker.ts'
import { hex } from './wire/target.ts'
import { wireTargets } from './wire/targets.ts'

/**
 * `npm run fuzz:wire -- --seconds 600 --seed 7`: changes well-formed messages of every kind, keeps what reaches new code
 * (V8 counts the blocks that ran), goes on from there, and asks that each ends in a coded refusal or is read, in bounded
 * time, and that what is read encodes to the same bytes where the format has one encoding. The time is shared by all
 * targets. `--only item` takes those whose names hold that; `--inputs` bounds each. Ends with 1 where one was broken.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    inputs: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
  },
})
const [seconds, inputs] = [Number(values.seconds), Number(values.inputs)]
if (!(seconds > 0) || !(inputs > 0)) throw new Error('--seconds and --inputs are numbers above 0')

/** No honest input takes a thousandth of it. */
const hangMs = 30_000
const names = (await wireTargets()).map(({ name }) => name).filter((name) => name.includes(values.only))
if (names.length === 0) throw new Error(`no target whose name holds "${values.only}"`)

const total = { inputs: 0, seconds: 0, corpus: 0, faults: 0 }
for (const target of names) {
  const current = new SharedArrayBuffer(8 + 64 * 1024)
  const fuzzed = await fuzzInThread({
    target,
    seed: values.seed,
    seconds: seconds / names.length,
    inputs,
    current,
  })
  const { faults } = fuzzed
  for (const fault of faults) console.log(`${target}: ${fault}`)
  console.log(
    `${target.padEnd(26)} ${fuzzed.seconds.toFixed(1).padStart(7)} s ${String(fuzzed.inputs).padStart(9)} inputs ` +
      `${String(fuzzed.read).padStart(9)} read ${String(fuzzed.corpus).padStart(5)} kept  ${faults.length} faults`,
  )
  total.inputs += fuzzed.inputs
  total.seconds += fuzzed.seconds
  total.corpus += fuzzed.corpus
  total.faults += faults.length
}
if (total.faults > 0) process.exitCode = 1
console.log(
  `${names.length} targets, seed ${values.seed}: ${total.seconds.toFixed(0)} s, ${total.inputs} inputs, ` +
    `${total.corpus} kept, ${total.faults} faults`,
)
process.exit()

function fuzzInThread(order: Order): Promise<Fuzzed> {
  const worker = new Worker(new URL('./wire/fuzz-worker.ts', import.meta.url), { workerData: order })
  const length = new Uint32Array(order.current, 0, 2)
  const started = performance.now()
  const failed = (fault: string): Fuzzed => ({
    target: order.target,
    inputs: length[1] ?? 0,
    read: 0,
    seconds: (performance.now() - started) / 1000,
    corpus: 0,
    faults: [`${fault}\n  input ${hex(new Uint8Array(order.current, 8, length[0] ?? 0))}`],
  })
  return new Promise((resolve) => {
    let before = -1
    const watch = setInterval(() => {
      if (before === length[1]) resolve(failed('never ends'))
      before = length[1] ?? 0
    }, hangMs)
    worker.once('message', (fuzzed: Fuzzed) => resolve(fuzzed))
    worker.once('error', (error) => resolve(failed(error.stack ?? error.message)))
    worker.once('exit', (code) => resolve(failed(`the thread ended with ${code}`)))
    const end = (): void => {
      clearInterval(watch)
      void worker.terminate()
    }
    worker.once('message', end).once('error', end).once('exit', end)
  })
}
