import { utf8ToBytes } from './bytes.ts'
import type { Label } from './labels.ts'

const labelBytes = new Map<Label, Uint8Array>()

/** A label as bytes, its zero byte at the end included. */
export function labelToBytes(label: Label): Uint8Array {
  const known = labelBytes.get(label)
  if (known !== undefined) return known
  const bytes = utf8ToBytes(label)
  labelBytes.set(label, bytes)
  return bytes
}
