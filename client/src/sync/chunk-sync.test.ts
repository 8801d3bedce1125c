import { afterEach, describe, expect, test } from 'vitest'
import { CliqueError, encode, systemRandom } from '@clique/crypto'
import type { DeviceId, MemberId } from '@clique/crypto'
import type { FrameChannel } from '../network/frame-channel.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { restMs } from './chunk-plan.ts'
import { noFileTroubles } from './chunk-ports.ts'
import type { FileTroubles } from './chunk-ports.ts'
import { ChunkServer, servedAtOnce, servedToOne } from './chunk-server.ts'
import { ChunkSync } from './chunk-sync.ts'
import { answerToBytes, questionToBytes } from './chunk-messages.ts'
import { aMember, MemoryChunks, sampleChunk, sampleChunks } from './testing/memory-chunks.ts'
import type { SampleChunk } from './testing/memory-chunks.ts'

const soon = { timeout: 30_000 }
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Another device: a way to a stream that something answers. */
interface Other {
  readonly id: DeviceId
  open(): Promise<FrameChannel>
}

let devices = 0
const nextId = () => `device ${devices++}` as DeviceId

/** An honest device that holds these. */
function holder(
  ...chunks: SampleChunk[]
): Other & { readonly chunks: MemoryChunks; readonly server: ChunkServer } {
  const store = new MemoryChunks(chunks)
  const server = new ChunkServer({ store, memberOf: aMember })
  closers.push(() => server.close())
  const open = (): Promise<FrameChannel> => {
    const [near, far] = channelPair()
    void server.serve(far, nextId())
    return Promise.resolve(near)
  }
  return { id: nextId(), chunks: store, server, open }
}

/** A device that claims to hold everything that it is asked about, and then does this. */
function liar(answer: (far: FrameChannel) => Promise<void>): Other & { asked: number } {
  const one = {
    id: nextId(),
    asked: 0,
    open: () => {
      const [near, far] = channelPair()
      void respond(far)
      return Promise.resolve(near)
    },
  }
  async function respond(far: FrameChannel): Promise<void> {
    for (;;) {
      const frame = await far.receive()
      if (frame === null) return
      one.asked++
      if (frame.length > 40) await far.send(claim(frame)).catch(() => undefined)
      if (frame[2] === 2) await answer(far).catch(() => undefined)
    }
  }
  return one
}

/** The ids of a question are the ids of its answer. */
function claim(question: Uint8Array): Uint8Array {
  const answer = question.slice()
  if (answer[2] === 1) answer[2] = 3
  return answer
}

/** The device under test. */
class Own {
  readonly chunks = new MemoryChunks()
  readonly #due = new Set<{ readonly run: () => void; readonly at: number }>()
  now = 0
  troubles: FileTroubles = noFileTroubles
  /** Devices of people who are not in the space. */
  readonly strangers = new Set<DeviceId>()
  sync: ChunkSync

  constructor() {
    this.sync = this.start()
  }

  start(): ChunkSync {
    const sync = new ChunkSync({
      store: this.chunks,
      random: systemRandom,
      now: () => this.now,
      later: (run, ms) => {
        const due = { run, at: this.now + ms }
        this.#due.add(due)
        return () => this.#due.delete(due)
      },
      isInSpace: (device) => !this.strangers.has(device),
      onTroubles: (troubles) => (this.troubles = troubles),
    })
    closers.push(() => sync.close())
    this.sync = sync
    return sync
  }

  /** The others are linked now. */
  meet(...others: Other[]): void {
    const ways = new Map(others.map((one) => [one.id, one]))
    this.sync.setDevices([...ways.keys()], (id) => {
      const way = ways.get(id)
      return way === undefined ? Promise.reject(new CliqueError('peer-unreachable')) : way.open()
    })
  }

  pass(ms: number): void {
    this.now += ms
    for (const due of [...this.#due].filter(({ at }) => at <= this.now)) {
      this.#due.delete(due)
      due.run()
    }
  }
}

describe('wanted chunks', () => {
  test('[CH1] come from several holders at once, each once, and are kept', async () => {
    const own = new Own()
    const all = sampleChunks(40)
    const others = [holder(...all), holder(...all.slice(10)), holder(...all.slice(0, 30))]
    own.meet(...others)
    own.chunks.want(all)
    await expect.poll(() => own.chunks.hasAll(all), soon).toBe(true)
    expect(own.chunks.wanted).toEqual([])
    expect(others.reduce((sum, { chunks }) => sum + chunks.timesRead, 0)).toBe(40)
    for (const { chunks } of others) expect(chunks.timesRead).toBeGreaterThan(5)
  })

  test('[CH10] are asked of nobody who is not in the space that names them, until they are', async () => {
    const own = new Own()
    const [wanted] = sampleChunks(1)
    if (wanted === undefined) throw new Error('one was made')
    const [stranger, lacking] = [holder(wanted), holder()]
    own.strangers.add(stranger.id)
    own.meet(stranger, lacking)
    own.chunks.want([wanted])
    await expect.poll(() => lacking.chunks.timesAsked, soon).toBe(1)
    own.pass(60_000)
    await expect.poll(() => lacking.chunks.timesAsked, soon).toBe(2)
    expect(stranger.chunks.timesAsked).toBe(0)
    own.strangers.clear()
    own.pass(60_000)
    await expect.poll(() => own.chunks.hasAll([wanted]), soon).toBe(true)
  })

  test('[CH2] that nobody here holds come as soon as somebody is linked who does', async () => {
    const own = new Own()
    const [wanted] = sampleChunks(1)
    if (wanted === undefined) throw new Error('a chunk')
    const idle = holder()
    own.meet(idle)
    own.chunks.want([wanted])
    const late = holder(wanted)
    own.meet(idle, late)
    await expect.poll(() => own.chunks.hasAll([wanted]), soon).toBe(true)
    // And when one who is linked gets it later.
    const [second] = sampleChunks(1, 1)
    if (second === undefined) throw new Error('a chunk')
    own.chunks.want([second])
    idle.chunks.kept.set(second.id, second.bytes)
    await expect
      .poll(() => {
        own.pass(15_000)
        return own.chunks.hasAll([second])
      }, soon)
      .toBe(true)
  })

  test('[CH3] are fetched on after a restart, and what is here is not fetched again', async () => {
    const own = new Own()
    const all = sampleChunks(20)
    const other = holder(...all)
    own.chunks.room = 7
    own.meet(other)
    own.chunks.want(all)
    await expect.poll(() => own.chunks.kept.size, soon).toBe(7)
    own.sync.close()
    own.chunks.room = Number.POSITIVE_INFINITY
    other.chunks.reads.clear()
    own.start()
    own.meet(other)
    await expect.poll(() => own.chunks.hasAll(all), soon).toBe(true)
    expect(other.chunks.timesRead).toBe(13)
  })

  test('[CH4] wait where this device has no room, with a code, and come when there is', async () => {
    const own = new Own()
    const all = sampleChunks(6)
    own.chunks.room = 2
    own.meet(holder(...all))
    own.chunks.want(all)
    await expect.poll(() => own.troubles, soon).toEqual({ fetching: 'storage-full', bringing: null })
    expect(own.chunks.kept.size).toBe(2)
    expect(own.chunks.wanted).toHaveLength(4)
    own.chunks.room = 10
    own.pass(60_000)
    await expect.poll(() => own.chunks.hasAll(all), soon).toBe(true)
    expect(own.troubles).toEqual(noFileTroubles)
  })
})

test('[CH4] that there is no room is said for as long as nothing is fetched, though what was under way found some', async () => {
  const own = new Own()
  const all = sampleChunks(2)
  const { promise: isTold, resolve: tell } = Promise.withResolvers<void>()
  const put = own.chunks.put.bind(own.chunks)
  let tries = 0
  own.chunks.put = async (...chunk) => {
    if (tries++ === 0) throw new CliqueError('storage-full')
    await isTold
    return put(...chunk)
  }
  own.meet(holder(...all))
  own.chunks.want(all)
  await expect.poll(() => own.troubles.fetching, soon).toBe('storage-full')
  tell()
  await expect.poll(() => own.chunks.kept.size, soon).toBe(1)
  expect(own.troubles.fetching).toBe('storage-full')
  own.pass(60_000)
  await expect.poll(() => own.chunks.hasAll(all), soon).toBe(true)
  expect(own.troubles).toEqual(noFileTroubles)
})

describe('a bad other side', () => {
  test('[CH5] that serves a wrong chunk is passed over, and nothing of it is kept', async () => {
    const own = new Own()
    const all = sampleChunks(2)
    const wrong = sampleChunk(99)
    const forger = holder(...all)
    forger.chunks.forge = () => wrong.bytes
    const cutter = holder(...all)
    cutter.chunks.forge = (bytes) => bytes.slice(1)
    own.meet(forger, cutter)
    own.chunks.want(all)
    await expect.poll(() => forger.chunks.timesRead + cutter.chunks.timesRead, soon).toBe(4)
    expect(own.chunks.kept.size).toBe(0)
    const honest = holder(...all)
    own.meet(forger, cutter, honest)
    await expect.poll(() => own.chunks.hasAll(all), soon).toBe(true)
    expect([...own.chunks.kept.keys()].toSorted()).toEqual(all.map(({ id }) => id).toSorted())
    expect(honest.chunks.timesRead).toBe(2)
  })

  test('[CH6] that stalls is passed over', async () => {
    const own = new Own()
    const all = sampleChunks(4)
    let stalls = 0
    const staller: Other = {
      id: nextId(),
      open: () => {
        const [near, far] = channelPair()
        void far.receive().then(async (frame) => frame !== null && far.send(claim(frame)))
        let answers = 0
        const receive: FrameChannel['receive'] = () => {
          if (answers++ === 0) return near.receive()
          stalls++
          return Promise.reject(new CliqueError('peer-silent'))
        }
        const { send, close, abort } = near
        return Promise.resolve({
          send: send.bind(near),
          close: close.bind(near),
          abort: abort.bind(near),
          receive,
        })
      },
    }
    own.meet(staller)
    own.chunks.want(all)
    await expect.poll(() => stalls, soon).toBeGreaterThan(0)
    own.meet(staller, holder(...all))
    await expect.poll(() => own.chunks.hasAll(all), soon).toBe(true)
  })

  test('[CH11] whose way ends in the middle of a chunk, as where a link moves, is asked for that one again', async () => {
    const own = new Own()
    const all = sampleChunks(2)
    const whole = holder(...all)
    let ways = 0
    const moved: Other = {
      id: whole.id,
      open: async () => {
        const near = await whole.open()
        if (ways++ > 0) return near
        let answers = 0
        const receive: FrameChannel['receive'] = (ms) =>
          answers++ === 0 ? near.receive(ms) : Promise.reject(new CliqueError('frame-cut'))
        return {
          send: near.send.bind(near),
          close: near.close.bind(near),
          abort: near.abort.bind(near),
          receive,
        }
      },
    }
    own.meet(moved)
    own.chunks.want(all)
    await expect
      .poll(() => {
        own.pass(1_000)
        return own.chunks.hasAll(all)
      }, soon)
      .toBe(true)
    expect(ways).toBe(2)
    expect(own.now).toBeLessThan(restMs / 2)
  })

  test.for<[string, (far: FrameChannel) => Promise<void>]>([
    ['garbage', (far) => far.send(systemRandom(50))],
    ['nothing', (far) => far.send(new Uint8Array(0))],
    ['another version', (far) => far.send(encode([2, 4, new Uint8Array(16)]))],
    ['an answer to another question', (far) => far.send(answerToBytes({ kind: 'held', chunks: [] }))],
    ['bytes behind the chunk', (far) => far.send(encode([1, 4, new Uint8Array(16), 0]))],
    ['more than a chunk', (far) => far.send(encode([1, 4, new Uint8Array(256 * 1024 + 1)]))],
  ])('[CH7] that answers with %s is left alone after a few times', async ([, answer]) => {
    const own = new Own()
    const all = sampleChunks(12)
    const bad = liar(answer)
    own.meet(bad)
    own.chunks.want(all)
    await expect
      .poll(() => {
        own.pass(60_000)
        return own.now > restMs / 2 || bad.asked > 8
      }, soon)
      .toBe(true)
    expect(bad.asked).toBeGreaterThan(3)
    expect(bad.asked).toBeLessThan(12)
    own.meet(bad, holder(...all))
    await expect.poll(() => own.chunks.hasAll(all), soon).toBe(true)
  })

  test('[CH7] that claims what it was not asked about is not believed', async () => {
    const own = new Own()
    const [wanted, other] = sampleChunks(2)
    if (wanted === undefined || other === undefined) throw new Error('two chunks')
    let claims = 0
    const boaster: Other = {
      id: nextId(),
      open: () => {
        const [near, far] = channelPair()
        void far.receive().then(() => {
          claims++
          return far.send(answerToBytes({ kind: 'held', chunks: [other.id] }))
        })
        return Promise.resolve(near)
      },
    }
    own.meet(boaster)
    own.chunks.want([wanted])
    await expect.poll(() => claims, soon).toBeGreaterThan(0)
    own.meet(boaster, holder(wanted))
    await expect.poll(() => own.chunks.hasAll([wanted]), soon).toBe(true)
  })

  test('[CH7] that asks in garbage, or is out of the clique, gets nothing more', async () => {
    const store = new MemoryChunks(sampleChunks(1))
    let isIn = true
    const server = new ChunkServer({ store, memberOf: (device) => (isIn ? aMember(device) : null) })
    for (const frame of [
      systemRandom(40),
      new Uint8Array(0),
      encode([1, 1, Array.from({ length: 257 }, () => new Uint8Array(32))]),
      encode([1, 2, new Uint8Array(31)]),
      encode([2, 2, new Uint8Array(32)]),
    ]) {
      const [near, far] = channelPair()
      const served = server.serve(far, nextId())
      await near.send(frame)
      await served
      expect(await near.receive()).toBeNull()
    }
    const [near, far] = channelPair()
    const served = server.serve(far, nextId())
    const question = questionToBytes({ kind: 'get', chunk: sampleChunk(0).id })
    await near.send(question)
    expect(await near.receive()).toEqual(answerToBytes({ kind: 'chunk', bytes: sampleChunk(0).bytes }))
    isIn = false
    await near.send(question)
    let isOver = false
    void served.then(() => (isOver = true))
    await expect.poll(() => isOver, soon).toBe(true)
    expect(await near.receive()).toBeNull()
    server.close()
  })
})

test('[CH8] a server holds few chunks for readers that are slow, and gives each a turn', async () => {
  const store = new MemoryChunks(sampleChunks(1))
  const server = new ChunkServer({ store, memberOf: aMember })
  closers.push(() => server.close())
  const question = questionToBytes({ kind: 'get', chunk: sampleChunk(0).id })
  const releases: (() => void)[] = []
  const order: number[] = []
  const readers = 3 * servedAtOnce
  for (let reader = 0; reader < readers; reader++) {
    const [near, far] = channelPair()
    // Takes nothing until it is released.
    const slow: FrameChannel = {
      receive: () => far.receive(),
      close: () => far.close(),
      abort: () => far.abort(),
      send: async (frame) => {
        order.push(reader)
        await new Promise<void>((resolve) => releases.push(resolve))
        await far.send(frame)
      },
    }
    void server.serve(slow, nextId())
    await near.send(question)
    await near.send(question)
  }
  await expect.poll(() => store.timesRead, soon).toBe(servedAtOnce)
  for (let given = 0; given < readers; given++) {
    await expect.poll(() => releases.length, soon).toBeGreaterThan(0)
    releases.shift()?.()
    await expect.poll(() => store.timesRead, soon).toBe(servedAtOnce + given + 1)
  }
  // Nobody has the second before everybody had the first.
  expect(new Set(order.slice(0, readers)).size).toBe(readers)
})

test('[CH8] a member whose devices take nothing keeps few of the places, and the others are served', async () => {
  const store = new MemoryChunks(sampleChunks(1))
  const slowMember = 'slow' as string as MemberId
  const slow = new Set<DeviceId>()
  const memberOf = (device: DeviceId): MemberId => (slow.has(device) ? slowMember : aMember(device))
  const server = new ChunkServer({ store, memberOf })
  closers.push(() => server.close())
  const question = questionToBytes({ kind: 'get', chunk: sampleChunk(0).id })
  for (let i = 0; i < 2 * servedAtOnce; i++) {
    const [near, far] = channelPair()
    const device = nextId()
    slow.add(device)
    const stuck: FrameChannel = {
      receive: () => far.receive(),
      close: () => far.close(),
      abort: () => far.abort(),
      send: () => new Promise<void>(() => undefined),
    }
    void server.serve(stuck, device)
    await near.send(question)
  }
  await expect.poll(() => store.timesRead, soon).toBe(servedToOne)
  for (let i = 0; i < 3; i++) {
    const [near, far] = channelPair()
    void server.serve(far, nextId())
    await near.send(question)
    expect(await near.receive()).toEqual(answerToBytes({ kind: 'chunk', bytes: sampleChunk(0).bytes }))
  }
  expect(store.timesRead).toBe(servedToOne + 3)
})
