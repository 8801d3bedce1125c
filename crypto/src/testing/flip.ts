/** The bytes with one bit changed. */
export function flipByte(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice()
  changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
  return changed
}
