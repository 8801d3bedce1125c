import { aeadOverhead } from './aead.ts'
import { CliqueError } from './errors.ts'
import { bytesToId, idSizes } from './ids.ts'
import type { KeyId } from './ids.ts'
import { isPaddedSize, paddedSize } from './padding.ts'

/**
 * The outside of a record, all that a relay sees of it: format version (1 byte), key id (16), nonce (24),
 * ciphertext of a padded size, tag (16).
 */
export const recordFormat = 1
const headSize = 1 + idSizes.key
/** Bytes around the padded inside. */
export const sealedRecordOverhead = headSize + aeadOverhead
/** Bytes of the padded inside at most: a message of 100,000 letters fits, and one frame holds any record. */
export const maxRecordInside = paddedSize(1024 * 1024)
export const maxSealedRecordSize = maxRecordInside + sealedRecordOverhead

/** Whether a record can have this size: padded, and within the limit. */
export function isSealedRecordSize(size: number): boolean {
  return size <= maxSealedRecordSize && isPaddedSize(size - sealedRecordOverhead)
}

export interface SealedParts {
  /** Version and key id: bound to the inside as additional data. */
  readonly head: Uint8Array
  readonly keyId: KeyId
  /** Nonce, ciphertext, tag. */
  readonly body: Uint8Array
}

/** @throws CliqueError `too-large`, `record-format`, `version-unknown` */
export function splitSealedRecord(sealed: Uint8Array): SealedParts {
  if (sealed.length > maxSealedRecordSize) throw new CliqueError('too-large')
  if (!isSealedRecordSize(sealed.length)) throw new CliqueError('record-format')
  if (sealed[0] !== recordFormat) throw new CliqueError('version-unknown')
  const head = sealed.subarray(0, headSize)
  return { head, keyId: bytesToId('key', head.subarray(1)), body: sealed.subarray(headSize) }
}

/** Which key a record asks for. @throws CliqueError like `splitSealedRecord` */
export function sealedKeyId(sealed: Uint8Array): KeyId {
  return splitSealedRecord(sealed).keyId
}
