import { expect, test } from 'vitest'
import { english } from './english.ts'
import { daysBetween, Formats } from './format.ts'
import { spanish } from './spanish.ts'

const formats = new Formats('en-GB', english)
const now = new Date(2026, 4, 20, 9, 30).getTime()

test('days are counted by the calendar, over midnight and over a change of the clocks', () => {
  expect(daysBetween(new Date(2026, 4, 19, 23, 59).getTime(), new Date(2026, 4, 20, 0, 1).getTime())).toBe(1)
  expect(daysBetween(new Date(2026, 2, 28, 12).getTime(), new Date(2026, 2, 30, 12).getTime())).toBe(2)
  expect(daysBetween(now, now)).toBe(0)
})

test('a day is named as near as it is', () => {
  expect(formats.day(new Date(2026, 4, 20).getTime(), now)).toBe('Today')
  expect(formats.day(new Date(2026, 4, 19).getTime(), now)).toBe('Yesterday')
  expect(formats.day(new Date(2026, 4, 16).getTime(), now)).toBe('Saturday')
  expect(formats.day(new Date(2026, 1, 3).getTime(), now)).toContain('February')
  expect(formats.day(new Date(2024, 1, 3).getTime(), now)).toContain('2024')
  expect(new Formats('es', spanish).day(new Date(2026, 4, 16).getTime(), now)).toBe('Sábado')
})

test('a clock that runs ahead shows a date, not a day that has not come', () => {
  expect(formats.day(new Date(2026, 4, 23).getTime(), now)).toContain('23')
})

test('sizes read as on a phone', () => {
  expect(formats.size(0)).toBe('0 bytes')
  expect(formats.size(1)).toBe('1 byte')
  expect(formats.size(640)).toBe('640 bytes')
  expect(new Formats('es', spanish).size(640)).toBe('640 bytes')
  expect(formats.size(12_345)).toBe('12 kB')
  expect(formats.size(3_200_000)).toBe('3.2 MB')
})
