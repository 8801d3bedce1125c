import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxLead, nextTime } from './hybrid-time.ts'

const now = 1_767_225_600_000
const day = 24 * 60 * 60 * 1000

test('a message stands below all that its author has seen', () => {
  const seen = fc.array(fc.integer({ min: now - day, max: now + maxLead }))
  fc.assert(
    fc.property(seen, (times) => {
      const time = nextTime(times, now)
      expect(time).toBeGreaterThanOrEqual(now)
      for (const other of times) expect(time).toBeGreaterThan(other - 1)
      if (times.length > 0) expect(time).toBeLessThanOrEqual(Math.max(now, Math.max(...times) + 1))
    }),
  )
})

test('a clock that is a day behind follows those that are right', () => {
  expect(nextTime([now], now - day)).toBe(now + 1)
})

test('a time in another year drags nobody', () => {
  expect(nextTime([now - 5, now + 400 * day], now)).toBe(now)
})
