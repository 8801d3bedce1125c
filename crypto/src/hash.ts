import { sha256 as sha256Raw } from '@noble/hashes/sha2.js'
import { labelToBytes } from './label-bytes.ts'
import type { Label } from './labels.ts'

/** Bytes of a SHA-256 hash. */
export const hashSize = 32

/**
 * SHA-256 over the label and then each part behind its length in four bytes, so that two lists of parts never
 * give one input. 32 bytes.
 */
export function sha256(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256Raw.create().update(labelToBytes(label))
  const length = new Uint8Array(4)
  for (const part of parts) {
    new DataView(length.buffer).setUint32(0, part.length)
    hash.update(length).update(part)
  }
  return hash.digest()
}
