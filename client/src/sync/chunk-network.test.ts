import { afterEach, describe, expect, test } from 'vitest'
import { sealedChunkSize, systemRandom } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import type { CliqueNode, IncomingHandler, PeerConnection } from '../network/node.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { chunkChannelLimits, chunkProtocol, questionToBytes } from './chunk-messages.ts'
import { ChunkServer } from './chunk-server.ts'
import { Links } from './links.ts'
import { MemoryReplica } from './testing/memory-replica.ts'
import { makeTestClique } from './testing/test-clique.ts'
import { noCheckpoints } from './testing/no-checkpoints.ts'
import { aMember, MemoryChunks, sampleChunks } from './testing/memory-chunks.ts'
import { clique, closeAll, linked, placeOf, TestRelay } from './testing/people-and-relay.node.ts'
import type { Person } from './testing/people-and-relay.node.ts'

/** An answer is waited for 30 s, and what failed is asked for again after 15. */
const soon = { timeout: 60_000 }
const slow = 180_000

afterEach(closeAll)

/** A picture of some MiB. */
const picture = (count: number, first = 0) => sampleChunks(count, first, sealedChunkSize)

describe('files among people and a real relay', () => {
  test(
    '[CC1] come from linked devices, several at once, also while the relay keeps none',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const people = (await clique(relay.token, place, 'anna', 'ben', 'cleo')) as [Person, Person, Person]
      const [anna, ben, cleo] = people
      const all = picture(24)
      for (const { id, bytes } of all.slice(0, 16)) anna.chunks.kept.set(id, bytes)
      for (const { id, bytes } of all.slice(8)) cleo.chunks.kept.set(id, bytes)
      await Promise.all(people.map((one) => one.goOnline()))
      await expect.poll(() => linked(ben), soon).toBe(2)
      ben.chunks.want(all)
      anna.replica.say('a word beside the picture')
      await expect.poll(() => ben.replica.texts, soon).toEqual(['a word beside the picture'])
      await expect.poll(() => ben.chunks.hasAll(all), soon).toBe(true)
      // On a slow machine one may be asked for again elsewhere.
      expect(anna.chunks.timesRead + cleo.chunks.timesRead).toBeGreaterThanOrEqual(24)
      for (const { chunks } of [anna, cleo]) expect(chunks.timesRead).toBeGreaterThanOrEqual(8)
    },
    slow,
  )

  test(
    '[CC2] reach those who sleep through the relay, which is killed in the middle on both ways',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      const all = picture(30)
      anna.chunks.bring(place.peer, all)
      await anna.goOnline()
      const left = (): number => anna.chunks.uploadsTo.get(place.peer)?.length ?? 0
      await expect.poll(left, soon).toBeLessThan(28)
      await relay.kill()
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('relay-unreachable')
      await relay.run()
      await expect.poll(left, soon).toBe(0)
      expect(anna.connection?.files).toEqual({ fetching: null, bringing: null })
      await anna.goOffline()

      ben.chunks.want(all)
      await ben.goOnline()
      await expect.poll(() => ben.chunks.kept.size, soon).toBeGreaterThan(1)
      await relay.kill()
      await relay.run()
      await expect.poll(() => ben.chunks.hasAll(all), soon).toBe(true)
      expect(ben.chunks.wanted).toEqual([])
    },
    slow,
  )

  test(
    '[CC3] wait where the relay is full, with its code, and messages go on',
    async () => {
      const relay = await TestRelay.start('--max-storage', '4')
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      const all = picture(15)
      anna.chunks.bring(place.peer, all)
      await anna.goOnline()
      await expect.poll(() => anna.connection?.files.bringing, soon).toBe('relay-storage-full')
      // Three of its four MiB.
      expect(anna.chunks.uploadsTo.get(place.peer)).toHaveLength(3)
      anna.replica.say('still speaks')
      const { space } = anna.replica.shared
      const lacks = () => anna.replica.unrelayedRecords(place.peer, space, 'all', 9, 0)
      await expect.poll(lacks, soon).toEqual([])
      // What the relay has no room for comes from the device itself.
      ben.chunks.want(all)
      await ben.goOnline()
      await expect.poll(() => ben.chunks.hasAll(all), soon).toBe(true)
      await relay.kill()
      await relay.run('--max-storage', '8')
      await expect.poll(() => anna.chunks.uploadsTo.get(place.peer), soon).toEqual([])
      await expect.poll(() => anna.connection?.files.bringing, soon).toBeNull()
    },
    slow,
  )

  test(
    '[CC4] are not given to somebody who is removed',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      const all = picture(4)
      for (const { id, bytes } of all) anna.chunks.kept.set(id, bytes)
      await Promise.all([anna.goOnline(), ben.goOnline()])
      await expect.poll(() => linked(ben), soon).toBe(1)
      const { devices } = anna.replica.shared
      const known = devices.get(ben.replica.device)
      if (known === undefined) throw new Error('ben is in no roster')
      devices.set(ben.replica.device, { ...known, isIn: false })
      ben.chunks.want(all)
      anna.replica.rosterChanged()
      await expect.poll(() => linked(anna), soon).toBe(0)
      expect(anna.chunks.timesRead).toBe(0)
      expect(ben.chunks.kept.size).toBe(0)
    },
    slow,
  )
})

test('[CC5] a device that has not proven itself on its connection is served nothing', async () => {
  const shared = makeTestClique(5)
  const [anna, ben] = [new MemoryReplica(shared, 'anna'), new MemoryReplica(shared, 'ben')]
  const all = sampleChunks(1)
  const [chunk] = all
  if (chunk === undefined) throw new Error('a chunk')
  const store = new MemoryChunks(all)
  const server = new ChunkServer({ store, memberOf: aMember })
  const served: DeviceId[] = []
  const handlers = new Map<string, IncomingHandler>()
  const node = {
    serve: (protocol: string, handler: IncomingHandler) => {
      handlers.set(protocol, handler)
      return Promise.resolve()
    },
  } as unknown as CliqueNode
  const links = await Links.start({
    node,
    replica: anna,
    checkpoints: noCheckpoints,
    relay: () => null,
    random: systemRandom,
    later: () => () => undefined,
    more: {
      protocol: chunkProtocol,
      limits: chunkChannelLimits,
      serve: (channel, device) => {
        served.push(device)
        return server.serve(channel, device)
      },
    },
    onLinks: () => undefined,
  })
  const connection = {
    id: 'connection',
    peer: ben.peer,
    gone: new AbortController().signal,
    close: () => undefined,
  } as unknown as PeerConnection
  const [near, far] = channelPair()
  handlers.get(chunkProtocol)?.(far, connection)
  await near.send(questionToBytes({ kind: 'get', chunk: chunk.id })).catch(() => undefined)
  expect(await near.receive()).toBeNull()
  expect([served, store.timesRead]).toEqual([[], 0])
  links.close()
})
