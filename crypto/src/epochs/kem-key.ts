import { kemPublicKeySize } from '../hpke.ts'

const mlKemSize = 1184
const mlKemSeedSize = 32
const mlKemModulus = 3329
const fieldPrime = 2n ** 255n - 19n
/** u-coordinates of the points of small order (RFC 7748 section 6.1; the two of order 8 in decimal). */
const smallOrder = new Set([
  0n,
  1n,
  fieldPrime - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
])

/**
 * Whether a secret can be wrapped to this X-Wing public key: ML-KEM's modulus check (FIPS 203 section 7.2) and no
 * X25519 point of small order. An operation that names an unusable key is refused, as one such key among the
 * recipients would keep everybody else from rotating.
 */
export function isUsableKemKey(key: Uint8Array): boolean {
  if (key.length !== kemPublicKeySize) return false
  for (let i = 0; i < mlKemSize - mlKemSeedSize; i += 3) {
    const [a = 0, b = 0, c = 0] = key.subarray(i, i + 3)
    if ((a | ((b & 15) << 8)) >= mlKemModulus || ((b >> 4) | (c << 4)) >= mlKemModulus) return false
  }
  let u = 0n
  for (const byte of key.subarray(mlKemSize).toReversed()) u = (u << 8n) | BigInt(byte)
  return !smallOrder.has((u & (2n ** 255n - 1n)) % fieldPrime)
}
