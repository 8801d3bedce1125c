import { expect, test } from 'vitest'
import { storageRoom } from './storage-room.ts'

const mega = 1024 * 1024

test('room is little when a tenth of a small quota is left, or less than 100 MiB of a large one', () => {
  expect(storageRoom(0, 50 * mega)).toBe('enough')
  expect(storageRoom(46 * mega, 50 * mega)).toBe('little')
  expect(storageRoom(9_000 * mega, 10_000 * mega)).toBe('enough')
  expect(storageRoom(9_901 * mega, 10_000 * mega)).toBe('little')
  expect(storageRoom(60 * mega, 50 * mega)).toBe('little')
})

test('nothing is claimed where the browser does not say', () => {
  expect(storageRoom(null, 50 * mega)).toBe('unknown')
  expect(storageRoom(5, null)).toBe('unknown')
  expect(storageRoom(5, 0)).toBe('unknown')
})
