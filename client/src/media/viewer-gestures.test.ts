import { expect, test } from 'vitest'
import { atRest, fitInto, keepInside, maxScale, pinch, swipeOf, zoomAt } from './viewer-gestures.ts'

const screen = { width: 400, height: 800 }

test('what lies under the finger stays there while it is enlarged', () => {
  const lie = zoomAt(atRest, 2, { x: 100, y: -50 })
  expect(lie).toEqual({ scale: 2, x: -100, y: 50 })
  expect(zoomAt(lie, 0.5, { x: 100, y: -50 })).toEqual(atRest)
  expect(zoomAt(lie, 100, { x: 0, y: 0 }).scale).toBe(maxScale)
  expect(zoomAt(lie, 0.01, { x: 0, y: 0 }).scale).toBe(1)
})

test('two fingers enlarge and carry the picture', () => {
  const apart = pinch(
    atRest,
    [
      { x: -50, y: 0 },
      { x: 50, y: 0 },
    ],
    [
      { x: -90, y: 30 },
      { x: 110, y: 30 },
    ],
  )
  expect(apart).toEqual({ scale: 2, x: 10, y: 30 })
  const together = [
    { x: 1, y: 1 },
    { x: 1, y: 1 },
  ] as const
  expect(pinch(atRest, together, together)).toEqual(atRest)
})

test('a picture is moved up to its edges and no further', () => {
  const fitted = fitInto({ width: 4000, height: 2000 }, screen)
  expect(fitted).toEqual({ width: 400, height: 200 })
  expect(keepInside({ scale: 1, x: 90, y: -90 }, fitted, screen)).toEqual(atRest)
  expect(keepInside({ scale: 3, x: 900, y: 90 }, fitted, screen)).toEqual({ scale: 3, x: 400, y: 0 })
})

test('a long way or a quick one is a swipe, a trembling finger is none', () => {
  expect(swipeOf({ x: -150, y: 20 }, 2_000, screen)).toBe('left')
  expect(swipeOf({ x: 60, y: 20 }, 80, screen)).toBe('right')
  expect(swipeOf({ x: 10, y: 250 }, 900, screen)).toBe('down')
  expect(swipeOf({ x: 10, y: -250 }, 100, screen)).toBeNull()
  expect(swipeOf({ x: 20, y: 3 }, 1, screen)).toBeNull()
  expect(swipeOf({ x: 60, y: 3 }, 900, screen)).toBeNull()
})
