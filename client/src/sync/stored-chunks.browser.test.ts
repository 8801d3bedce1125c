import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom, toHex } from '@clique/crypto'
import type { CliqueId, DeviceId, MemberId, SpaceId } from '@clique/crypto'
import { channelPair } from '../network/testing/channel-pair.ts'
import { readUploads } from '../storage/chunk-uploads.ts'
import { addUploads } from '../storage/testing/add-uploads.ts'
import { readWants, urgencies, wantChunks } from '../storage/chunk-wants.ts'
import { heldChunks, readChunk } from '../storage/chunks.ts'
import { deleteStore, openStore } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import { fillDisk } from '../storage/testing/full-disk.ts'
import { noFileTroubles } from './chunk-ports.ts'
import type { FileTroubles } from './chunk-ports.ts'
import { ChunkServer } from './chunk-server.ts'
import { ChunkSync } from './chunk-sync.ts'
import { storedChunks } from './stored-chunks.ts'
import { aMember, MemoryChunks, sampleChunks } from './testing/memory-chunks.ts'

const id = (bytes: number) => toHex(systemRandom(bytes))
const clique = id(32) as CliqueId
const space = id(16) as SpaceId
const author = id(32) as MemberId
const asking = { space, author }
const other = id(32) as DeviceId
const soon = { timeout: 30_000 }

let store: Store
let sync: ChunkSync | null = null
beforeEach(async () => {
  store = await openStore(`test-${id(8)}`)
})
afterEach(async () => {
  sync?.close()
  store.close()
  await deleteStore(store.name)
})

/** The network of this profile, linked with a device that holds these; time passes when the test says so. */
function startWith(held: MemoryChunks): {
  troubles: FileTroubles
  readonly heard: FileTroubles[]
  pass(ms: number): void
} {
  const server = new ChunkServer({ store: held, memberOf: aMember })
  let due: { readonly run: () => void; readonly at: number }[] = []
  let now = 0
  const state = {
    troubles: noFileTroubles,
    heard: [] as FileTroubles[],
    pass: (ms: number) => {
      now += ms
      const ripe = due.filter(({ at }) => at <= now)
      due = due.filter(({ at }) => at > now)
      for (const { run } of ripe) run()
    },
  }
  sync = new ChunkSync({
    store: storedChunks(store, clique),
    random: systemRandom,
    now: () => now,
    later: (run, ms) => {
      const one = { run, at: now + ms }
      due.push(one)
      return () => (due = due.filter((another) => another !== one))
    },
    isInSpace: () => true,
    onTroubles: (troubles) => {
      state.troubles = troubles
      state.heard.push(troubles)
    },
  })
  sync.setDevices([other], () => {
    const [near, far] = channelPair()
    void server.serve(far, other)
    return Promise.resolve(near)
  })
  return state
}

test('[CH9] what a screen wants is fetched into storage, after a reload too, and is then held for others', async () => {
  const all = sampleChunks(12)
  const ids = all.map((chunk) => chunk.id)
  await wantChunks(store, clique, asking, ids.slice(0, 6), urgencies.soon)
  const held = new MemoryChunks(all)
  // Written before the network was there, as by a tab that was closed; and while it is there, as by another tab.
  startWith(held)
  await wantChunks(store, clique, asking, ids.slice(6), urgencies.now)
  await expect.poll(async () => (await heldChunks(store, clique, ids)).size, soon).toBe(12)
  expect(await readWants(store, clique, 99)).toEqual([])
  expect(await storedChunks(store, clique).held(ids)).toEqual(new Set(ids))
  for (const { id: chunk, bytes } of all) expect(await readChunk(store, clique, chunk)).toEqual(bytes)
  expect(held.timesRead).toBe(12)
})

test('[CH9] a disk that is full in the middle loses nothing: the want stays, people hear of it, and it goes on', async () => {
  const all = sampleChunks(3)
  const ids = all.map((chunk) => chunk.id)
  fillDisk(store, 'chunkBytes')
  await wantChunks(store, clique, asking, ids, urgencies.soon)
  const state = startWith(new MemoryChunks(all))
  await expect.poll(() => state.heard.map(({ fetching }) => fetching), soon).toContain('storage-full')
  // Wants first: what comes between the two is then in both of them, and only what is lost is in neither.
  const wanted = (await readWants(store, clique, 9)).map(({ chunk }) => chunk)
  const held = await heldChunks(store, clique, ids)
  expect(new Set([...wanted, ...held])).toEqual(new Set(ids))
  state.pass(60_000)
  await expect.poll(async () => (await heldChunks(store, clique, ids)).size, soon).toBe(3)
  await expect.poll(() => state.troubles, soon).toEqual(noFileTroubles)
})

test('[CH9] chunks that come while others are written share a commit, and each hears how its own ended', async () => {
  const stored = storedChunks(store, clique)
  const commits: number[] = []
  store.changes.listen((change) => {
    if (change.kind === 'chunks') commits.push(change.chunks.length)
  })
  const all = sampleChunks(7)
  const ids = all.map((chunk) => chunk.id)
  const put = ({ id: chunk, bytes }: (typeof all)[number]): Promise<void> => stored.put(chunk, bytes)
  const first = put(all[0]!)
  await Promise.resolve()
  await Promise.all([first, ...all.slice(1, 4).map(put)])
  expect(commits).toEqual([1, 3])
  expect(await stored.held(ids)).toEqual(new Set(ids.slice(0, 4)))
  fillDisk(store, 'chunkBytes')
  const refused = await Promise.allSettled(all.slice(4, 6).map(put))
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  await put(all[6]!)
  expect(await stored.held(ids)).toEqual(new Set([...ids.slice(0, 4), ...ids.slice(5)]))
})

test('[CH9] what is to go to a relay is told from storage, for that relay and clique alone', async () => {
  const [first, second] = sampleChunks(2)
  if (first === undefined || second === undefined) throw new Error('two chunks')
  await addUploads(store, clique, 'relay', [
    { space, chunk: first.id },
    { space, chunk: second.id },
  ])
  await addUploads(store, id(32) as CliqueId, 'relay', [{ space, chunk: first.id }])
  const stored = storedChunks(store, clique)
  const heard: string[] = []
  const stop = stored.onChange((change) => heard.push(change))
  expect(await stored.uploads('relay', 9)).toEqual([first.id, second.id])
  expect(await stored.uploads('another', 9)).toEqual([])
  await stored.markUploaded('relay', [first.id])
  expect(await readUploads(store, clique, 'relay', 9)).toEqual([{ space, chunk: second.id }])
  expect(heard).toEqual(['uploads'])
  stop()
  await expect(stored.read(first.id)).resolves.toBeNull()
})
