import { sha256 as sha256Raw } from '@noble/hashes/sha2.js'
import { labelToBytes } from './label-bytes.ts'
import type { Label } from './labels.ts'

/** Bytes of a SHA-256 hash. */
export const hashSize = 32

/** To make a hash anew takes longer than to hash what is short: one is used for all, and wipes itself at the end. */
const fresh = sha256Raw.create()
const used = sha256Raw.create()
const length = new Uint8Array(4)
const lengthView = new DataView(length.buffer)

/**
 * SHA-256 over the label and then each part behind its length in four bytes, so that two lists of parts never
 * give one input. 32 bytes.
 */
export function sha256(label: Label, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = fresh._cloneInto(used).update(labelToBytes(label))
  for (const part of parts) {
    lengthView.setUint32(0, part.length)
    hash.update(length).update(part)
  }
  return hash.digest()
}
