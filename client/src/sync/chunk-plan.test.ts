import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '@clique/crypto'
import type { ChunkId } from '@clique/crypto'
import { ChunkPlan, fetchingOfOne, maxFetching, quickMs, restMs } from './chunk-plan.ts'
import type { Fetch, FetchOutcome, HolderName } from './chunk-plan.ts'

const chunk = (n: number) => toHex(new Uint8Array(32).fill(n)) as ChunkId
const chunks = (count: number) => Array.from({ length: count }, (_, n) => chunk(n))
const device = (id: string): HolderName => ({ kind: 'device', id })
const relay: HolderName = { kind: 'relay', id: 'relay' }

/** A plan in which everybody was asked, at time 0, and these hold all that is wanted. */
function planWith(wants: readonly ChunkId[], ...holders: HolderName[]): ChunkPlan {
  const plan = new ChunkPlan()
  for (const holder of holders) plan.addHolder(holder)
  plan.setWants(wants)
  answerAll(plan, () => true, 0)
  return plan
}

function answerAll(plan: ChunkPlan, holds: (holder: string, id: ChunkId) => boolean, now: number): number {
  const questions = plan.questions(now)
  for (const question of questions) {
    const held = question.chunks.filter((id) => holds(question.holder.id, id))
    plan.answered(question, new Set(held), now)
  }
  return questions.length
}

const namesOf = (fetches: readonly Fetch[]) => fetches.map(({ holder }) => holder.id)

describe('what is fetched', () => {
  test('[CPL1] is the most urgent, from several holders at once, each chunk from one', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const plan = planWith(chunks(20), ...names.map(device))
    const fetches = plan.fetches(0)
    expect(fetches.map((fetch) => fetch.chunk)).toEqual(chunks(maxFetching))
    expect(new Set(namesOf(fetches))).toEqual(new Set(names))
    expect(plan.fetches(0)).toEqual([])
    const [first] = fetches
    if (first === undefined) throw new Error('a fetch')
    plan.fetched(first, 'got', 0)
    expect(plan.fetches(0).map((fetch) => fetch.chunk)).toEqual([chunk(maxFetching)])
  })

  test('[CPL1] comes from devices before relays, and a few at a time from one', () => {
    const plan = planWith(chunks(9), relay, device('a'))
    expect(namesOf(plan.fetches(0))).toEqual(['a', 'relay', 'a', 'relay'])
    expect(fetchingOfOne.least).toBe(2)
  })

  test('[CPL1] is more at a time from one only while it comes quickly', () => {
    const plan = planWith(chunks(60), device('a'))
    let now = 0
    /** All that is on its way comes after so many milliseconds; returns how many are then on their way. */
    const after = (ms: number, running: Fetch[]): Fetch[] => {
      now += ms
      for (const fetch of running) plan.fetched(fetch, 'got', now)
      return plan.fetches(now)
    }
    let running = plan.fetches(now)
    const widths = [quickMs, quickMs, quickMs].map((ms) => (running = after(ms, running)).length)
    expect(widths).toEqual([4, fetchingOfOne.most, fetchingOfOne.most])
    expect((running = after(quickMs + 1, running)).length).toBe(fetchingOfOne.least)
    expect(after(quickMs + 1, running).length).toBe(fetchingOfOne.least)
  })

  test('[CPL2] what nobody holds does not keep back what somebody holds', () => {
    const plan = new ChunkPlan()
    plan.addHolder(device('a'))
    plan.setWants(chunks(10))
    answerAll(plan, (_, id) => id === chunk(9), 0)
    expect(plan.fetches(0)).toEqual([{ holder: device('a'), chunk: chunk(9), at: 0 }])
  })

  test('[CPL3] who lacks a chunk is asked again after a while, ever more rarely', () => {
    const plan = new ChunkPlan()
    plan.addHolder(device('a'))
    plan.setWants(chunks(3))
    const times: number[] = []
    for (let now = 0; now < 3_600_000; now += 1_000) {
      if (answerAll(plan, () => false, now) > 0) times.push(now / 1000)
    }
    expect(times.slice(0, 5)).toEqual([0, 15, 45, 105, 225])
    expect(times.length).toBeLessThan(15)
    // What is wanted now is asked for at once.
    plan.setWants([...chunks(3), chunk(7)])
    expect(plan.questions(3_600_000).map((question) => question.chunks)).toEqual([[chunk(7)]])
  })
})

describe('a bad holder', () => {
  test('[CPL4] is passed over for the chunk that it spoiled, and asked for others', () => {
    const plan = planWith([chunk(0)], device('a'))
    const [fetch] = plan.fetches(0)
    if (fetch === undefined) throw new Error('a fetch')
    plan.fetched(fetch, 'fault', 0)
    expect(plan.fetches(0)).toEqual([])
    plan.addHolder(device('b'))
    answerAll(plan, () => true, 0)
    expect(namesOf(plan.fetches(0))).toEqual(['b'])
    plan.setWants([chunk(0), chunk(1)])
    answerAll(plan, () => true, 0)
    expect(plan.fetches(0)).toEqual([{ holder: device('a'), chunk: chunk(1), at: 0 }])
  })

  test('[CPL4] is left alone for a while after several faults', () => {
    const plan = planWith(chunks(9), device('a'))
    for (let fault = 0; fault < 3; fault++) {
      const [fetch] = plan.fetches(0)
      if (fetch !== undefined) plan.fetched(fetch, 'fault', 0)
    }
    expect([plan.fetches(restMs - 1), plan.questions(restMs - 1)]).toEqual([[], []])
    expect(plan.fetches(restMs)).not.toEqual([])
  })

  test('[CPL5] whose way breaks is tried again soon, then more rarely; nothing is held against it', () => {
    const plan = planWith([chunk(0)], device('a'))
    const times: number[] = []
    for (let now = 0; now < 300_000; now += 1_000) {
      for (const fetch of plan.fetches(now)) {
        times.push(now / 1000)
        plan.fetched(fetch, 'broken', now)
      }
    }
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243])
  })

  test('[CPL6] that came back is a new one: what the old one was asked for is over', () => {
    const plan = planWith(chunks(9), device('a'))
    const before = plan.fetches(0)
    plan.removeHolder('a')
    plan.addHolder(device('a'))
    answerAll(plan, () => true, 0)
    for (const fetch of before) plan.fetched(fetch, 'broken', 0)
    expect(plan.fetches(0)).toHaveLength(fetchingOfOne.least)
  })
})

test('[CPL7] whatever becomes of each fetch, bounds hold and all that is held somewhere is got', () => {
  const outcomes = fc.constantFrom<FetchOutcome>('got', 'lacking', 'fault', 'broken', 'kept-out')
  fc.assert(
    fc.property(fc.array(outcomes, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (fates, count) => {
      const plan = new ChunkPlan()
      for (let n = 0; n < count; n++) plan.addHolder(device(String(n)))
      const wanted = chunks(12)
      plan.setWants(wanted)
      const got = new Set<ChunkId>()
      let running: Fetch[] = []
      let now = 0
      for (let step = 0; got.size < wanted.length; step++) {
        if (step > 5_000) throw new Error('without end')
        answerAll(plan, () => true, now)
        running.push(...plan.fetches(now))
        expect(running.length).toBeLessThanOrEqual(maxFetching)
        expect(new Set(running.map((fetch) => fetch.chunk)).size).toBe(running.length)
        for (const name of namesOf(running)) {
          expect(namesOf(running).filter((one) => one === name).length).toBeLessThanOrEqual(
            fetchingOfOne.most,
          )
        }
        const fetch = running[0]
        running = running.slice(1)
        if (fetch === undefined) now += 10_000
        else {
          const outcome = fates[step] ?? 'got'
          plan.fetched(fetch, outcome, now)
          if (outcome === 'got') got.add(fetch.chunk)
        }
      }
      expect(plan.hasWants).toBe(false)
    }),
    { numRuns: 60 },
  )
})
