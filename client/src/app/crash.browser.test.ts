import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openStore } from '../storage/store.ts'
import { compactionPlays } from './testing/crash/compaction-plays.ts'
import { filePlays } from './testing/crash/file-plays.ts'
import { cliquePlays } from './testing/crash/plays.ts'
import type { Play, Scene } from './testing/crash/plays.ts'
import { choosePoints } from './testing/crash/points.ts'
import { givenBy, reopened } from './testing/crash/soundness.ts'
import type { Given } from './testing/crash/soundness.ts'
import { Stage } from './testing/crash/stage.ts'

/** The browser takes two seconds to end each worker: meanwhile others walk. */
const atOnce = 12

const { points: wanted, only } = inject('crash')
const seed = inject('seed')
/** It takes as long as it takes: then each path tells how far it is. */
const isLong = wanted === null || wanted > 5
const limitMs = isLong ? 6 * 3_600_000 : 120_000
const tellEvery = 100

let stage: Stage
beforeAll(async () => {
  stage = await Stage.set()
})
afterAll(() => stage.strike())

/** Stops one walk, and starts again from what it left. Returns where it stopped; null where it came to its end. */
async function stopAndStart(play: Play, scene: Scene, stopAt: number): Promise<string | null> {
  const { path, stopsWriter } = play
  const { image, input, check } = scene
  const given: Given[] = []
  const { clique, space } = input
  const takes = async (name: string): Promise<void> => {
    if (clique === undefined || space === undefined) return
    const store = await openStore(name)
    given.push(await givenBy(store, clique, space))
    store.close()
  }
  const walked = await stage.walk({ path, stopsWriter, image, input, stopAt }, takes)
  try {
    await reopened(walked.name, (store) => check(store, walked, given))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`stopped at point ${stopAt}, ${walked.stopped ?? 'the end'}: ${why}`, { cause: error })
  }
  return walked.stopped
}

const plays = [...cliquePlays, ...filePlays, ...compactionPlays].filter(
  ({ name }) => only === null || name === only,
)
test.concurrent.for(plays)(
  'stopped at any await and started again: $name',
  { timeout: limitMs },
  async (play, { task }) => {
    const scene = await play.begin()
    const { path, stopsWriter } = play
    const { image, input } = scene
    const whole = await stage.walk({ path, stopsWriter, image, input, stopAt: null })
    await reopened(whole.name, (store) => scene.check(store, whole, []))
    const count = whole.passed.length
    const faults: string[] = []
    let stops = 0
    const points = choosePoints(count, wanted, seed)
    let furthest = count
    const next = async (): Promise<void> => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) {
        const at = point
        const stopped = await stopAndStart(play, scene, at).catch((error: unknown) => {
          faults.push(error instanceof Error ? error.message : String(error))
          return ''
        })
        if (stopped !== null) stops += 1
        if (isLong && stops % tellEvery === 0)
          console.log(`${stops} of ${count}, ${faults.length} faults: ${play.name}`)
        // Where a walk takes another turn than the whole one did, it may be longer.
        if (wanted === null && stopped !== null && at === furthest) points.push(++furthest)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, next))
    Object.assign(task.meta, { crash: { points: count, stops, faults: faults.length } })
    expect(faults).toEqual([])
    expect(stops).toBeGreaterThan(0)
  },
)
