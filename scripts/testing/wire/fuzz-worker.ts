import { parentPort, workerData } from 'node:worker_threads'
import { Coverage } from './coverage.ts'
import { fuzz } from './fuzz.ts'
import { wireTargets } from './targets.ts'

/** One target in a thread of its own, so that whoever started it can end what never ends. */
export interface Order {
  readonly target: string
  readonly seed: string
  readonly seconds: number
  readonly inputs: number
  /** The input that is read now: its length, then its bytes. */
  readonly current: SharedArrayBuffer
}

const { target: name, seed, seconds, inputs, current } = workerData as Order
const target = (await wireTargets()).find((one) => one.name === name)
if (target === undefined) throw new Error(`no target ${name}`)
const length = new Uint32Array(current, 0, 2)
const bytes = new Uint8Array(current, 8)
const coverage = new Coverage()
await coverage.start()
const fuzzed = await fuzz(target, {
  seed,
  seconds,
  inputs,
  coverage,
  onInput(input) {
    bytes.set(input.subarray(0, bytes.length))
    length[0] = input.length
    length[1] = (length[1] ?? 0) + 1
  },
})
coverage.stop()
parentPort?.postMessage(fuzzed)
// Servers and timers of what was read must not keep the thread.
process.exit()
