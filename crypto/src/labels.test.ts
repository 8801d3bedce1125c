import { expect, test } from 'vitest'
import { toHex } from './bytes.ts'
import { errorCodes } from './errors.ts'
import { sha256 } from './hash.ts'
import { labelToBytes } from './label-bytes.ts'
import { labels } from './labels.ts'

const all = Object.values(labels)

test('[LAB1] labels are unique, prefix-free, and end with their only zero byte', () => {
  expect(new Set(all).size).toBe(all.length)
  for (const label of all) {
    expect(label.indexOf('\0')).toBe(label.length - 1)
    expect(label).toMatch(/^clique\/1 [a-z0-9 -]+\0$/)
    for (const other of all) if (other !== label) expect(other.startsWith(label)).toBe(false)
    expect(labelToBytes(label)).toHaveLength(label.length)
  }
})

test('[LAB2] a hash depends on label, parts and where one part ends', () => {
  const [a, b, ab, none] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(1, 2), new Uint8Array(0)]
  const hashes = [
    sha256(labels.recordId, a, b),
    sha256(labels.recordId, ab),
    sha256(labels.recordId, ab, none),
    sha256(labels.chunkId, a, b),
    sha256(labels.recordId),
  ].map(toHex)
  expect(new Set(hashes).size).toBe(hashes.length)
  // SHA-256 of the label, 00000001 01, 00000001 02, computed with another implementation.
  expect(hashes[0]).toBe('ba849477401c8a8e44790206217f45f0742ecf08faaf61bf002bce1338a844ac')
})

test('[ERR1] error codes are unique, in small letters and hyphens', () => {
  expect(new Set(errorCodes).size).toBe(errorCodes.length)
  for (const code of errorCodes) expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
})
