import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from './bytes.ts'
import * as media from './media.ts'
import { codeThrown, expectDamageRefused } from './testing/damage.ts'
import { seededRandom } from './testing/seeded.ts'

const random = seededRandom('media')

async function sealFile(key: Awaited<ReturnType<typeof media.importMediaKey>>, plain: Uint8Array) {
  const count = media.chunkCount(plain.length)
  const chunks: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    const part = plain.subarray(index * media.plainChunkSize, (index + 1) * media.plainChunkSize)
    chunks.push(await media.sealChunk(key, index, index === count - 1, part))
  }
  return chunks
}

async function openFile(key: Awaited<ReturnType<typeof media.importMediaKey>>, chunks: Uint8Array[]) {
  const parts: Uint8Array[] = []
  for (const [index, chunk] of chunks.entries()) {
    parts.push(await media.openChunk(key, index, index === chunks.length - 1, chunk))
  }
  return concat(...parts)
}

test.for([0, 1, 100, media.plainChunkSize - 1, media.plainChunkSize, media.plainChunkSize + 1, 600_000])(
  '[MED1] a file of %i bytes comes back, and its sealed size is foretold',
  async (size) => {
    const key = await media.importMediaKey(media.makeMediaKey(random))
    const plain = new Uint8Array(size).map((_, i) => i % 251)
    const chunks = await sealFile(key, plain)
    const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    expect(total).toBe(media.sealedSize(size))
    expect(media.plainSize(total)).toBe(size)
    expect(chunks.slice(0, -1).every((chunk) => chunk.length === 256 * 1024)).toBe(true)
    // Not toEqual: comparing half a million elements one by one takes seconds.
    expect(Buffer.compare(await openFile(key, chunks), plain)).toBe(0)
  },
)

test('[MED2] the two sizes are each other’s inverse, and impossible sizes are refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: media.maxMediaSize }), async (size) => {
      expect(media.plainSize(media.sealedSize(size))).toBe(size)
    }),
  )
  const impossible = [0, 15, -1, 1.5, NaN, 2 ** 60, media.sealedChunkSize + 1, media.sealedChunkSize + 16]
  for (const size of impossible) {
    expect(await codeThrown(() => media.plainSize(size))).toBe('media-size')
  }
  for (const size of [-1, 1.5, media.maxMediaSize + 1]) {
    expect(await codeThrown(() => media.sealedSize(size))).toBe('media-size')
  }
})

test('[MED3] chunks swapped, repeated, dropped from the end or taken from another file do not open', async () => {
  const key = await media.importMediaKey(media.makeMediaKey(random))
  const chunks = await sealFile(key, new Uint8Array(2 * media.plainChunkSize + 10))
  const [first, second, last] = chunks
  if (first === undefined || second === undefined || last === undefined) throw new Error('three chunks')
  expect(await codeThrown(() => openFile(key, [second, first, last]))).toBe('media-chunk')
  expect(await codeThrown(() => openFile(key, [first, first, last]))).toBe('media-chunk')
  expect(await codeThrown(() => openFile(key, [first, second]))).toBe('media-chunk')
  expect(await codeThrown(() => openFile(key, [first, last]))).toBe('media-chunk')
  const other = await media.importMediaKey(media.makeMediaKey(random))
  expect(await codeThrown(() => openFile(other, chunks))).toBe('media-chunk')
})

test('[MED3] damage is refused; so are empty or short chunks where there can be none', async () => {
  const key = await media.importMediaKey(media.makeMediaKey(random))
  const sealed = await media.sealChunk(key, 3, true, Uint8Array.of(1, 2, 3))
  await expectDamageRefused(sealed, (bytes) => media.openChunk(key, 3, true, bytes))
  for (const work of [
    () => media.sealChunk(key, 1, true, new Uint8Array(0)),
    () => media.sealChunk(key, 0, false, new Uint8Array(5)),
    () => media.sealChunk(key, 0, true, new Uint8Array(media.plainChunkSize + 1)),
    () => media.sealChunk(key, media.maxChunkCount, true, new Uint8Array(5)),
    () => media.openChunk(key, 1, true, new Uint8Array(16)),
  ]) {
    expect(await codeThrown(work)).toBe('media-size')
  }
})

test('[MED4] a chunk is named by its hash, and another one served for it is refused', async () => {
  const key = await media.importMediaKey(media.makeMediaKey(random))
  const sealed = await media.sealChunk(key, 0, true, Uint8Array.of(1, 2, 3))
  const name = media.chunkName(sealed)
  await expectDamageRefused(sealed, (bytes) => media.checkChunkName(bytes, name))
  expect(await codeThrown(() => media.importMediaKey(new Uint8Array(16)))).toBe('key-invalid')
})
