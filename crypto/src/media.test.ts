import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from './bytes.ts'
import { gcmEncrypt } from './aes-gcm.ts'
import * as chunk from './chunk.ts'
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
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(media.sealedSize(size))
    expect(chunks.slice(0, -1).every(({ length }) => length === chunk.sealedChunkSize)).toBe(true)
    // Not toEqual: comparing half a million elements one by one takes seconds.
    expect(Buffer.compare(await openFile(key, chunks), plain)).toBe(0)
  },
)

test('[MED1] a file may be as large as its chunks can be counted', async () => {
  expect(media.chunkCount(media.maxMediaSize)).toBe(media.maxChunkCount)
  for (const size of [-1, 1.5, NaN, media.maxMediaSize + 1]) {
    expect(await codeThrown(() => media.sealedSize(size))).toBe('media-size')
  }
})

test('[MED2] whatever a file’s size, its chunks have one of five', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: media.maxMediaSize }), (size) => {
      const full = (media.chunkCount(size) - 1) * chunk.sealedChunkSize
      const last = media.sealedSize(size) - full
      expect(chunk.isSealedChunkSize(last)).toBe(true)
      expect(last).toBeGreaterThan(size % media.plainChunkSize)
    }),
  )
  const sizes = [0, 1000, 20_000, 50_000, 100_000, 200_000].map((size) => media.sealedSize(size) / 1024)
  expect(sizes).toEqual([16, 16, 32, 64, 128, 256])
})

test('[MED2] a last chunk with other padding than its own is refused', async () => {
  const key = await media.importMediaKey(media.makeMediaKey(random))
  const nonce = Uint8Array.from({ length: 12 }, (_, i) => (i === 11 ? 1 : 0))
  const small = 16 * 1024 - 16
  for (const padded of [
    new Uint8Array(small),
    new Uint8Array(small).fill(1),
    // Would have fitted the smallest size.
    Uint8Array.from({ length: 2 * small + 16 }, (_, i) => (i === 5 ? 0x80 : 0)),
  ]) {
    const sealed = await gcmEncrypt(key, nonce, padded, new Uint8Array(0))
    expect(await codeThrown(() => media.openChunk(key, 0, true, sealed))).toBe('media-chunk')
  }
})

test('[MED3] chunks swapped, repeated, dropped from the end or taken from another file do not open', async () => {
  const key = await media.importMediaKey(media.makeMediaKey(random))
  // The second piece ends like the padding of a last one: only its number and place tell them apart.
  const file = new Uint8Array(2 * media.plainChunkSize + 10)
  file[2 * media.plainChunkSize - 1] = 0x80
  const chunks = await sealFile(key, file)
  const [first, second, last] = chunks
  if (first === undefined || second === undefined || last === undefined) throw new Error('three chunks')
  expect(await codeThrown(() => openFile(key, [second, first, last]))).toBe('media-chunk')
  expect(await codeThrown(() => openFile(key, [first, first, last]))).toBe('media-chunk')
  expect(await codeThrown(() => openFile(key, [first, second]))).toBe('media-chunk')
  expect(await codeThrown(() => openFile(key, [first, last]))).toBe('media-chunk')
  const other = await media.importMediaKey(media.makeMediaKey(random))
  expect(await codeThrown(() => openFile(other, chunks))).toBe('media-chunk')
})

test('[MED3] damage is refused; so are chunks of sizes that there are not', async () => {
  const key = await media.importMediaKey(media.makeMediaKey(random))
  const sealed = await media.sealChunk(key, 3, true, Uint8Array.of(1, 2, 3))
  await expectDamageRefused(sealed, (bytes) => media.openChunk(key, 3, true, bytes), { step: 97 })
  for (const work of [
    () => media.sealChunk(key, 0, false, new Uint8Array(5)),
    () => media.sealChunk(key, 0, true, new Uint8Array(media.plainChunkSize)),
    () => media.sealChunk(key, media.maxChunkCount, true, new Uint8Array(5)),
    () => media.openChunk(key, 1, true, new Uint8Array(16)),
    () => media.openChunk(key, 0, false, sealed),
  ]) {
    expect(await codeThrown(work)).toBe('media-size')
  }
})

test('[MED4] a chunk is named by its hash, and another one served for it is refused', async () => {
  const key = await media.importMediaKey(media.makeMediaKey(random))
  const sealed = await media.sealChunk(key, 0, true, Uint8Array.of(1, 2, 3))
  const name = chunk.chunkName(sealed)
  await expectDamageRefused(sealed, (bytes) => chunk.checkChunkName(bytes, name), { step: 97 })
  await expectDamageRefused(sealed, (bytes) => chunk.checkChunk(bytes, name), { step: 97 })
  expect(await codeThrown(() => chunk.checkChunk(sealed.subarray(1), name))).toBe('media-size')
  expect(await codeThrown(() => media.importMediaKey(new Uint8Array(16)))).toBe('key-invalid')
})
