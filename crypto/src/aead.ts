import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concat } from './bytes.ts'
import { CliqueError, isCliqueError } from './errors.ts'
import type { Random } from './platform.ts'

export const aeadNonceSize = 24
export const aeadTagSize = 16
/** Bytes that sealing adds: nonce and tag. */
export const aeadOverhead = aeadNonceSize + aeadTagSize

/** XChaCha20-Poly1305 under a random nonce: nonce (24 bytes), ciphertext, tag (16 bytes). */
export function sealBytes(
  key: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  random: Random,
): Uint8Array {
  const nonce = random(aeadNonceSize)
  return concat(nonce, xchacha20poly1305(key, nonce, aad).encrypt(plaintext))
}

/** @throws CliqueError `aead-open` for a wrong key, wrong `aad` or changed bytes, without saying which. */
export function openBytes(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  if (sealed.length < aeadOverhead) throw new CliqueError('aead-open')
  const cipher = xchacha20poly1305(key, sealed.subarray(0, aeadNonceSize), aad)
  try {
    return cipher.decrypt(sealed.subarray(aeadNonceSize))
  } catch {
    throw new CliqueError('aead-open')
  }
}

/** Null for what does not open: of what others sealed that may be broken and must not stop the rest. */
export function openOrNull(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | null {
  try {
    return openBytes(key, sealed, aad)
  } catch (error) {
    if (isCliqueError(error, 'aead-open')) return null
    throw error
  }
}
