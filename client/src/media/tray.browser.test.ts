import { systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId, SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { allChunkIdsOf, maxFiles } from '../documents/attached-file.ts'
import { markUploaded, readUploads, sendChunks } from '../storage/chunk-uploads.ts'
import { packLock } from '../storage/chunk-intake.ts'
import { heldChunks, putChunks } from '../storage/chunks.ts'
import { deleteDrafted, markDrafted, readDrafted } from '../storage/drafted-chunks.ts'
import { saveDraft } from '../storage/drafts.ts'
import { placeOf } from '../storage/place.ts'
import { deleteStore, openStore } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import { fillDisk } from '../storage/testing/full-disk.ts'
import { startTestWriter } from '../storage/testing/start-writer.ts'
import { failureCode } from '../words/errors.ts'
import { hasSentence } from '../words/failures.ts'
import { forgetLeftovers, whileMakingDrafts } from './leftovers.ts'
import { drawPicture } from './testing/pictures.ts'
import { Tray } from './tray.svelte.ts'
import type { DraftFile, TrayState } from './tray-view.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 20_000 }

const clique = toHex(systemRandom(32)) as CliqueId
let store: Store
let tray: Tray
let draft: readonly DraftFile[]
const faults: unknown[] = []

beforeEach(async () => {
  store = await openStore(`test-${toHex(systemRandom(8))}`)
  draft = []
  tray = openTray()
})
afterEach(async () => {
  tray.close()
  store.close()
  await deleteStore(store.name)
  expect(faults.splice(0)).toEqual([])
})

function openTray(kept: readonly DraftFile[] = []): Tray {
  const onReady = (files: readonly DraftFile[]) => {
    draft = files
    return Promise.resolve()
  }
  return new Tray({ store, clique, onReady, onFault: (error) => faults.push(error) }, kept)
}

const states = () => tray.items.map(({ state }) => state)
const kinds = () => states().map(({ kind }) => kind)
const settled = () => vi.waitUntil(() => !tray.isPreparing, { timeout: 20_000 })

const spaceOf = () => toHex(systemRandom(16)) as SpaceId

/** Chunks in storage, of whatever. */
async function heldCount(): Promise<number> {
  return (await store.db.chunks.toCollection().primaryKeys()).length
}

async function areHeld(file: DraftFile): Promise<boolean> {
  const ids = allChunkIdsOf([file.file])
  return (await heldChunks(store, clique, ids)).size === ids.length
}

const send = (files: readonly DraftFile[]) =>
  sendChunks(
    store,
    clique,
    ['relay'],
    allChunkIdsOf(files.map(({ file }) => file)).map((chunk) => ({ space: spaceOf(), chunk })),
    Date.now(),
  )

/** Marks that were being written or taken away when this began are so when it resolves: commits go in turn. */
async function othersAreThrough(): Promise<void> {
  const none = [toHex(systemRandom(32)) as ChunkId]
  await markDrafted(store, clique, none)
  await deleteDrafted(store, clique, none)
}

test('what was chosen is made ready in a worker, and its chunks are kept before it is ready', async () => {
  tray.add([await drawPicture('lake.jpg'), new File(['la la'], 'notes.txt', { type: 'text/plain' })])
  expect(kinds()).toEqual(['preparing', 'preparing'])
  await settled()
  expect(states()).toMatchObject([
    { kind: 'ready', handling: 'redrawn', file: { name: 'lake.jpg', type: 'image/jpeg' } },
    { kind: 'ready', handling: 'as-file', file: { name: 'notes.txt', type: 'text/plain', size: 5 } },
  ])
  expect(draft).toHaveLength(2)
  expect(await Promise.all(draft.map(areHeld))).toEqual([true, true])
  expect(tray.items.map(({ preview }) => preview?.slice(0, 5))).toEqual(['blob:', undefined])
})

test('photos as they are: the same bytes, and what was made before is forgotten', async () => {
  const source = await drawPicture('lake.jpg')
  tray.add([source])
  await settled()
  const [before] = draft
  expect(tray.mayChoose).toBe(true)
  tray.choose(true)
  await settled()
  expect(states()).toMatchObject([{ kind: 'ready', handling: 'as-it-is', file: { size: source.size } }])
  expect(before === undefined || (await areHeld(before))).toBe(false)
  expect(await heldCount()).toBe(draft.flatMap(({ file }) => allChunkIdsOf([file])).length)
})

test('what is taken out leaves nothing behind, even in the middle of being made ready', async () => {
  tray.add([await drawPicture('a.jpg'), new File([new Uint8Array(9_000_000)], 'b.bin')])
  const [a, b] = tray.items
  await vi.waitUntil(() => b?.state.kind === 'preparing' && b.state.done > 0, { timeout: 20_000 })
  tray.remove(b?.key ?? '')
  tray.remove(a?.key ?? '')
  expect(tray.items).toEqual([])
  expect(draft).toEqual([])
  await vi.waitUntil(async () => (await heldCount()) === 0, soon)
})

test('what is taken out while it is on its way to the disk leaves nothing there', async () => {
  store.close()
  await deleteStore(store.name)
  store = await openStore(store.name, startTestWriter)
  tray = openTray()
  const marked = async () => (await readDrafted(store)).map(({ chunk }) => chunk)
  const [landing, wayIsFree] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const holding = navigator.locks.request(packLock(store), () => {
    landing.resolve()
    return wayIsFree.promise
  })
  await landing.promise
  tray.add([new File(['la la'], 'notes.txt')])
  await vi.waitUntil(async () => (await marked()).length === 1, soon)
  tray.remove(tray.items[0]?.key ?? '')
  // Whatever that forgets is forgotten now, and another tab may start.
  await othersAreThrough()
  await forgetLeftovers(store)
  expect(await heldCount()).toBe(0)
  wayIsFree.resolve()
  await holding
  // What comes to the disk after it: then it is there.
  await putChunks(store, clique, [{ chunk: toHex(systemRandom(32)) as ChunkId, bytes: new Uint8Array(9) }])
  await tray.finish()
  expect([await heldCount(), await marked()]).toEqual([1, []])
})

test('what another tab took out of the same draft is ready no more, and this tab says so', async () => {
  tray.add([await drawPicture('lake.jpg')])
  await settled()
  const before = draft
  const other = openTray(before)
  tray.remove(tray.items[0]?.key ?? '')
  const lost = { kind: 'failed', code: 'file-unreadable', mayGoAsFile: false }
  await expect.poll(() => other.items.map(({ state }) => state), soon).toEqual([lost])
  expect(other.take()).toEqual([])
  // Whoever opens the draft as it was is told the same.
  const later = openTray(before)
  await expect.poll(() => later.items.map(({ state }) => state), soon).toEqual([lost])
  expect(draft).toEqual([])
  for (const one of [other, later]) one.close()
})

test('what another tab took out of the same draft cannot be sent, and is said', async () => {
  tray.add([await drawPicture('lake.jpg')])
  await settled()
  const sender = openTray(draft)
  const taken = sender.take()
  tray.remove(tray.items[0]?.key ?? '')
  await vi.waitUntil(async () => (await heldCount()) === 0, soon)
  const refused: unknown = await send(taken).catch((error: unknown) => error)
  const code = failureCode(refused)
  expect([code, hasSentence(code)]).toEqual(['file-unreadable', true])
  sender.putBack(taken)
  await expect.poll(() => sender.items[0]?.state.kind, soon).toBe('failed')
  expect(draft).toEqual([])
  sender.close()
})

test('what another tab has sent is not a draft’s again, though it could not be sent once more', async () => {
  tray.add([await drawPicture('sent.jpg'), await drawPicture('gone.jpg')])
  await settled()
  const later = openTray(draft)
  const [sent] = draft
  if (sent === undefined) throw new Error('too few files')
  await send([sent])
  const taken = later.take()
  tray.remove(tray.items[1]?.key ?? '')
  await vi.waitUntil(async () => (await readDrafted(store)).length === 0, soon)
  await expect(send(taken)).rejects.toMatchObject({ code: 'file-unreadable' })
  later.putBack(taken)
  await othersAreThrough()
  for (const { key } of later.items) later.remove(key)
  await othersAreThrough()
  expect(await areHeld(sent)).toBe(true)
  later.close()
})

test('what could not be sent is a draft’s again, and goes with it', async () => {
  tray.add([await drawPicture('lake.jpg')])
  await settled()
  const marked = (await readDrafted(store)).length
  const taken = tray.take()
  await send(taken)
  tray.putBack(taken)
  await vi.waitUntil(async () => (await readDrafted(store)).length === marked, soon)
  tray.remove(tray.items[0]?.key ?? '')
  await vi.waitUntil(async () => (await heldCount()) === 0, soon)
})

test('what another tab has sent out of the same draft stays, though it is taken out here', async () => {
  tray.add([await drawPicture('lake.jpg'), await drawPicture('hill.jpg')])
  await settled()
  const [sent, kept] = draft
  if (sent === undefined || kept === undefined) throw new Error('too few files')
  const space = toHex(systemRandom(16)) as SpaceId
  const uploads = allChunkIdsOf([sent.file]).map((chunk) => ({ space, chunk }))
  await sendChunks(store, clique, ['relay'], uploads, Date.now())
  const all = uploads.map(({ chunk }) => chunk)
  const [first = [], rest = []] = [all.slice(0, 1), all.slice(1)]
  await markUploaded(store, clique, 'relay', first)
  for (const { key } of tray.items) tray.remove(key)
  await vi.waitUntil(async () => !(await areHeld(kept)), soon)
  expect(await areHeld(sent)).toBe(true)
  expect((await readUploads(store, clique, 'relay', 9)).map(({ chunk }) => chunk)).toEqual(rest)
})

test('a picture that does not open can go as a file, and the others go on', async () => {
  const whole = await drawPicture('lake.jpg', { noise: true })
  const cut = new File([whole.slice(0, whole.size / 2)], 'cut.jpg')
  tray.add([cut, new File([], 'empty.jpg'), whole])
  await settled()
  expect(states()).toMatchObject([
    { kind: 'failed', code: 'picture-damaged', mayGoAsFile: true },
    { kind: 'failed', code: 'file-empty', mayGoAsFile: false },
    { kind: 'ready' },
  ])
  tray.sendAsFile(tray.items[0]?.key ?? '')
  await settled()
  expect(kinds()).toEqual(['ready', 'failed', 'ready'])
  expect(states()[0]).toMatchObject({ handling: 'as-file', file: { picture: null, size: cut.size } })
})

test('a disk that is full in the middle is said of that file, which then leaves nothing behind', async () => {
  fillDisk(store, 'chunkBytes')
  tray.add([await drawPicture('a.jpg'), await drawPicture('b.jpg')])
  await settled()
  expect(states()).toMatchObject([
    { kind: 'failed', code: 'storage-full', mayGoAsFile: false },
    { kind: 'ready' },
  ])
  expect(await heldCount()).toBe(draft.flatMap(({ file }) => allChunkIdsOf([file])).length)
})

test('a message carries so many files and no more, and says so', async () => {
  const files = Array.from({ length: maxFiles + 2 }, (_, i) => new File(['x'], `${i}.txt`))
  tray.add(files)
  expect(tray.items).toHaveLength(maxFiles)
  expect(tray.refusal).toBe('files-too-many')
  tray.remove(tray.items[0]?.key ?? '')
  expect(tray.refusal).toBeNull()
  await settled()
})

test('what is ready survives a reload, with its picture, and cannot be asked for differently any more', async () => {
  tray.add([await drawPicture('lake.jpg')])
  await settled()
  tray.close()
  tray = openTray(draft)
  expect(states()).toMatchObject([{ kind: 'ready', handling: 'redrawn', file: { name: 'lake.jpg' } }])
  expect(tray.mayChoose).toBe(false)
  await vi.waitUntil(() => tray.items[0]?.preview !== null, soon)
  tray.remove(tray.items[0]?.key ?? '')
  await vi.waitUntil(async () => (await heldCount()) === 0, soon)
})

test('what is sent leaves the tray, what failed stays, and what could not be sent comes back', async () => {
  tray.add([await drawPicture('lake.jpg'), new File([], 'empty.txt')])
  await settled()
  const taken = tray.take()
  expect(taken.map(({ file }) => file.name)).toEqual(['lake.jpg'])
  expect(kinds()).toEqual(['failed'])
  tray.putBack(taken)
  expect(states().map((state: TrayState) => state.kind)).toEqual(['ready', 'failed'])
  expect(draft).toEqual(taken)
})

test('what a tab had begun for a draft when it was closed is forgotten at the next start, and nothing else', async () => {
  tray.add([await drawPicture('kept.jpg'), await drawPicture('sent.jpg')])
  await settled()
  const [kept, sent] = draft
  if (kept === undefined || sent === undefined) throw new Error('too few files')
  const [clean, space] = [placeOf(clique, spaceOf()), spaceOf()]
  await saveDraft(store, clean, { text: '', files: [kept] })
  const uploads = allChunkIdsOf([sent.file]).map((chunk) => ({ space, chunk }))
  await sendChunks(store, clique, [], uploads, Date.now())
  const before = await heldCount()
  // As of a tab that was closed in the middle: chunks, and no draft that names them.
  const lost = { chunk: toHex(systemRandom(32)) as ChunkId, bytes: new Uint8Array(9) }
  await markDrafted(store, clique, [lost.chunk])
  await putChunks(store, clique, [lost])
  const other = await openStore(store.name)
  await whileMakingDrafts(other, () => forgetLeftovers(store))
  expect(await heldCount()).toBe(before + 1)
  await forgetLeftovers(store)
  other.close()
  expect(await heldCount()).toBe(before)
  expect(await Promise.all([kept, sent].map(areHeld))).toEqual([true, true])
})
