import { systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId, SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Change } from './changes.ts'
import {
  addUploads,
  dropWants,
  markUploaded,
  maxWants,
  readUnuploaded,
  readUploads,
  readWants,
  urgencies,
  wantChunks,
  wantedChunks,
} from './chunk-errands.ts'
import { deleteChunks, putChunks } from './chunks.ts'
import { deleteStore, openStore } from './store.ts'
import type { Store } from './store.ts'

const id = (bytes: number) => toHex(systemRandom(bytes))
const makeChunk = () => ({ chunk: id(32) as ChunkId, bytes: systemRandom(64) })
const clique = id(32) as CliqueId
const other = id(32) as CliqueId
const space = id(16) as SpaceId
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
  await wantChunks(store, clique, space, [a.chunk, b.chunk, c.chunk], urgencies.later)
  await wantChunks(store, clique, space, [b.chunk], urgencies.now)
  expect(await readWants(store, clique, 9)).toEqual([
    { space, chunk: b.chunk, urgency: urgencies.now },
    { space, chunk: a.chunk, urgency: urgencies.later },
  ])
  expect(await readWants(store, clique, 1)).toHaveLength(1)
  expect(await readWants(store, other, 9)).toEqual([])
  await putChunks(store, clique, [b])
  expect(await wantedChunks(store, clique, [a.chunk, b.chunk])).toEqual(new Set([a.chunk]))
  await dropWants(store, clique, [a.chunk])
  expect(await readWants(store, clique, 9)).toEqual([])
})

test('wants have a bound, and say what found no room', async () => {
  const many = Array.from({ length: maxWants + 2 }, () => id(32) as ChunkId)
  expect(await wantChunks(store, clique, space, many, urgencies.soon)).toEqual(many.slice(maxWants))
  expect(await readWants(store, clique, Infinity)).toHaveLength(maxWants)
})

test('what somebody waits for has room, however much is wanted that can wait', async () => {
  const [old, flood] = [[id(32) as ChunkId], Array.from({ length: maxWants }, () => id(32) as ChunkId)]
  await wantChunks(store, clique, space, old, urgencies.soon)
  await wantChunks(store, clique, space, flood, urgencies.later)
  const [kept, ...asked] = [flood[0], id(32), id(32)] as ChunkId[]
  expect(await wantChunks(store, clique, space, [kept, ...asked] as ChunkId[], urgencies.now)).toEqual([])
  const wanted = (await readWants(store, clique, Infinity)).map(({ chunk }) => chunk)
  expect(wanted).toHaveLength(maxWants)
  expect(wanted.slice(0, 5)).toEqual([kept, ...asked, ...old, flood[3]])
  const more = Array.from({ length: maxWants - 1 }, () => id(32) as ChunkId)
  expect(await wantChunks(store, clique, space, more, urgencies.now)).toEqual([])
  const last = (await readWants(store, clique, Infinity)).map(({ chunk }) => chunk)
  expect(last).toEqual([asked.at(-1), ...more])
  // What is not asked for does not push out what came first.
  expect(await wantChunks(store, clique, space, [id(32) as ChunkId], urgencies.later)).toHaveLength(1)
})

test('each relay has its own list of what is to go there, oldest first', async () => {
  const [a, b] = [makeChunk().chunk, makeChunk().chunk]
  await addUploads(store, clique, relay, [{ space, chunk: a }])
  await addUploads(
    store,
    clique,
    relay,
    [a, b].map((chunk) => ({ space, chunk })),
  )
  await addUploads(store, clique, 'second', [{ space, chunk: b }])
  expect((await readUploads(store, clique, relay, 9)).map(({ chunk }) => chunk)).toEqual([a, b])
  await markUploaded(store, clique, relay, [a, b])
  expect(await readUploads(store, clique, relay, 9)).toEqual([])
  expect(await readUnuploaded(store, clique, [a, b])).toEqual(new Set([b]))
  await deleteChunks(store, clique, [b])
  expect(await readUploads(store, clique, 'second', 9)).toEqual([])
})
