import { gcmDecrypt, gcmEncrypt, gcmNonceSize, gcmTagSize } from './aes-gcm.ts'
import { concat, utf8ToBytes } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { labelToBytes } from './label-bytes.ts'
import { labelsAtRest } from './labels-at-rest.ts'
import { subtle, systemRandom } from './platform.ts'
import type { Random, WebCryptoKey } from './platform.ts'

const version = 1

/** Bytes that the vault adds: version, nonce, tag. */
export const vaultOverhead = 1 + gcmNonceSize + gcmTagSize

/** One per browser profile; lives in the database as a key that cannot be exported. */
export async function generateVaultKey(): Promise<WebCryptoKey> {
  const key = await subtle().generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  return key as WebCryptoKey
}

/**
 * Seals bytes for the place that `context` names (table, row, field), so that a sealed value moved to another
 * place does not open. Version, nonce (12 bytes), ciphertext, tag.
 */
export async function sealForVault(
  key: WebCryptoKey,
  context: string,
  bytes: Uint8Array,
  random: Random = systemRandom,
): Promise<Uint8Array> {
  const nonce = random(gcmNonceSize)
  return concat(Uint8Array.of(version), nonce, await gcmEncrypt(key, nonce, bytes, aadOf(context)))
}

/** @throws CliqueError `vault-open` for another key, another context or changed bytes; `version-unknown` */
export async function openFromVault(
  key: WebCryptoKey,
  context: string,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  if (sealed.length < vaultOverhead) throw new CliqueError('vault-open')
  if (sealed[0] !== version) throw new CliqueError('version-unknown')
  const nonce = sealed.subarray(1, 1 + gcmNonceSize)
  return gcmDecrypt(key, nonce, sealed.subarray(1 + gcmNonceSize), aadOf(context), 'vault-open')
}

function aadOf(context: string): Uint8Array {
  return concat(labelToBytes(labelsAtRest.vault), Uint8Array.of(version), utf8ToBytes(context))
}
