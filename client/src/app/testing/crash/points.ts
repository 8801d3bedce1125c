/** Numbers of the points to stop at, from 1: all, or so many that are spread over the path, moved by the seed. */
export function choosePoints(count: number, wanted: number | null, seed: number): number[] {
  if (wanted === null || wanted >= count) return Array.from({ length: count }, (_, i) => i + 1)
  const step = count / wanted
  // Of each part of the path one: a multiplicative hash moves them by the seed, each differently.
  return Array.from({ length: wanted }, (_, i) => {
    const shift = ((Math.imul(seed + i + 1, 2_654_435_761) >>> 0) / 2 ** 32) * step
    return 1 + Math.floor(i * step + shift)
  })
}
