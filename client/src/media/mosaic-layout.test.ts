import fc from 'fast-check'
import { expect, test } from 'vitest'
import { layMosaic, maxTiles } from './mosaic-layout.ts'

const picture = fc.record({
  width: fc.integer({ min: 1, max: 65_535 }),
  height: fc.integer({ min: 1, max: 65_535 }),
})

test('the tiles of any pictures fill the mosaic without gap or overlap', () => {
  fc.assert(
    fc.property(fc.array(picture, { minLength: 1, maxLength: 20 }), (pictures) => {
      const { ratio, tiles, hidden } = layMosaic(pictures)
      expect(tiles.length + hidden).toBe(pictures.length)
      expect(tiles.length).toBeLessThanOrEqual(maxTiles)
      expect(ratio).toBeGreaterThanOrEqual(0.6)
      expect(ratio).toBeLessThanOrEqual(4)
      const area = tiles.reduce((sum, { width, height }) => sum + width * height, 0)
      expect(area).toBeCloseTo(1)
      for (const { x, y, width, height } of tiles) {
        expect(x + width).toBeLessThanOrEqual(1.000001)
        expect(y + height).toBeLessThanOrEqual(1.000001)
        // A tile that is wanted can be touched: a mosaic is some 300 pixels wide.
        expect(Math.min(width, height / ratio)).toBeGreaterThan(44 / 300)
      }
    }),
  )
})

test('a picture alone keeps its shape, within what a screen can take', () => {
  expect(layMosaic([{ width: 4000, height: 3000 }])).toEqual({
    ratio: 4 / 3,
    tiles: [{ x: 0, y: 0, width: 1, height: 1 }],
    hidden: 0,
  })
  expect(layMosaic([{ width: 100, height: 9000 }]).ratio).toBe(0.75)
  expect(layMosaic([{ width: 9000, height: 100 }]).ratio).toBe(2)
})

test('two stand beside one another, or above where both are wide; three have one that leads', () => {
  const upright = { width: 3, height: 4 }
  const wide = { width: 2, height: 1 }
  const rows = (pictures: { width: number; height: number }[]) =>
    layMosaic(pictures).tiles.map(({ y }) => (y === 0 ? 'top' : 'below'))
  expect(rows([upright, upright])).toEqual(['top', 'top'])
  expect(rows([wide, wide])).toEqual(['top', 'below'])
  expect(rows([wide, upright, upright])).toEqual(['top', 'below', 'below'])
})

test('pictures without a tile are counted', () => {
  expect(layMosaic(Array.from({ length: 20 }, () => ({ width: 1, height: 1 }))).hidden).toBe(14)
})
