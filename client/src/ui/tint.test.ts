import { expect, test } from 'vitest'
import { initialsOf, tintOf } from './tint.ts'

test('the tint of an id is always the same, and ids spread over all twelve', () => {
  expect(tintOf('ab12')).toBe(tintOf('ab12'))
  const seen = new Set(
    Array.from({ length: 400 }, (_, index) => tintOf(index.toString(16).padStart(64, '0'))),
  )
  expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
})

test('initials are the first characters of the first and the last word', () => {
  expect(initialsOf('Anna')).toBe('A')
  expect(initialsOf('  María de los Ángeles ')).toBe('MÁ')
  expect(initialsOf('👩‍👩‍👧 family')).toBe('👩‍👩‍👧F')
  expect(initialsOf('')).toBe('')
})
