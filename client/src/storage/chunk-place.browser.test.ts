import { systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { packLock } from './chunk-intake.ts'
import { chunkPlaceContract } from './chunk-place.contract.ts'
import { readWants, urgencies, wantChunks } from './chunk-wants.ts'
import { deleteChunks, heldChunks, putChunks, readChunk } from './chunks.ts'
import { packFolder } from './pack-folder.ts'
import { settleChunks } from './settle-chunks.ts'
import { deleteStore, openStore } from './store.ts'
import type { Store } from './store.ts'
import { fillDisk } from './testing/full-disk.ts'
import { startTestWriter } from './testing/start-writer.ts'

chunkPlaceContract('rows', (name) => openStore(name))
chunkPlaceContract('files', (name) => openStore(name, startTestWriter))

const id = (bytes: number) => toHex(systemRandom(bytes))
const clique = id(32) as CliqueId
const makeChunks = (count: number) =>
  Array.from({ length: count }, () => ({ chunk: id(32) as ChunkId, bytes: systemRandom(500) }))

const opened: Store[] = []
afterEach(async () => {
  for (const store of opened) store.close()
  for (const name of new Set(opened.splice(0).map((store) => store.name))) await deleteStore(name)
})

async function open(name = `test-${id(8)}`, startWriter: (() => Promise<Worker>) | null = startTestWriter) {
  const store = await openStore(name, startWriter)
  opened.push(store)
  return store
}

async function folderOf({ name }: Store): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(packFolder(name), { create: true })
}

async function packsOf(store: Store): Promise<string[]> {
  const names: string[] = []
  for await (const name of (await folderOf(store)).keys()) names.push(name)
  return names
}

test('[CP7] what is put together is one file, which goes with the last that lies in it', async () => {
  const store = await open()
  const [a, b, c] = makeChunks(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('three')
  await putChunks(store, clique, [a, b])
  await putChunks(store, clique, [a, b, c])
  expect(await packsOf(store)).toHaveLength(2)
  expect(await store.db.chunkBytes.toArray()).toEqual([])
  await deleteChunks(store, clique, [a.chunk])
  expect(await packsOf(store)).toHaveLength(2)
  await deleteChunks(store, clique, [b.chunk])
  expect(await packsOf(store)).toHaveLength(1)
  expect(await readChunk(store, clique, c.chunk)).toEqual(c.bytes)
})

test('[CP8] a tab that is killed between file and row leaves nothing for good, and loses nothing that was kept', async () => {
  const store = await open()
  const [a] = makeChunks(1)
  if (a === undefined) throw new Error('one')
  await putChunks(store, clique, [a])
  await (await folderOf(store)).getFileHandle('of-a-killed-tab', { create: true })
  expect(await packsOf(store)).toHaveLength(2)
  await settleChunks(store)
  expect(await packsOf(store)).toHaveLength(1)
  expect(await readChunk(store, clique, a.chunk)).toEqual(a.bytes)
})

test('[CP8] what a failed commit had written is gone at once', async () => {
  const store = await open()
  fillDisk(store, 'chunks')
  await expect(putChunks(store, clique, makeChunks(2))).rejects.toMatchObject({ code: 'storage-full' })
  expect(await packsOf(store)).toEqual([])
})

test('[CP9] a file that another tab is about to name is not taken for nobody’s', async () => {
  const store = await open()
  const { promise: isNamed, resolve: name } = Promise.withResolvers<void>()
  const { promise: isWriting, resolve: begin } = Promise.withResolvers<void>()
  const [a] = makeChunks(1)
  if (a === undefined) throw new Error('one')
  // Another tab has written its file and not come to the index yet.
  const writing = navigator.locks.request(packLock(store), { mode: 'shared' }, async () => {
    const handle = await (await folderOf(store)).getFileHandle('pack', { create: true })
    const file = await handle.createWritable()
    await file.write(a.bytes.slice())
    await file.close()
    begin()
    await isNamed
    await store.db.chunks.put({ clique, chunk: a.chunk, size: a.bytes.length, pack: 'pack', at: 0 })
  })
  await isWriting
  const settling = settleChunks(store)
  name()
  await Promise.all([writing, settling])
  expect(await readChunk(store, clique, a.chunk)).toEqual(a.bytes)
})

test('[CP10] a chunk whose file the browser lost is held no more, at the latest at the next start', async () => {
  const store = await open()
  const [a, b, c] = makeChunks(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('three')
  await putChunks(store, clique, [a, b])
  await putChunks(store, clique, [c])
  const folder = await folderOf(store)
  for (const pack of await packsOf(store)) await folder.removeEntry(pack)
  expect(await readChunk(store, clique, a.chunk)).toBeNull()
  expect(await heldChunks(store, clique, [a.chunk])).toEqual(new Set())
  await settleChunks(store)
  expect(await heldChunks(store, clique, [b.chunk, c.chunk])).toEqual(new Set())
  await putChunks(store, clique, [a])
  expect(await readChunk(store, clique, a.chunk)).toEqual(a.bytes)
})

test('[CP11] what lay in rows before moves into files, and can be read all the while', async () => {
  const before = await open(undefined, null)
  const all = makeChunks(30)
  await putChunks(before, clique, all)
  before.close()
  const store = await open(before.name)
  const reading = Promise.all(all.map(({ chunk }) => readChunk(store, clique, chunk)))
  await settleChunks(store)
  expect(await reading).toEqual(all.map(({ bytes }) => bytes))
  expect(await store.db.chunkBytes.toArray()).toEqual([])
  expect(await packsOf(store)).toHaveLength(4)
  for (const { chunk, bytes } of all) expect(await readChunk(store, clique, chunk)).toEqual(bytes)
})

test('[CP12] where no file can be written chunks rest in rows, and where none can be read they are wanted again', async () => {
  const broken = await open(undefined, () => Promise.reject(new Error('no script')))
  const [a, b] = makeChunks(2)
  if (a === undefined || b === undefined) throw new Error('two')
  await putChunks(broken, clique, [a])
  expect(await readChunk(broken, clique, a.chunk)).toEqual(a.bytes)
  expect(await packsOf(broken)).toEqual([])
  broken.close()

  const store = await open(broken.name)
  await putChunks(store, clique, [b])
  store.close()
  const without = await open(broken.name, null)
  expect(await heldChunks(without, clique, [a.chunk, b.chunk])).toEqual(new Set([a.chunk]))
  await expect(readChunk(without, clique, b.chunk)).rejects.toMatchObject({ code: 'storage-failed' })
  const asking = { space: id(16) as SpaceId, author: id(32) as MemberId }
  await wantChunks(without, clique, asking, [a.chunk, b.chunk], urgencies.now)
  expect((await readWants(without, clique, 9)).map(({ chunk }) => chunk)).toEqual([b.chunk])
  await putChunks(without, clique, [b])
  expect(await readChunk(without, clique, b.chunk)).toEqual(b.bytes)
})

test('[CP13] what cannot be read now is no reason to forget it', async () => {
  const store = await open()
  const [a, b] = makeChunks(2)
  if (a === undefined || b === undefined) throw new Error('two')
  await putChunks(store, clique, [a, b])
  expect(await readChunk(store, clique, a.chunk)).toEqual(a.bytes)
  const slice = vi.spyOn(File.prototype, 'slice')
  const unreadable = () => {
    throw new DOMException('busy', 'NotReadableError')
  }
  try {
    slice.mockImplementationOnce(unreadable)
    expect(await readChunk(store, clique, b.chunk)).toEqual(b.bytes)
    slice.mockImplementation(unreadable)
    await expect(readChunk(store, clique, a.chunk)).rejects.toMatchObject({ code: 'storage-failed' })
  } finally {
    slice.mockRestore()
  }
  expect(await heldChunks(store, clique, [a.chunk, b.chunk])).toEqual(new Set([a.chunk, b.chunk]))
  expect(await readChunk(store, clique, a.chunk)).toEqual(a.bytes)
})

test('[CP14] a file system that fails for a moment is asked again, and nothing is taken for lost', async () => {
  const before = await open()
  const [a] = makeChunks(1)
  if (a === undefined) throw new Error('one')
  await putChunks(before, clique, [a])
  before.close()
  const store = await open(before.name)
  const root = vi.spyOn(navigator.storage, 'getDirectory')
  root.mockRejectedValueOnce(new DOMException('not now', 'UnknownError'))
  await expect(readChunk(store, clique, a.chunk)).rejects.toMatchObject({ code: 'storage-failed' })
  root.mockRestore()
  expect(await readChunk(store, clique, a.chunk)).toEqual(a.bytes)
})
