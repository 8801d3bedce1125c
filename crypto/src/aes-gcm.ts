import { CliqueError } from './errors.ts'
import type { ErrorCode } from './errors.ts'
import { subtle, toOwned } from './platform.ts'
import type { WebCryptoKey } from './platform.ts'

export const gcmNonceSize = 12
export const gcmTagSize = 16

/** A key for AES-256-GCM that WebCrypto does not give out again. @throws CliqueError `key-invalid` */
export function importGcmKey(key: Uint8Array): Promise<WebCryptoKey> {
  if (key.length !== 32) throw new CliqueError('key-invalid')
  return subtle().importKey('raw', toOwned(key), { name: 'AES-GCM' }, false, ['encrypt', 'decrypt'])
}

function parameters(nonce: Uint8Array, aad: Uint8Array) {
  return { name: 'AES-GCM', iv: toOwned(nonce), additionalData: toOwned(aad), tagLength: 128 } as const
}

export async function gcmEncrypt(
  key: WebCryptoKey,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await subtle().encrypt(parameters(nonce, aad), key, toOwned(plaintext)))
}

/** @throws CliqueError with the given code */
export async function gcmDecrypt(
  key: WebCryptoKey,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
  code: ErrorCode,
): Promise<Uint8Array> {
  try {
    return new Uint8Array(await subtle().decrypt(parameters(nonce, aad), key, toOwned(ciphertext)))
  } catch {
    throw new CliqueError(code)
  }
}
