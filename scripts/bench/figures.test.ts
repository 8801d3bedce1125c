import { expect, test } from 'vitest'
import { median, outcomeOf, ratio, replaceTable, tableOf } from './figures.ts'
import type { Figure, Measured } from './figures.ts'

const measured: Measured = {
  kind: 'measured',
  what: 'an append',
  against: 'the disk',
  value: 1.234,
  unit: 'ratio',
  goal: { atMost: 1.5 },
  runs: 3,
  detail: '',
}
const skipped: Figure = { kind: 'skipped', what: 'an append', against: 'a peer', why: 'not here' }

test('the median is the middle, or the mean of the two middles, and nothing has none', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([10, 2, 4, 3])).toBe(3.5)
  expect(median([7])).toBe(7)
  expect(() => median([])).toThrow('nothing')
})

test('a ratio is that of the medians, and never one to nothing', () => {
  expect(ratio([4, 6, 100], [2, 3, 1])).toBe(3)
  expect(() => ratio([1], [0])).toThrow('nothing')
  expect(() => ratio([1], [])).toThrow('nothing')
})

test('a goal is reached up to its very limit, in either direction', () => {
  expect(outcomeOf({ ...measured, value: 1.5 })).toBe('reached')
  expect(outcomeOf({ ...measured, value: 1.51 })).toBe('missed')
  expect(outcomeOf({ ...measured, goal: { atLeast: 1.3 } })).toBe('missed')
  expect(outcomeOf({ ...measured, goal: { atLeast: 1.2 } })).toBe('reached')
  expect(outcomeOf({ ...measured, goal: null })).toBe('known')
})

test('what is missing is skipped aloud and never reached', () => {
  expect(outcomeOf(skipped)).toBe('skipped')
  expect(tableOf([skipped])).toContain('**skipped**: not here')
  expect(tableOf([skipped])).not.toContain('reached')
})

test('the table names what, against what, the value in its unit, goal and runs', () => {
  const lines = tableOf([measured, { ...measured, value: 89.46, unit: 'KiB', goal: { atMost: 90 } }]).split(
    '\n',
  )
  expect(lines[2]).toBe('| an append | the disk | 1.23 × | ≤ 1.50 × | reached | 3 |')
  expect(lines[3]).toBe('| an append | the disk | 89.5 KiB | ≤ 90 KiB | reached | 3 |')
})

test('one of a thing is not told as many', () => {
  const trips = { ...measured, unit: 'round trips', goal: { atMost: 2 } } as const
  expect(tableOf([{ ...trips, value: 1 }])).toContain('| 1 round trip | ≤ 2 round trips |')
})

test('a bar in a name does not end its cell', () => {
  expect(tableOf([{ ...measured, what: 'a|b' }])).toContain('| a\\|b |')
})

test('a new table replaces the old one and nothing else', () => {
  const document = 'before\n<!-- table -->\nold\n<!-- end of table -->\nafter\n'
  const once = replaceTable(document, 'new\n')
  expect(once).toBe('before\n<!-- table -->\n\nnew\n\n<!-- end of table -->\nafter\n')
  expect(replaceTable(once, 'new\n')).toBe(once)
  expect(() => replaceTable('no marks', 'new')).toThrow('no place')
})
