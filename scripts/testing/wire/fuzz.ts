import type { Coverage } from './coverage.ts'
import { Chance, mutate } from './mutate.ts'
import { hex, tryInput } from './target.ts'
import type { Target } from './target.ts'

export interface Fuzzed {
  readonly target: string
  readonly inputs: number
  readonly read: number
  readonly seconds: number
  /** Inputs that are kept: the seeds, and what reached code that nothing before it had. */
  readonly corpus: number
  readonly faults: readonly string[]
}

export interface FuzzOptions {
  readonly seed: string
  /** Ends after so many inputs, or so much time. */
  readonly inputs: number
  readonly seconds: number
  readonly coverage: Coverage | null
  /** Told before each input is read, so that one that never ends is known. */
  onInput?(input: Uint8Array): void
}

/** Inputs between two looks at what has run: a look costs about a millisecond. */
const together = 128
/** One fault is told a few times, not ten thousand. */
const maxFaults = 5
/** What takes longer than that is work without bounds: no honest input takes a hundredth of it. */
const maxMs = 5_000

/** Reads the seeds and what can be made of them; keeps those that reach new code, and goes on from there. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<Fuzzed> {
  const chance = new Chance(`${options.seed} ${target.name}`)
  const corpus = [...target.seeds]
  const faults: string[] = []
  const started = performance.now()
  let inputs = 0
  let read = 0
  const run = async (input: Uint8Array): Promise<void> => {
    options.onInput?.(input)
    const begun = performance.now()
    const outcome = await tryInput(target, input)
    inputs += 1
    if (outcome === 'read') read += 1
    const ms = performance.now() - begun
    if (ms > maxMs) faults.push(`took ${Math.round(ms)} ms: ${hex(input)}`)
    if (typeof outcome === 'object' && faults.length < maxFaults)
      faults.push(`${outcome.fault}\n  input ${hex(input)}`)
  }
  for (const seed of target.seeds) await run(seed)
  if (read < target.seeds.length) faults.push(`${target.seeds.length - read} of the seeds are refused`)
  await options.coverage?.fresh()
  const isOver = (): boolean =>
    inputs >= options.inputs ||
    performance.now() - started > options.seconds * 1000 ||
    faults.length >= maxFaults
  while (!isOver()) {
    const batch: Uint8Array[] = []
    while (batch.length < together)
      batch.push(mutate(chance.of(corpus), chance.of(corpus), target.shape, chance))
    for (const input of batch) await run(input)
    const fresh = (await options.coverage?.fresh()) ?? []
    if (options.coverage !== null && fresh.length > 0) {
      corpus.push(...(await thatReached(fresh, target, batch, options.coverage)))
    }
  }
  const seconds = (performance.now() - started) / 1000
  return { target: target.name, inputs, read, seconds, corpus: corpus.length, faults }
}

/** Those of a batch that ran these blocks, each block counted for one of them. Halves are asked, as most ran none. */
async function thatReached(
  fresh: readonly string[],
  target: Target,
  batch: readonly Uint8Array[],
  coverage: Coverage,
): Promise<Uint8Array[]> {
  const left = new Set(fresh)
  const chosen: Uint8Array[] = []
  const search = async (some: readonly Uint8Array[]): Promise<void> => {
    if (left.size === 0) return
    for (const input of some) await tryInput(target, input)
    const reached = (await coverage.ran()).filter((block) => left.has(block))
    const [only] = some
    if (reached.length === 0 || only === undefined) return
    if (some.length === 1) {
      chosen.push(only)
      for (const block of reached) left.delete(block)
      return
    }
    const middle = some.length >> 1
    await search(some.slice(0, middle))
    await search(some.slice(middle))
  }
  await coverage.ran()
  await search(batch)
  return chosen
}
