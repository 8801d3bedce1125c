/** A tile's place in units of the mosaic's width and height, from 0 to 1. */
export interface Tile {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Mosaic {
  /** Width to height. */
  readonly ratio: number
  readonly tiles: readonly Tile[]
  /** Pictures that found no tile: the last tile says so. */
  readonly hidden: number
}

/** Tiles beyond these would be too small to be seen and touched. */
export const maxTiles = 6

/** Pictures wider or taller than this are cut; the viewer shows them whole. */
const widest = 2
const tallest = 0.75

/**
 * Rows that fill the width, each as tall as its pictures want together. The arrangement depends on the pictures' own
 * dimensions alone, so that it stands before anything has been fetched.
 */
export function layMosaic(pictures: readonly { readonly width: number; readonly height: number }[]): Mosaic {
  const shown = pictures.slice(0, maxTiles).map(({ width, height }) => clamp(width / height, tallest, widest))
  const rows = rowsOf(shown)
  // Alone in its row, an upright picture would be taller than two others together.
  const heights = rows.map((row) => 1 / Math.max(row.length > 1 || rows.length === 1 ? 0 : 1.5, sum(row)))
  const total = sum(heights)
  const tiles: Tile[] = []
  let y = 0
  rows.forEach((row, r) => {
    const height = (heights[r] ?? 0) / total
    let x = 0
    for (const ratio of row) {
      const width = ratio / sum(row)
      tiles.push({ x, y, width, height })
      x += width
    }
    y += height
  })
  return { ratio: total === 0 ? 1 : 1 / total, tiles, hidden: pictures.length - tiles.length }
}

/** How many stand in each row: 1, 2, 1+2, 2+2, 2+3, 3+3; two that are wide stand above one another. */
function rowsOf(ratios: readonly number[]): number[][] {
  const counts = [
    [],
    [1],
    ratios.every((ratio) => ratio > 1.6) ? [1, 1] : [2],
    [1, 2],
    [2, 2],
    [2, 3],
    [3, 3],
  ]
  let from = 0
  return (counts[ratios.length] ?? []).map((count) => ratios.slice(from, (from += count)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
