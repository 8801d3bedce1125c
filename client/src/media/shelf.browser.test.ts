import { systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { allChunkIdsOf, chunkIdsOf } from '../documents/attached-file.ts'
import type { AttachedFile } from '../documents/attached-file.ts'
import { readUnuploaded } from '../storage/chunk-uploads.ts'
import { addUploads } from '../storage/testing/add-uploads.ts'
import { maxWants, readWants, urgencies, wantChunks } from '../storage/chunk-wants.ts'
import { deleteChunks, heldChunks, putChunks } from '../storage/chunks.ts'
import type { StoredChunk } from '../storage/chunks.ts'
import { deleteStore, openStore } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import type { FailureCode } from '../words/errors.ts'
import { prepareFile } from './prepare-file.ts'
import type { Handling } from './prepare-file.ts'
import { Shelf } from './shelf.svelte.ts'
import type { ShelfFile } from './shelf-view.ts'
import { quietMs, SealedPart } from './sealed-part.svelte.ts'
import { drawPicture, withClaimedSize } from './testing/pictures.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 20_000 }

const clique = toHex(systemRandom(32)) as CliqueId
const space = toHex(systemRandom(16)) as SpaceId
const author = toHex(systemRandom(32)) as MemberId
let store: Store
let shelf: Shelf
const releases: (() => void)[] = []
let hindrance: FailureCode | null = null
const faults: unknown[] = []
const onFault = (error: unknown) => faults.push(error)

beforeEach(async () => {
  store = await openStore(`test-${toHex(systemRandom(8))}`)
  hindrance = null
  shelf = new Shelf({ store, clique, space, fetching: () => hindrance, onFault })
})
afterEach(async () => {
  vi.useRealTimers()
  for (const release of releases.splice(0)) release()
  shelf.close()
  store.close()
  await deleteStore(store.name)
  expect(faults.splice(0)).toEqual([])
})

/** A file that somebody else has sent: what the message says of it, and the chunks that are still to come. */
async function sent(
  source: File,
  wish: Handling = 'redrawn',
): Promise<{ file: AttachedFile; chunks: StoredChunk[] }> {
  const chunks: StoredChunk[] = []
  const keep = (batch: StoredChunk[]) => Promise.resolve(void chunks.push(...batch))
  const { file } = await prepareFile(source, wish, { random: systemRandom, keep })
  return { file, chunks }
}

function take(file: AttachedFile): ShelfFile {
  const { shown, release } = shelf.take(file, author)
  releases.push(release)
  return shown
}

const wants = async () =>
  (await readWants(store, clique, 99)).map(({ chunk, urgency }) => [chunk, urgency] as const)
const bytes = (size: number) => new File([new Uint8Array(size).map((_, i) => i % 251)], 'data.bin')

test('a picture is wanted by itself, the thumbnail first, and shown as its parts arrive', async () => {
  const { file, chunks } = await sent(await drawPicture('lake.jpg'))
  const shown = take(file)
  releases.push(shown.showThumbnail(), shown.showWhole())
  expect(shown.state).toEqual({ kind: 'unknown' })
  await vi.waitUntil(async () => (await wants()).length === 2, soon)
  const [small, whole] = allChunkIdsOf([file])
  expect(await wants()).toEqual([
    [small, urgencies.soon],
    [whole, urgencies.later],
  ])
  expect(shown.state).toEqual({ kind: 'coming', held: 0, of: 1 })
  await putChunks(store, clique, chunks.slice(0, 1))
  await vi.waitUntil(() => shown.thumbnail !== null, soon)
  expect(shown.whole).toBeNull()
  await putChunks(store, clique, chunks.slice(1))
  await vi.waitUntil(() => shown.whole !== null, soon)
  expect(shown.state).toEqual({ kind: 'here' })
  expect((await (await fetch(shown.whole ?? '')).blob()).type).toBe('image/jpeg')
  expect(await wants()).toEqual([])
})

test('what leaves the screen gives its address back', async () => {
  const { file, chunks } = await sent(await drawPicture('lake.jpg'))
  await putChunks(store, clique, chunks)
  const shown = take(file)
  const [hide, hideToo] = [shown.showWhole(), shown.showWhole()]
  await vi.waitUntil(() => shown.whole !== null, soon)
  const url = shown.whole ?? ''
  hide()
  hide()
  expect(shown.whole).toBe(url)
  hideToo()
  expect(shown.whole).toBeNull()
  await expect(fetch(url)).rejects.toThrow()
})

test('a file comes when it is asked for, says how far it is, and can be stopped', async () => {
  const { file, chunks } = await sent(bytes(600_000))
  const shown = take(file)
  await vi.waitUntil(() => shown.state.kind === 'absent', soon)
  expect(await wants()).toEqual([])
  shown.fetch()
  await vi.waitUntil(() => shown.state.kind === 'coming', soon)
  await vi.waitUntil(async () => (await wants()).length === 3, soon)
  await putChunks(store, clique, chunks.slice(0, 2))
  await vi.waitUntil(() => shown.state.kind === 'coming' && shown.state.held === 2, soon)
  shown.stop()
  expect(shown.state).toEqual({ kind: 'absent' })
  await vi.waitUntil(async () => (await wants()).length === 0, soon)
})

test('a file that nobody brings waits for somebody who has it, and says so', async () => {
  const { file, chunks } = await sent(bytes(600_000))
  const shown = take(file)
  await vi.waitUntil(() => shown.state.kind === 'absent', soon)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  shown.fetch()
  await vi.waitUntil(() => shown.state.kind === 'coming', soon)
  vi.advanceTimersByTime(quietMs)
  expect(shown.state).toEqual({ kind: 'waiting', held: 0, of: 3 })
  await putChunks(store, clique, chunks.slice(0, 1))
  await vi.waitUntil(() => shown.state.kind === 'coming', soon)
})

test('a file that finds no room on this device says that, and goes on when there is some', async () => {
  const { file } = await sent(bytes(600_000))
  const shown = take(file)
  await vi.waitUntil(() => shown.state.kind === 'absent', soon)
  shown.fetch()
  await vi.waitUntil(() => shown.state.kind === 'coming', soon)
  hindrance = 'storage-full'
  expect(shown.state).toEqual({ kind: 'failed', code: 'storage-full' })
  hindrance = null
  expect(shown.state).toEqual({ kind: 'coming', held: 0, of: 3 })
})

test('what was asked for before a reload is still asked for', async () => {
  const { file } = await sent(bytes(600_000))
  const before = shelf.take(file, author)
  await vi.waitUntil(() => before.shown.state.kind === 'absent', soon)
  before.shown.fetch()
  await vi.waitUntil(async () => (await wants()).length === 3, soon)
  before.release()
  const shown = take(file)
  await vi.waitUntil(() => shown.state.kind === 'coming', soon)
})

test('damaged chunks are a failure, and trying again asks for all of them', async () => {
  const { file, chunks } = await sent(await drawPicture('lake.jpg'))
  const [small, whole] = chunks
  if (small === undefined || whole === undefined) throw new Error('too few chunks')
  const damaged = whole.bytes.with(99, (whole.bytes[99] ?? 0) ^ 1)
  await putChunks(store, clique, [small, { chunk: whole.chunk, bytes: damaged }])
  const shown = take(file)
  releases.push(shown.showWhole())
  await vi.waitUntil(() => shown.state.kind === 'failed', soon)
  expect(shown.state).toEqual({ kind: 'failed', code: 'media-chunk' })
  await expect(shown.save()).rejects.toMatchObject({ code: 'media-chunk' })
  shown.fetch()
  await vi.waitUntil(async () => (await wants()).length === 1, soon)
  expect(await wants()).toEqual([[whole.chunk, urgencies.now]])
  await putChunks(store, clique, [whole])
  await vi.waitUntil(() => shown.whole !== null, soon)
})

test("a message that names somebody else's chunks wrongly, and trying it again, cost those nothing", async () => {
  const lake = await sent(await drawPicture('lake.jpg'))
  const hill = await sent(await drawPicture('hill.jpg', { width: 300, height: 500 }))
  await putChunks(store, clique, [...lake.chunks, ...hill.chunks])
  const chunks = chunkIdsOf(lake.file)
  await addUploads(
    store,
    clique,
    'relay',
    chunks.map((chunk) => ({ space, chunk })),
  )
  const wrong = [
    [{ ...lake.file, key: hill.file.key }, 'media-chunk'],
    [{ ...lake.file, size: lake.file.size - 1 }, 'media-size'],
  ] as const
  for (const [file, code] of wrong) {
    const part = new SealedPart(
      { store, clique, space, fetching: () => null, onFault },
      file,
      author,
      1_000_000,
    )
    releases.push(() => part.close(), part.show())
    await part.start(null)
    expect(part.state).toEqual({ kind: 'failed', code })
    await part.want(urgencies.now)
    expect(part.state).toEqual({ kind: 'failed', code })
  }
  expect(await heldChunks(store, clique, chunks)).toEqual(new Set(chunks))
  expect(await readUnuploaded(store, clique, chunks)).toEqual(new Set(chunks))
  expect(await wants()).toEqual([])
})

test('what somebody calls a picture is looked at first: bytes of another kind, or too many pixels', async () => {
  const { file: lake, chunks: ofLake } = await sent(await drawPicture('lake.jpg'))
  const script = await sent(new File(['<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'], 'a.svg'))
  const wall = await withClaimedSize(await drawPicture('w.png', { type: 'image/png' }), 20_000, 10_000)
  const huge = await sent(wall, 'as-file')
  await putChunks(store, clique, [...ofLake, ...script.chunks, ...huge.chunks])
  const cases = [
    [script.file, 'picture-damaged'],
    [huge.file, 'picture-too-large'],
  ] as const
  for (const [file, code] of cases) {
    const shown = take({ ...file, type: 'image/jpeg', picture: lake.picture })
    releases.push(shown.showWhole())
    await vi.waitUntil(() => shown.state.kind === 'failed', soon)
    expect(shown.state).toEqual({ kind: 'failed', code })
    expect(shown.whole).toBeNull()
  }
})

test('a file under the key of another is never shown for it', async () => {
  const lake = await sent(await drawPicture('lake.jpg'))
  const hill = await sent(await drawPicture('hill.jpg', { width: 300, height: 500 }))
  await putChunks(store, clique, [...lake.chunks, ...hill.chunks])
  const forged = take({ ...hill.file, key: lake.file.key })
  releases.push(forged.showWhole())
  const shown = take(lake.file)
  releases.push(shown.showWhole())
  await vi.waitUntil(() => shown.whole !== null, soon)
  const picture = await createImageBitmap(await (await fetch(shown.whole ?? '')).blob())
  expect([picture.width, picture.height]).toEqual([640, 480])
  await vi.waitUntil(() => forged.state.kind === 'failed', soon)
})

test('where too much is wanted already, a picture does not come by itself, but to whoever asks for it', async () => {
  const others = Array.from({ length: maxWants }, () => toHex(systemRandom(32)) as ChunkId)
  await wantChunks(store, clique, { space, author }, others, urgencies.now)
  const { file } = await sent(await drawPicture('lake.jpg'))
  const shown = take(file)
  await vi.waitUntil(() => shown.state.kind === 'absent', soon)
  shown.fetch()
  await vi.waitUntil(() => shown.state.kind === 'coming', soon)
  const [chunk] = chunkIdsOf(file)
  await vi.waitUntil(async () => (await readWants(store, clique, maxWants)).at(-1)?.chunk === chunk, soon)
  expect(shown.state.kind).toBe('coming')
})

test('a chunk that is taken away is missing again', async () => {
  const { file, chunks } = await sent(bytes(600_000))
  await putChunks(store, clique, chunks)
  const shown = take(file)
  await vi.waitUntil(() => shown.state.kind === 'here', soon)
  await deleteChunks(store, clique, chunkIdsOf(file).slice(0, 1))
  await vi.waitUntil(() => shown.state.kind === 'absent', soon)
  await expect(shown.save()).rejects.toMatchObject({ code: 'file-not-here' })
})
