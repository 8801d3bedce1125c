import { systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Change } from './changes.ts'
import {
  ChunksGone,
  markUploaded,
  readUnuploaded,
  readUploads,
  sendChunks,
  supplyRelays,
} from './chunk-uploads.ts'
import {
  dropWants,
  keepWantsOf,
  maxWants,
  maxWantsOfOne,
  readWants,
  urgencies,
  wantChunks,
  wantedChunks,
} from './chunk-wants.ts'
import type { Urgency } from './chunk-wants.ts'
import { deleteChunks, heldChunks, putChunks } from './chunks.ts'
import { deleteDrafted, markDrafted, readDrafted } from './drafted-chunks.ts'
import { deleteStore, openStore } from './store.ts'
import type { Store } from './store.ts'

const id = (bytes: number) => toHex(systemRandom(bytes))
const makeChunk = () => ({ chunk: id(32) as ChunkId, bytes: systemRandom(64) })
/** In storage, as every chunk that is to be sent. */
async function keepChunk(): Promise<ChunkId> {
  const made = makeChunk()
  await putChunks(store, clique, [made])
  return made.chunk
}
const clique = id(32) as CliqueId
const other = id(32) as CliqueId
const space = id(16) as SpaceId
const author = id(32) as MemberId
const asking = { space, author }
const relay = '12D3'

let store: Store
let changes: Change[]
beforeEach(async () => {
  store = await openStore(`test-${id(8)}`)
  changes = []
  store.changes.listen((change) => changes.push(change))
})
afterEach(async () => {
  store.close()
  await deleteStore(store.name)
})

test('what was committed while the store closes is no fault', () => {
  store.changes.close()
  store.changes.announce({ kind: 'cliques' })
  expect(changes).toEqual([])
})

test('the most urgent want goes first, and what is held is not wanted', async () => {
  const [a, b, c] = [makeChunk(), makeChunk(), makeChunk()]
  await putChunks(store, clique, [c])
  await wantChunks(store, clique, asking, [a.chunk, b.chunk, c.chunk], urgencies.later)
  await wantChunks(store, clique, asking, [b.chunk], urgencies.now)
  expect(await readWants(store, clique, 9)).toEqual([
    { space, author, chunk: b.chunk, urgency: urgencies.now },
    { space, author, chunk: a.chunk, urgency: urgencies.later },
  ])
  expect(await readWants(store, clique, 1)).toHaveLength(1)
  expect(await readWants(store, other, 9)).toEqual([])
  await putChunks(store, clique, [b])
  expect(await wantedChunks(store, clique, [a.chunk, b.chunk])).toEqual(new Set([a.chunk]))
  await dropWants(store, clique, [a.chunk])
  expect(await readWants(store, clique, 9)).toEqual([])
})

/** As many as there may be, of many authors who each have their share. */
async function flood(urgency: Urgency): Promise<ChunkId[]> {
  const many = Array.from({ length: maxWants }, () => id(32) as ChunkId)
  for (let at = 0; at < maxWants; at += maxWantsOfOne) {
    const by = { space, author: id(32) as MemberId }
    expect(await wantChunks(store, clique, by, many.slice(at, at + maxWantsOfOne), urgency)).toEqual([])
  }
  return many
}

test('wants have a bound, and say what found no room', async () => {
  await flood(urgencies.soon)
  const more = [id(32), id(32)] as ChunkId[]
  expect(await wantChunks(store, clique, asking, more, urgencies.soon)).toEqual(more)
  expect(await readWants(store, clique, Infinity)).toHaveLength(maxWants)
})

test('what somebody waits for has room, however much is wanted that can wait', async () => {
  const old = [id(32) as ChunkId]
  await flood(urgencies.later)
  const [kept] = (await readWants(store, clique, 1)).map(({ chunk }) => chunk)
  // It takes the place of one that can wait longer.
  await wantChunks(store, clique, asking, old, urgencies.soon)
  const asked = [id(32), id(32)] as ChunkId[]
  expect(await wantChunks(store, clique, asking, [kept as ChunkId, ...asked], urgencies.now)).toEqual([])
  const wanted = (await readWants(store, clique, Infinity)).map(({ chunk }) => chunk)
  expect(wanted).toHaveLength(maxWants)
  expect(wanted.slice(0, 4)).toEqual([kept, ...asked, ...old])
  const more = Array.from({ length: maxWants - 1 }, () => id(32) as ChunkId)
  expect(await wantChunks(store, clique, asking, more, urgencies.now)).toEqual([])
  const last = (await readWants(store, clique, Infinity)).map(({ chunk }) => chunk)
  expect(last).toEqual([asked.at(-1), ...more])
  // What is not asked for does not push out what came first.
  expect(await wantChunks(store, clique, asking, [id(32) as ChunkId], urgencies.later)).toHaveLength(1)
})

test('made-up pictures of one member neither push out those of another nor go before them', async () => {
  const made = Array.from({ length: 3 * maxWantsOfOne }, () => id(32) as ChunkId)
  const left = await wantChunks(store, clique, asking, made, urgencies.soon)
  expect(left).toEqual(made.slice(maxWantsOfOne))
  const other = [id(32), id(32)] as ChunkId[]
  await wantChunks(store, clique, { space, author: id(32) as MemberId }, other, urgencies.soon)
  const first = (await readWants(store, clique, 4)).map(({ chunk }) => chunk)
  expect(first).toEqual([made[0], other[0], made[1], other[1]])
  // What somebody asks for has no share.
  expect(await wantChunks(store, clique, asking, left, urgencies.now)).toEqual([])
})

test('what messages of somebody name who is shown no more is not fetched any more', async () => {
  const [a, b] = [id(32), id(32)] as [ChunkId, ChunkId]
  await wantChunks(store, clique, asking, [a], urgencies.later)
  const stays = { space, author: id(32) as MemberId }
  await wantChunks(store, clique, stays, [b], urgencies.later)
  await keepWantsOf(store, clique, new Set([stays.author]))
  expect((await readWants(store, clique, 9)).map(({ chunk }) => chunk)).toEqual([b])
})

const upload = (chunk: ChunkId) => ({ space, chunk })
const to = async (peer: string) => (await readUploads(store, clique, peer, 9)).map(({ chunk }) => chunk)

test('a relay that is added gets what was sent before, one that is dropped nothing more', async () => {
  const [old, recent, late] = [await keepChunk(), await keepChunk(), await keepChunk()]
  await sendChunks(store, clique, [relay], [upload(old)], 1_000)
  await supplyRelays(store, clique, [relay], 500)
  await sendChunks(store, clique, [relay], [upload(recent), upload(recent)], 2_000)
  await markUploaded(store, clique, relay, [old, recent])
  await supplyRelays(store, clique, [relay, 'second'], 1_500)
  expect([await to(relay), await to('second')]).toEqual([[], [recent]])
  // On screen the message is where it was.
  expect(await readUnuploaded(store, clique, [recent])).toEqual(new Set())
  await sendChunks(store, clique, [relay, 'second'], [upload(late)], 3_000)
  expect(await readUnuploaded(store, clique, [late])).toEqual(new Set([late]))
  await supplyRelays(store, clique, ['second'], 1_500)
  expect([await to(relay), await to('second')]).toEqual([[], [recent, late]])
  await supplyRelays(store, clique, ['second', relay], 1_500)
  expect(await to(relay)).toEqual([recent, late])
})

test('a relay that was supplied just before a file is sent gets it, though the sender has not heard of it', async () => {
  const chunk = await keepChunk()
  await supplyRelays(store, clique, [relay, 'second'], 500)
  await sendChunks(store, clique, [relay], [upload(chunk)], 1_000)
  expect([await to(relay), await to('second')]).toEqual([[chunk], [chunk]])
  expect(await readUnuploaded(store, clique, [chunk])).toEqual(new Set([chunk]))
})

test('sending is one commit: what fails in the middle of it has not begun', async () => {
  const chunk = await keepChunk()
  await markDrafted(store, clique, [chunk])
  const refuse = (): never => {
    store.db.uploads.hook('creating').unsubscribe(refuse)
    throw new Error('refused')
  }
  store.db.uploads.hook('creating', refuse)
  const sending = sendChunks(store, clique, [relay], [upload(chunk)], 1_000)
  await expect(sending).rejects.toMatchObject({ code: 'storage-failed' })
  expect(await readDrafted(store)).toEqual([{ clique, chunk }])
  await supplyRelays(store, clique, ['second'], 500)
  expect(await to('second')).toEqual([])
})

test('what another tab took out of the same draft is not sent, and nothing has changed', async () => {
  const [kept, gone] = [await keepChunk(), await keepChunk()]
  await markDrafted(store, clique, [kept, gone])
  await deleteDrafted(store, clique, [gone])
  const sending = sendChunks(store, clique, [relay], [upload(kept), upload(gone)], 1_000)
  await expect(sending).rejects.toThrow(ChunksGone)
  expect(await to(relay)).toEqual([])
  expect(await readDrafted(store)).toEqual([{ clique, chunk: kept }])
  await supplyRelays(store, clique, ['second'], 500)
  expect(await to('second')).toEqual([])
})

test('of two tabs that send and take out the same at once, one comes first: what is sent is held', async () => {
  const otherTab = await openStore(store.name)
  for (let round = 0; round < 8; round++) {
    const chunk = await keepChunk()
    await markDrafted(store, clique, [chunk])
    const tab = round < 4 ? store : otherTab
    const forgetting = round % 2 === 0 ? deleteDrafted(store, clique, [chunk]) : null
    const sending = sendChunks(tab, clique, [relay], [upload(chunk)], 1_000)
    const [sent] = await Promise.allSettled([sending, forgetting ?? deleteDrafted(store, clique, [chunk])])
    const isSent = sent.status === 'fulfilled'
    expect((await heldChunks(store, clique, [chunk])).has(chunk)).toBe(isSent)
    expect((await to(relay)).includes(chunk)).toBe(isSent)
  }
  otherTab.close()
  expect(await readDrafted(store)).toEqual([])
})

test('each relay has its own list of what is to go there, oldest first', async () => {
  const made = [makeChunk(), makeChunk()] as const
  await putChunks(store, clique, made)
  const [a, b] = [made[0].chunk, made[1].chunk]
  await sendChunks(store, clique, [relay], [{ space, chunk: a }], 1_000)
  await sendChunks(
    store,
    clique,
    [relay],
    [a, b].map((chunk) => ({ space, chunk })),
    1_000,
  )
  await sendChunks(store, clique, ['second'], [{ space, chunk: b }], 1_000)
  expect((await readUploads(store, clique, relay, 9)).map(({ chunk }) => chunk)).toEqual([a, b])
  await markUploaded(store, clique, relay, [a, b])
  expect(await readUploads(store, clique, relay, 9)).toEqual([])
  expect(await readUnuploaded(store, clique, [a, b])).toEqual(new Set([b]))
  await deleteChunks(store, clique, [b])
  expect(await readUploads(store, clique, 'second', 9)).toEqual([])
})
