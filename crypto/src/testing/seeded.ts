import { sha256 } from '@noble/hashes/sha2.js'
import type { Random } from '../platform.ts'

/** Repeatable randomness for tests: the same seed gives the same bytes in the same order. */
export function seededRandom(seed: number | string): Random {
  const start = sha256.create().update(new TextEncoder().encode(`${seed}/`))
  const hash = sha256.create()
  const digits = new Uint8Array(16)
  let counter = 0
  /** Of what the seed and the next number are as text. */
  const nextBlock = (): Uint8Array => {
    let first = digits.length
    for (let left = counter++; first === digits.length || left > 0; left = Math.floor(left / 10)) {
      digits[--first] = 0x30 + (left % 10)
    }
    return start._cloneInto(hash).update(digits.subarray(first)).digest()
  }
  return (n) => {
    const bytes = new Uint8Array(n)
    for (let at = 0; at < n; at += 32) bytes.set(nextBlock().subarray(0, Math.min(32, n - at)), at)
    return bytes
  }
}
