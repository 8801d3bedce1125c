import { xchacha20 } from '@noble/ciphers/chacha.js'
import { concat, toHex } from '../bytes.ts'
import { seededRandom } from './seeded.ts'

/** Poly1305 (RFC 8439, 2.5) counts modulo this prime. */
const prime = 2n ** 130n - 5n
const blockSize = 16
const blockEnd = 2n ** 128n

/**
 * A ciphertext of XChaCha20-Poly1305 (nonce, ciphertext, tag) that opens under both keys, to two texts of `size` bytes
 * that nobody chooses: the tag is one equation in the last two blocks for each key (Dodis, Grubbs, Ristenpart and
 * Woodage, "Fast message franking", 2018). `size`: a multiple of 16.
 */
export function sealForTwo(a: Uint8Array, b: Uint8Array, aad: Uint8Array, size: number): Uint8Array {
  const random = seededRandom('two keys')
  for (;;) {
    const nonce = random(24)
    const tag = random(blockSize)
    const start = random(size - 2 * blockSize)
    const equations = [a, b].map((key) => {
      const oneTime = xchacha20(key, nonce, new Uint8Array(32))
      const r = littleEndian(oneTime.subarray(0, blockSize)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
      const s = littleEndian(oneTime.subarray(blockSize))
      // Everything but the two unknown blocks, which stand before the block of lengths.
      const known = concat(padded(aad), start, new Uint8Array(2 * blockSize), lengths(aad.length, size))
      const sum = evaluate(known, r, [2, 3])
      const value = (littleEndian(tag) - s + blockEnd) % blockEnd
      return { r, rest: mod(value - sum) }
    })
    const [first, second] = equations
    if (first === undefined || second === undefined) throw new Error('there are two keys')
    // x r^3 + y r^2 = rest, for both.
    const [x, y] = solve(
      [first.r ** 3n, first.r ** 2n, first.rest],
      [second.r ** 3n, second.r ** 2n, second.rest],
    )
    // Each block stands for a number with this bit set, and nothing above it.
    if ([x, y].some((block) => block < blockEnd || block >= 2n * blockEnd)) continue
    return concat(nonce, start, toBlock(x), toBlock(y), tag)
  }
}

/** The polynomial of the blocks, without those at these places from the end. */
function evaluate(bytes: Uint8Array, r: bigint, without: readonly number[]): bigint {
  const count = bytes.length / blockSize
  let sum = 0n
  for (let i = 0; i < count; i++) {
    const block = littleEndian(bytes.subarray(i * blockSize, (i + 1) * blockSize)) + blockEnd
    sum = mod(sum * r + (without.includes(count - i) ? 0n : block))
  }
  return mod(sum * r)
}

function solve([a, b, e]: [bigint, bigint, bigint], [c, d, f]: [bigint, bigint, bigint]): [bigint, bigint] {
  const inverse = power(mod(a * d - b * c), prime - 2n)
  return [mod((e * d - b * f) * inverse), mod((a * f - e * c) * inverse)]
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, left = exponent; left > 0n; square = mod(square * square), left >>= 1n) {
    if (left % 2n === 1n) result = mod(result * square)
  }
  return result
}

function mod(value: bigint): bigint {
  return ((value % prime) + prime) % prime
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array((blockSize - (bytes.length % blockSize)) % blockSize))
}

function lengths(aad: number, text: number): Uint8Array {
  const block = new Uint8Array(blockSize)
  const view = new DataView(block.buffer)
  view.setUint32(0, aad, true)
  view.setUint32(8, text, true)
  return block
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.toReversed())}`)
}

function toBlock(value: bigint): Uint8Array {
  const bytes = new Uint8Array(blockSize)
  for (let i = 0, left = value - blockEnd; i < blockSize; i++, left >>= 8n) bytes[i] = Number(left & 0xffn)
  return bytes
}
