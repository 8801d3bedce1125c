import { describe, expect, test } from 'vitest'
import type { DeviceId } from '@clique/crypto'
import type { ConnectionKind } from '../network/node.ts'
import { Dials } from './dials.ts'

interface Attempt {
  readonly name: string
  end(isDone: boolean): Promise<void>
}

function setUp(options: { isWanted?: (name: string) => boolean } = {}) {
  const attempts: Attempt[] = []
  const timers: { run: () => void; ms: number; isOff: boolean }[] = []
  const state = { canDial: true }
  const dials = new Dials({
    canDial: () => state.canDial,
    isWanted: (device, kind) => options.isWanted?.(`${kind} ${device}`) ?? true,
    dial: (device, kind) =>
      new Promise((resolve) => {
        const end = async (isDone: boolean): Promise<void> => {
          resolve(isDone)
          await Promise.resolve()
        }
        attempts.push({ name: `${kind} ${device}`, end })
      }),
    // The middle of what may be.
    random: (n) => new Uint8Array(n).fill(128),
    later: (run, ms) => {
      const timer = { run, ms, isOff: false }
      timers.push(timer)
      return () => (timer.isOff = true)
    },
  })
  const add = (kind: ConnectionKind, ...names: string[]): void => {
    for (const name of names) dials.add(name as DeviceId, kind)
  }
  const names = (): string[] => attempts.map(({ name }) => name)
  const last = (): Attempt => {
    const attempt = attempts.at(-1)
    if (attempt === undefined) throw new Error('nothing was dialled')
    return attempt
  }
  return { dials, attempts, timers, state, add, names, last }
}

describe('dials', () => {
  test('[DL1] are two at once, those through the relay first', async () => {
    const { add, attempts, names } = setUp()
    add('direct', 'a', 'b', 'c')
    add('circuit', 'd', 'e')
    expect(names()).toEqual(['direct a', 'direct b'])
    for (let i = 0; i < 4; i++) await attempts[i]?.end(true)
    expect(names()).toEqual(['direct a', 'direct b', 'circuit d', 'circuit e', 'direct c'])
  })

  test('[DL2] are tried again after waits that grow up to a longest one and differ', async () => {
    const { add, last, timers } = setUp()
    add('direct', 'a')
    for (let i = 0; i < 14; i++) {
      await last().end(false)
      timers.at(-1)?.run()
    }
    const waits = timers.map(({ ms }) => ms)
    expect(waits.slice(0, 3)).toEqual([300, 601, 1202].map((ms) => expect.closeTo(ms, -1)))
    expect(waits.at(-1)).toBeLessThanOrEqual(5 * 60_000)
    expect(waits.at(-1)).toBe(waits.at(-2))
  })

  test('[DL3] are not made twice at once, and not without a way or when they make no sense', async () => {
    let wanted = true
    const { add, dials, names, state, last, timers } = setUp({ isWanted: () => wanted })
    state.canDial = false
    add('circuit', 'a', 'a')
    expect(names()).toEqual([])
    expect(dials.isPlanned('a' as DeviceId, 'circuit')).toBe(true)
    state.canDial = true
    dials.next()
    add('circuit', 'a')
    expect(names()).toEqual(['circuit a'])
    wanted = false
    await last().end(false)
    expect(timers).toEqual([])
    add('circuit', 'b')
    expect(names()).toEqual(['circuit a'])
  })

  test('[DL4] that waited start over, and none are made after the end', async () => {
    const { add, dials, names, last, timers } = setUp()
    add('circuit', 'a')
    await last().end(false)
    dials.startOver()
    expect(timers.map(({ isOff }) => isOff)).toEqual([true])
    add('circuit', 'a')
    await last().end(false)
    expect(timers.at(-1)?.ms).toBe(timers.at(0)?.ms)
    dials.close()
    expect(timers.at(-1)?.isOff).toBe(true)
    add('circuit', 'a')
    expect(names()).toEqual(['circuit a', 'circuit a'])
  })
})
