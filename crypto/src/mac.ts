import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equal } from './bytes.ts'
import { labelToBytes } from './label-bytes.ts'
import type { Label } from './labels.ts'

export const macSize = 32

/** HMAC-SHA256 (RFC 2104) over the label and then the bytes. */
export function authenticate(key: Uint8Array, label: Label, bytes: Uint8Array): Uint8Array {
  return hmacSha256(key, concat(labelToBytes(label), bytes))
}

/** In a time that does not depend on where the two differ. */
export function isAuthentic(key: Uint8Array, label: Label, bytes: Uint8Array, mac: Uint8Array): boolean {
  return equal(authenticate(key, label, bytes), mac)
}

/** Without a label: for comparing with outside vectors. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(sha256, key, bytes)
}
