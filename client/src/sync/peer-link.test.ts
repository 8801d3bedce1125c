import { afterEach, describe, expect, test } from 'vitest'
import { encode } from '@clique/crypto'
import { channelPair } from '../network/testing/channel-pair.ts'
import type { TestChannel } from '../network/testing/channel-pair.ts'
import { windowChannel } from '../network/window-channel.ts'
import { PeerLink } from './peer-link.ts'
import { bytesToSyncMessage } from './sync-messages.ts'
import { noCheckpoints } from './testing/no-checkpoints.ts'
import { Clock } from './testing/clock.ts'
import { MemoryReplica } from './testing/memory-replica.ts'
import { makeTestClique } from './testing/test-clique.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 30_000 }

const open: PeerLink[] = []
afterEach(() => {
  for (const link of open.splice(0)) link.close()
})

interface Meeting {
  readonly channels: [TestChannel, TestChannel]
  readonly links: [PeerLink, PeerLink]
  readonly clock: Clock
}

function link(a: MemoryReplica, b: MemoryReplica, turns = 0): Meeting {
  const clock = new Clock()
  const channels = channelPair(turns)
  const links: [PeerLink, PeerLink] = [
    new PeerLink(channels[0], b.device, { replica: a, checkpoints: noCheckpoints, later: clock.later }),
    new PeerLink(channels[1], a.device, { replica: b, checkpoints: noCheckpoints, later: clock.later }),
  ]
  open.push(...links)
  return { channels, links, clock }
}

const kinds = (channel: TestChannel): string[] => channel.sent.map((frame) => bytesToSyncMessage(frame).kind)

function people(...names: string[]): MemoryReplica[] {
  const clique = makeTestClique(7)
  return names.map((name) => new MemoryReplica(clique, name))
}

describe('two devices that meet', () => {
  test('[PS1] in sync say one message each, under 100 bytes for each space', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    anna.say('hello')
    anna.act(1)
    await ben.takeItems(
      (await anna.controlItems()).map(({ bytes }) => bytes),
      'a relay',
    )
    await ben.takeRecords(
      anna.shared.space,
      (await anna.recordsBeyond(anna.shared.space, ben.device, new Map(), 1e6)).records.map(
        ({ bytes }) => bytes,
      ),
      'a relay',
    )
    const { channels } = link(anna, ben)
    await expect.poll(() => ben.noted.get(anna.device)?.get(anna.device), soon).toBe(0)
    await expect.poll(() => anna.noted.get(ben.device)?.get(anna.device), soon).toBe(0)
    expect(channels.map(kinds)).toEqual([['summary'], ['summary']])
    expect(channels[0].sent[0]?.length).toBeLessThan(100)
  })

  test('[PS2] that wrote apart end with the same, and nothing is sent twice', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    for (let i = 0; i < 20; i++) anna.say(`anna ${i}`, i * 700)
    for (let i = 0; i < 15; i++) ben.say(`ben ${i}`, i * 9_000)
    for (let i = 0; i < 5; i++) anna.act(i)
    ben.act(99)
    const { clock } = link(anna, ben)
    await expect.poll(() => anna.texts.length, soon).toBe(35)
    await expect.poll(() => ben.texts.length, soon).toBe(35)
    clock.pass()
    await expect.poll(() => anna.items.size, soon).toBe(6)
    await expect.poll(() => ben.items.size, soon).toBe(6)
    expect(anna.texts).toEqual(ben.texts)
    expect([anna.duplicates, ben.duplicates]).toEqual([0, 0])
  })
})

describe('two linked devices', () => {
  test('[PS3] pass a new record on at once, and its author learns that it arrived', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    link(anna, ben)
    await expect.poll(() => anna.noted.has(ben.device), soon).toBe(true)
    anna.say('now')
    await expect.poll(() => ben.texts, soon).toEqual(['now'])
    await expect.poll(() => anna.noted.get(ben.device)?.get(anna.device), soon).toBe(0)
  })

  test('[PS4] pass a roster change on, whoever made it', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    link(anna, ben)
    await expect.poll(() => anna.noted.has(ben.device), soon).toBe(true)
    ben.act(5)
    await expect.poll(() => anna.items.size, soon).toBe(1)
  })

  test('[PS5] forward what a third wrote after a while, unless the other got it meanwhile', async () => {
    const [anna, ben, cleo] = people('anna', 'ben', 'cleo') as [MemoryReplica, MemoryReplica, MemoryReplica]
    const middle = link(anna, ben)
    const right = link(ben, cleo)
    await expect.poll(() => ben.noted.size, soon).toBe(2)
    await expect.poll(() => cleo.noted.size, soon).toBe(1)
    anna.say('far')
    await expect.poll(() => ben.texts, soon).toEqual(['far'])
    expect(cleo.texts).toEqual([])
    right.clock.pass()
    await expect.poll(() => cleo.texts, soon).toEqual(['far'])
    // All three linked: each gets it once, from the author.
    const left = link(anna, cleo)
    await expect.poll(() => anna.noted.has(cleo.device), soon).toBe(true)
    anna.say('near')
    await expect.poll(() => [ben.texts.length, cleo.texts.length], soon).toEqual([2, 2])
    await expect.poll(() => ben.noted.get(cleo.device)?.get(anna.device), soon).toBe(1)
    for (const { clock } of [middle, right, left]) clock.pass()
    await expect.poll(() => [anna.duplicates, ben.duplicates, cleo.duplicates], soon).toEqual([0, 0, 0])
  })
})

describe('two devices of which one came late', () => {
  test('[PS10] say nothing of what is not for it, look it through once, and are in sync without it', async () => {
    const [anna, ben, cleo] = people('anna', 'ben', 'cleo') as [MemoryReplica, MemoryReplica, MemoryReplica]
    for (let i = 0; i < 3; i++) cleo.say(`old ${i}`)
    const { records } = await cleo.recordsBeyond(cleo.shared.space, anna.device, new Map(), 1e6)
    const old = records.map(({ bytes }) => bytes)
    await anna.takeRecords(anna.shared.space, old, 'a relay')
    anna.isFor = (reader, record) => reader !== ben.device || !old.includes(record)
    const first = link(anna, ben)
    anna.say('now')
    await expect.poll(() => ben.texts, soon).toEqual(['now'])
    for (let i = 0; i < 3; i++) {
      first.clock.pass()
      anna.say(`again ${i}`)
      await expect.poll(() => ben.texts.length, soon).toBe(2 + i)
    }
    expect(ben.refused).toBe(0)
    expect(anna.looks).toBe(old.length + ben.texts.length)
    await expect.poll(() => anna.noted.get(ben.device)?.get(anna.device), soon).toBe(3)
    expect(anna.noted.get(ben.device)?.has(cleo.device)).toBe(false)
    for (const one of first.links) one.close()
    const second = link(anna, ben)
    await expect.poll(() => second.channels.map(kinds), soon).toEqual([['summary'], ['summary']])
    expect(anna.noted.get(ben.device)?.has(cleo.device)).toBe(false)
  })
})

describe('a link that begins or ends', { timeout: 30_000 }, () => {
  test('[PS11] is finished when all that both sides sent has arrived', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    const { links, channels } = link(anna, ben, 20)
    await expect.poll(() => [anna.noted.size, ben.noted.size], soon).toEqual([1, 1])
    for (const one of [anna, ben]) for (let i = 0; i < 50; i++) one.say(`${one.peer} ${i}`)
    await expect.poll(() => channels.every(({ sent }) => sent.length > 1), soon).toBe(true)
    await links[0].finish()
    expect(await links[1].ended).toBeNull()
    const sent = channels.map((channel) =>
      channel.sent
        .map((frame) => bytesToSyncMessage(frame))
        .reduce((sum, message) => sum + (message.kind === 'records' ? message.records.length : 0), 0),
    )
    expect([ben.records.get(anna.device)?.length, anna.records.get(ben.device)?.length]).toEqual(sent)
    expect(links.map(({ isOver }) => isOver)).toEqual([true, true])
  })

  test('[PS12] waits for no other side that does not finish', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    const [near] = channelPair()
    const clock = new Clock()
    const alone = new PeerLink(near, ben.device, {
      replica: anna,
      checkpoints: noCheckpoints,
      later: clock.later,
    })
    const finished = alone.finish()
    clock.pass()
    await finished
    expect(near.isAborted).toBe(true)
  })

  test('[PS13] between two that both have much to say, and little room on the way, does not stand still', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    for (const one of [anna, ben]) for (let i = 0; i < 30; i++) one.say(`${one.peer} ${i}`, 100_000)
    const inner = channelPair()
    const links = inner.map((channel, i) => {
      const [here, there] = i === 0 ? [anna, ben] : [ben, anna]
      return new PeerLink(windowChannel(channel), there.device, {
        replica: here,
        checkpoints: noCheckpoints,
        later: new Clock().later,
      })
    })
    open.push(...links)
    await expect.poll(() => [anna.texts.length, ben.texts.length], soon).toEqual([60, 60])
    expect([anna.duplicates, ben.duplicates]).toEqual([0, 0])
  })
})

describe('a bad other side', () => {
  test('[PS6] that speaks garbage, another version or with trailing bytes ends the link with a code', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    for (const frame of [
      new Uint8Array(0),
      new Uint8Array([255, 1, 2]),
      encode([2, 1, [], []]),
      encode([1, 9]),
      new Uint8Array([...encode([1, 2, new Uint8Array(8)]), 0]),
      encode([1, 2, new Uint8Array(9)]),
      encode([
        1,
        4,
        new Uint8Array(16),
        [
          [new Uint8Array(32), 1],
          [new Uint8Array(32), 2],
        ],
      ]),
      // More relays than a clique uses, and more than one signs.
      encode([1, 7, Array.from({ length: 5 }, () => ['a relay', new Uint8Array(1)])]),
      encode([1, 7, [['a relay', new Uint8Array(9000)]]]),
    ]) {
      const [near, far] = channelPair()
      const bad = new PeerLink(near, ben.device, {
        replica: anna,
        checkpoints: noCheckpoints,
        later: new Clock().later,
      })
      await far.send(frame)
      expect(await bad.ended).toMatchObject({ code: 'sync-message' })
      expect(near.isAborted).toBe(true)
    }
  })

  test('[PS7] that sends refused records without end is cut off', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    const [near, far] = channelPair()
    const bad = new PeerLink(near, ben.device, {
      replica: anna,
      checkpoints: noCheckpoints,
      later: new Clock().later,
    })
    const space = new Uint8Array(16).map((_, i) =>
      Number.parseInt(anna.shared.space.slice(2 * i, 2 * i + 2), 16),
    )
    await far.send(encode([1, 5, space, Array.from({ length: 40 }, () => new Uint8Array(300))]))
    await expect.poll(() => bad.isOver, soon).toBe(true)
    expect(await bad.ended).toMatchObject({ code: 'sync-too-much' })
    expect(anna.texts).toEqual([])
  })

  test('[PS8] that is removed while linked is cut off', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    const { links } = link(anna, ben)
    const known = anna.shared.devices.get(ben.device)
    if (known === undefined) throw new Error('ben is in no roster')
    anna.shared.devices.set(ben.device, { ...known, isIn: false })
    anna.rosterChanged()
    await expect.poll(() => links[0].isOver, soon).toBe(true)
    expect(await links[0].ended).toMatchObject({ code: 'auth-not-a-member' })
  })
})

test('[PS9] a device that writes much at once keeps its links, and all of it arrives once', async () => {
  const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
  const { links } = link(anna, ben)
  await expect.poll(() => anna.noted.has(ben.device), soon).toBe(true)
  for (let i = 0; i < 2_000; i++) anna.say(`line ${i}`)
  await expect.poll(() => ben.texts.length, soon).toBe(2_000)
  expect(ben.duplicates).toBe(0)
  await expect.poll(() => anna.noted.get(ben.device)?.get(anna.device), soon).toBe(1_999)
  const first = await Promise.race([links[0].ended, links[1].ended, Promise.resolve('linked')])
  expect(first).toBe('linked')
}, 30_000)

describe('a space that one of both is not in', () => {
  test('[PS14] is not spoken of, whatever either side holds there', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    anna.shared.strangers.add(ben.device)
    anna.say('not for ben')
    ben.say('made up')
    const { channels, clock } = link(anna, ben)
    anna.act(1)
    await expect.poll(() => ben.items.size, soon).toBe(1)
    anna.say('nor this')
    clock.pass()
    anna.act(2)
    await expect.poll(() => ben.items.size, soon).toBe(2)
    expect(anna.texts).toEqual(['nor this', 'not for ben'])
    expect(ben.texts).toEqual(['made up'])
    expect([anna.noted.size, ben.noted.size]).toEqual([0, 0])
    for (const kind of ['records', 'vector', 'got']) expect(channels.flatMap(kinds)).not.toContain(kind)
  })

  test('[PS14] is closed to whoever is taken out while they are linked, whatever they go on to ask', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    const { channels } = link(anna, ben)
    anna.say('before')
    await expect.poll(() => ben.texts, soon).toEqual(['before'])
    // Ben has not heard of it, and his device goes on as before.
    anna.spacesWith = () => []
    const said = channels[0].sent.length
    anna.say('after')
    ben.say('let me hear')
    anna.act(1)
    await expect.poll(() => ben.items.size, soon).toBe(1)
    expect(ben.texts).toEqual(['before', 'let me hear'])
    expect(anna.texts).toEqual(['after', 'before'])
    const since = channels[0].sent.slice(said).map((frame) => bytesToSyncMessage(frame).kind)
    for (const kind of ['records', 'vector', 'got']) expect(since).not.toContain(kind)
  })

  test('[PS15] is as any other when both have come to be in it, whoever heard of it first', async () => {
    const [anna, ben] = people('anna', 'ben') as [MemoryReplica, MemoryReplica]
    // The space begins with the first item that anybody hears of.
    for (const one of [anna, ben]) {
      const { spacesWith: all } = one
      one.spacesWith = (device) => (one.items.size > 0 ? all(device) : [])
    }
    const { channels } = link(anna, ben)
    await expect.poll(() => channels.map(kinds), soon).toEqual([['summary'], ['summary']])
    anna.act(1)
    await expect.poll(() => ben.items.size, soon).toBe(1)
    anna.say('both of us')
    await expect.poll(() => ben.texts, soon).toEqual(['both of us'])
    await expect.poll(() => anna.noted.get(ben.device)?.get(anna.device), soon).toBe(0)
  })
})
