import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from './bytes.ts'
import { labelToBytes } from './label-bytes.ts'
import type { Label } from './labels.ts'

const noSalt = new Uint8Array(0)

/**
 * HKDF-SHA256 (RFC 5869) without salt; the info is the label and then `info`. `length` in bytes, at most 8,160.
 * The secret must itself be uniform (32 random bytes, or an output of this function).
 */
export function deriveKey(secret: Uint8Array, label: Label, info: Uint8Array, length: number): Uint8Array {
  return hkdfSha256(secret, noSalt, concat(labelToBytes(label), info), length)
}

/** Without a label: for comparing with outside vectors. */
export function hkdfSha256(
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return hkdf(sha256, secret, salt, info, length)
}
