import { expect, test } from 'vitest'
import type { MessageRow } from './conversation-view.ts'
import { firstShown, olderTop, openingTop, windowPage } from './message-window.ts'

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ key: `m${from + index}` }) as MessageRow)

test('a conversation opens on its newest page', () => {
  expect(openingTop(rows(0, 1000), null)).toBe(`m${1000 - windowPage}`)
  expect(openingTop(rows(0, 10), null)).toBe('m0')
  expect(openingTop([], null)).toBeNull()
})

test('a conversation opens far enough up to show the first unread message', () => {
  expect(openingTop(rows(0, 1000), 'm500')).toBe('m492')
  expect(openingTop(rows(0, 1000), 'm995')).toBe(`m${1000 - windowPage}`)
  expect(openingTop(rows(0, 1000), 'unknown')).toBe(`m${1000 - windowPage}`)
})

test('what is loaded above and what arrives below leave the top where it is', () => {
  const shown = rows(500, 1000)
  const top = openingTop(shown, null)
  const grown = rows(0, 1010)
  expect(grown[firstShown(grown, top)]?.key).toBe(top)
})

test('reaching for the top shows one page more, down to the first message', () => {
  const all = rows(0, 200)
  const once = olderTop(all, openingTop(all, null))
  expect(once).toBe('m40')
  expect(olderTop(all, once)).toBe('m0')
  expect(olderTop(all, 'm0')).toBe('m0')
})

test('an older message that arrives late in a short conversation is shown', () => {
  const top = openingTop(rows(1, 2), null)
  expect(firstShown(rows(0, 2), top)).toBe(0)
})
