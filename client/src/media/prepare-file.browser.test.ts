import { checkChunkName, systemRandom } from '@clique/crypto'
import type { ChunkId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { allChunkIdsOf, chunkIdsOf, maxFileSize } from '../documents/attached-file.ts'
import { readEntry } from '../documents/entries.ts'
import { prepareFile } from './prepare-file.ts'
import type { Handling, PreparedFile } from './prepare-file.ts'
import { openFile } from './seal-file.ts'
import { maxSentSide } from './shrink-picture.ts'
import { drawAvif } from './testing/avif.ts'
import { drawPicture, halvesOf, movingGif, withCameraNotes, withClaimedSize } from './testing/pictures.ts'

interface Outcome extends PreparedFile {
  readonly kept: ReadonlyMap<ChunkId, Uint8Array>
  readonly largestBatch: number
}

async function prepare(source: File, wish: Handling = 'redrawn'): Promise<Outcome> {
  const kept = new Map<ChunkId, Uint8Array>()
  let largestBatch = 0
  const prepared = await prepareFile(source, wish, {
    random: systemRandom,
    keep(batch, { done, of }) {
      expect(done).toBeLessThanOrEqual(of)
      largestBatch = Math.max(largestBatch, batch.length)
      for (const { chunk, bytes } of batch) {
        checkChunkName(bytes, chunk)
        kept.set(chunk, bytes)
      }
      return Promise.resolve()
    },
  })
  const entry = { kind: 'message', time: 1, sentAt: 1, text: '', files: [prepared.file] }
  expect(readEntry(entry), 'others can read it').toEqual(entry)
  expect(new Set(allChunkIdsOf([prepared.file]))).toEqual(new Set(kept.keys()))
  return { ...prepared, kept, largestBatch }
}

const whole = ({ file, kept }: Outcome) =>
  openFile(file, (id) => Promise.resolve(kept.get(id) ?? null), file.type)

async function thumbnailOf({ file, kept }: Outcome): Promise<Blob> {
  if (file.picture === null) throw new Error('no picture')
  return openFile(file.picture.thumbnail, (id) => Promise.resolve(kept.get(id) ?? null))
}

async function isSame(a: Blob, b: Blob): Promise<boolean> {
  const [one, other] = [await a.bytes(), await b.bytes()]
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}

async function text(blob: Blob): Promise<string> {
  return new TextDecoder('latin1').decode(await blob.bytes())
}

test('a photo is redrawn upright, smaller, and without what the camera noted', async () => {
  const drawn = await drawPicture('IMG_1.JPG', { width: 4000, height: 3000 })
  // Held upside down: what is stored left belongs right.
  const source = await withCameraNotes(drawn, 3, 'Calle de la Marmota 7')
  const outcome = await prepare(source)
  expect(outcome.handling).toBe('redrawn')
  expect(outcome.file).toMatchObject({ name: 'IMG_1.jpg', type: 'image/jpeg' })
  expect(outcome.file.picture).toMatchObject({ width: maxSentSide, height: 1920 })
  const sent = await whole(outcome)
  expect(sent.size).toBe(outcome.file.size)
  expect(await text(source)).toContain('Marmota')
  expect(await text(sent)).not.toMatch(/Marmota|Exif/)
  expect(await halvesOf(sent)).toEqual({ left: 'blue', right: 'red' })
  expect(await halvesOf(await thumbnailOf(outcome))).toEqual({ left: 'blue', right: 'red' })
})

test('a photo that was held upright is upright, and its dimensions with it', async () => {
  const source = await withCameraNotes(await drawPicture('a.jpg'), 6, '')
  const { file } = await prepare(source)
  expect(file.picture).toMatchObject({ width: 480, height: 640 })
})

test('a photo sent as it is stays the same to the byte', async () => {
  const source = await withCameraNotes(await drawPicture('a.jpg'), 6, 'Calle de la Marmota 7')
  const outcome = await prepare(source, 'as-it-is')
  expect(outcome.handling).toBe('as-it-is')
  expect(outcome.file.picture).toMatchObject({ width: 480, height: 640 })
  expect(await isSame(await whole(outcome), source)).toBe(true)
  expect(await text(await thumbnailOf(outcome))).not.toMatch(/Marmota|Exif/)
})

test('PNG and WebP are redrawn, drawings as PNG and what is transparent with its holes', async () => {
  const png = await prepare(await drawPicture('shot.png', { type: 'image/png' }))
  expect(png.file).toMatchObject({ name: 'shot.png', type: 'image/png' })
  const large = await prepare(
    await drawPicture('noise.png', { type: 'image/png', width: 1200, height: 900, noise: true }),
  )
  expect(large.file).toMatchObject({ name: 'noise.jpg', type: 'image/jpeg' })
  const webp = await prepare(await drawPicture('lake.webp', { type: 'image/webp' }))
  expect(webp.file).toMatchObject({ name: 'lake.jpg', type: 'image/jpeg' })
  const canvas = new OffscreenCanvas(50, 50)
  canvas.getContext('2d')?.fillRect(10, 10, 5, 5)
  const hole = new File([await canvas.convertToBlob({ type: 'image/png' })], 'hole.png')
  expect((await prepare(hole)).file.type).toBe('image/webp')
})

test('AVIF is redrawn as JPEG, or goes as it is', async () => {
  const source = await drawAvif('lake.avif')
  const redrawn = await prepare(source)
  expect(redrawn.file).toMatchObject({ name: 'lake.jpg', type: 'image/jpeg' })
  expect(await halvesOf(await whole(redrawn))).toEqual({ left: 'red', right: 'blue' })
  const asItIs = await prepare(source, 'as-it-is')
  expect(asItIs.file).toMatchObject({ name: 'lake.avif', type: 'image/avif' })
  expect(asItIs.file.picture).toMatchObject({ width: 640, height: 480 })
  expect(await isSame(await whole(asItIs), source)).toBe(true)
})

test('a moving picture goes as it is', async () => {
  const source = movingGif('wave.gif')
  const outcome = await prepare(source)
  expect(outcome).toMatchObject({ handling: 'as-it-is', file: { name: 'wave.gif', type: 'image/gif' } })
  expect(await isSame(await whole(outcome), source)).toBe(true)
})

test('a file that is no picture is a file, whatever it calls itself', async () => {
  const notes = new File(['hello'], 'notes.jpg', { type: 'image/jpeg' })
  const outcome = await prepare(notes)
  expect(outcome).toMatchObject({
    handling: 'as-file',
    thumbnail: null,
    file: { name: 'notes.jpg', type: 'application/octet-stream', size: 5, picture: null },
  })
  expect(await (await whole(outcome)).text()).toBe('hello')
})

test('a type that lies is found out by the first bytes', async () => {
  const drawn = await drawPicture('x', { type: 'image/png' })
  const { file } = await prepare(new File([drawn], 'report.pdf', { type: 'application/pdf' }), 'as-it-is')
  expect(file).toMatchObject({ name: 'report.pdf', type: 'image/png' })
  expect(file.picture).not.toBeNull()
})

test('a drawing with a script in it is a file and never a picture', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  const { file, handling } = await prepare(new File([svg], 'logo.svg', { type: 'image/svg+xml' }))
  expect({ handling, picture: file.picture }).toEqual({ handling: 'as-file', picture: null })
})

test('an empty file is refused', async () => {
  await expect(prepare(new File([], 'a.jpg'))).rejects.toMatchObject({ code: 'file-empty' })
})

test('a file larger than a clique passes on is refused before it is read', async () => {
  const source = new File(['x'], 'film.mp4')
  Object.defineProperty(source, 'size', { value: maxFileSize + 1 })
  await expect(prepare(source)).rejects.toMatchObject({ code: 'file-too-large' })
})

for (const type of ['image/jpeg', 'image/png', 'image/webp']) {
  test(`a truncated ${type} is refused as a picture and goes as a file`, async () => {
    const drawn = await drawPicture('lake', { type, noise: true })
    const cut = new File([drawn.slice(0, drawn.size / 2)], 'lake', { type })
    await expect(prepare(cut)).rejects.toMatchObject({ code: 'picture-damaged' })
    const outcome = await prepare(cut, 'as-file')
    expect(await isSame(await whole(outcome), cut)).toBe(true)
  })
}

test('200 megapixels are refused by the head of the file, before anything is decoded', async () => {
  const small = await drawPicture('wall.png', { type: 'image/png' })
  const source = await withClaimedSize(small, 20_000, 10_000)
  await expect(prepare(source)).rejects.toMatchObject({ code: 'picture-too-large' })
  await expect(prepare(source, 'as-it-is')).rejects.toMatchObject({ code: 'picture-too-large' })
  expect((await prepare(source, 'as-file')).file.picture).toBeNull()
})

test('a large file is sealed in batches, and is the same when it is opened', async () => {
  const bytes = new Uint8Array(5_000_000).map((_, i) => i % 251)
  const outcome = await prepare(new File([bytes], 'data.bin'))
  expect(outcome.largestBatch).toBe(8)
  expect(chunkIdsOf(outcome.file)).toHaveLength(20)
  expect(await isSame(await whole(outcome), new Blob([bytes]))).toBe(true)
})

test('what cannot be kept ends the work with that fault', async () => {
  const full = Object.assign(new Error('full'), { code: 'storage-full' })
  const ports = { random: systemRandom, keep: () => Promise.reject(full) }
  await expect(prepareFile(await drawPicture('a.jpg'), 'redrawn', ports)).rejects.toBe(full)
})

test('a missing, swapped or foreign chunk is refused, and so is a size that is not the file’s', async () => {
  const bytes = new Uint8Array(600_000)
  const { file, kept } = await prepare(new File([bytes], 'data.bin'))
  const ids = chunkIdsOf(file)
  const read = (order: readonly (ChunkId | undefined)[]) => (id: ChunkId) => {
    const wanted = order[ids.indexOf(id)]
    return Promise.resolve(wanted === undefined ? null : (kept.get(wanted) ?? null))
  }
  await expect(openFile(file, read([ids[0], ids[1]]))).rejects.toMatchObject({ code: 'file-not-here' })
  await expect(openFile(file, read([ids[1], ids[0], ids[2]]))).rejects.toMatchObject({ code: 'media-chunk' })
  const lying = { ...file, size: file.size - 1 }
  await expect(openFile(lying, read(ids))).rejects.toMatchObject({ code: 'media-size' })
})
