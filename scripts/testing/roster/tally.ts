import { tryHistory } from '../../../crypto/src/testing/trial.ts'

/** Histories by their numbers, the last one not among them. */
export interface Batch {
  readonly from: number
  readonly to: number
}

/** What came of some histories. */
export interface Tally {
  histories: number
  operations: number
  sent: number
  /** In words, with the number of the history. */
  failures: string[]
  leaks: number
  datedBack: number
  diverged: number
  counts: Record<string, number>
}

export function emptyTally(): Tally {
  return {
    histories: 0,
    operations: 0,
    sent: 0,
    failures: [],
    leaks: 0,
    datedBack: 0,
    diverged: 0,
    counts: {},
  }
}

export function addTally(to: Tally, more: Tally): void {
  to.histories += more.histories
  to.operations += more.operations
  to.sent += more.sent
  to.failures.push(...more.failures)
  to.leaks += more.leaks
  to.datedBack += more.datedBack
  to.diverged += more.diverged
  for (const [name, count] of Object.entries(more.counts)) to.counts[name] = (to.counts[name] ?? 0) + count
}

/** One that throws has failed as well, and the others are tried all the same. */
export function tryBatch(seed: string, { from, to }: Batch): Tally {
  const tally = emptyTally()
  for (let number = from; number < to; number++) addTally(tally, tryOne(seed, number))
  return tally
}

function tryOne(seed: string, number: number): Tally {
  const tally = { ...emptyTally(), histories: 1 }
  try {
    const { failures, operations, sent, naive, counts } = tryHistory(`${seed} ${number}`)
    tally.failures.push(...failures.map((failure) => `history ${number}: ${failure}`))
    tally.operations = operations
    tally.sent = sent
    tally.leaks = naive.leaks
    tally.datedBack = naive.datedBack
    tally.diverged = Number(naive.diverged)
    tally.counts = Object.fromEntries(counts)
  } catch (error) {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
    tally.failures.push(`history ${number}: threw ${words}`)
  }
  return tally
}
