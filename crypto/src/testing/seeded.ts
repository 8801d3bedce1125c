import { sha256 } from '@noble/hashes/sha2.js'
import type { Random } from '../platform.ts'

/** Repeatable randomness for tests: the same seed gives the same bytes in the same order. */
export function seededRandom(seed: number | string): Random {
  let counter = 0
  return (n) => {
    const bytes = new Uint8Array(n)
    for (let at = 0; at < n; at += 32) {
      const block = sha256(new TextEncoder().encode(`${seed}/${counter++}`))
      bytes.set(block.subarray(0, Math.min(32, n - at)), at)
    }
    return bytes
  }
}
