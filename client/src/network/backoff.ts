/**
 * Milliseconds before the first repetition, and the longest wait between two. A person who looks at the screen waits
 * that long for a relay that is back; a whole clique of 450 devices knocks 60 times a second at most.
 */
const firstMs = 400
const longestMs = 10_000

/**
 * The wait before attempt `attempt` (from 1), milliseconds: doubling, and anywhere in the upper half, so that a
 * clique whose relay came back does not knock all at once. `chance` is from 0 up to, not including, 1.
 */
export function backoffMs(attempt: number, chance: number, longest: number = longestMs): number {
  const whole = Math.min(longest, firstMs * 2 ** Math.min(attempt - 1, 20))
  return Math.round(whole * (0.5 + chance / 2))
}

/** A chance from a source of random bytes. */
export function chanceFrom(random: (n: number) => Uint8Array): number {
  const [high = 0, low = 0] = random(2)
  return (high * 256 + low) / 65_536
}
