import { encode, equal, idToBytes, labels, sha256 } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'

/** What a device holds of one space: the last sequence of every author's chain, without gaps before it. */
export type Vector = ReadonlyMap<DeviceId, number>

/** Bytes. Long enough that two different vectors of one clique never look alike by accident. */
export const digestSize = 16

/** Equal for equal vectors: two devices in sync see it by 16 bytes, however many devices wrote. */
export function digestVector(vector: Vector): Uint8Array {
  const entries = [...vector].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sha256(
    labels.vectorDigest,
    encode(entries.map(([device, sequence]) => [idToBytes(device), sequence])),
  ).slice(0, digestSize)
}

export function isSameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return equal(a, b)
}

/** Entry by entry the higher one. */
export function joinVectors(a: Vector, b: Vector): Vector {
  const joined = new Map(a)
  for (const [device, sequence] of b) joined.set(device, Math.max(sequence, joined.get(device) ?? sequence))
  return joined
}

/** The entries of `held` that go beyond `known`. */
export function vectorBeyond(held: Vector, known: Vector): Vector {
  return new Map([...held].filter(([device, sequence]) => sequence > (known.get(device) ?? -1)))
}
