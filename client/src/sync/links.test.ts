import { afterEach, describe, expect, test } from 'vitest'
import { bytesToId, systemRandom } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import { authProtocol } from '../network/auth-messages.ts'
import { defaultChannelLimits } from '../network/frame-channel.ts'
import { runAuth } from '../network/link.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { windowOverhead } from '../network/window-channel.ts'
import { Links } from './links.ts'
import { bytesToSyncMessage, syncProtocol } from './sync-messages.ts'
import { Clock } from './testing/clock.ts'
import { MemoryNet } from './testing/memory-node.ts'
import { noCheckpoints } from './testing/no-checkpoints.ts'
import { MemoryReplica } from './testing/memory-replica.ts'
import { makeTestClique } from './testing/test-clique.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 30_000 }
/** Longer than what is waited for, so that a test says what did not come. */
const slow = { timeout: 90_000 }
const relay: RelayPlace = { url: 'http://relay.example', peer: 'relay' }

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

interface Person {
  readonly replica: MemoryReplica
  readonly links: Links
  readonly clock: Clock
  /** How others were linked, after every change. */
  readonly seen: string[]
}

async function people(net: MemoryNet, ...names: string[]): Promise<Person[]> {
  const clique = makeTestClique(7)
  const replicas = names.map((name) => new MemoryReplica(clique, name))
  // The first has the lowest PeerId.
  replicas.sort((a, b) => (a.peer < b.peer ? -1 : 1))
  return Promise.all(
    replicas.map(async (replica) => {
      const clock = new Clock()
      const seen: string[] = []
      const links: Links = await Links.start({
        node: net.node(replica.peer, (peer) =>
          [...replica.facts().devices.values()].some((one) => one.isIn && one.peer === peer),
        ),
        replica,
        checkpoints: noCheckpoints,
        relay: () => relay,
        random: systemRandom,
        later: clock.later,
        more: {
          protocol: '/more/1',
          limits: defaultChannelLimits,
          serve: async (channel) => channel.abort(),
        },
        onLinks: () => seen.push(links.linked.map(({ kind }) => kind).join()),
      })
      closers.push(() => links.close())
      return { replica, links, clock, seen }
    }),
  )
}

async function two(net: MemoryNet): Promise<[Person, Person]> {
  return (await people(net, 'anna', 'ben')) as [Person, Person]
}

const kinds = ({ links }: Person): string[] => links.linked.map(({ kind }) => kind)
const standing = (net: MemoryNet): string[] => [...net.connections].map(({ kind }) => kind)

/** How many records went over the net, each time that one did. */
function recordsSent(net: MemoryNet): number {
  const frames = net.streams
    .filter(({ protocol }) => protocol === syncProtocol)
    .flatMap(({ ends }) => ends.flatMap(({ sent }) => sent))
  return frames
    .filter((frame) => frame[0] === 0)
    .map((frame) => bytesToSyncMessage(frame.subarray(windowOverhead)))
    .reduce((sum, message) => sum + (message.kind === 'records' ? message.records.length : 0), 0)
}

describe('two devices', slow, () => {
  test('[LN1] are linked through the relay first, and then directly, and nobody ever saw them apart', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    low.links.arrive()
    for (const one of [low, high]) await expect.poll(() => kinds(one), soon).toEqual(['direct'])
    await expect.poll(() => standing(net), soon).toEqual(['direct'])
    for (const { seen } of [low, high]) expect(seen).toEqual(['circuit', 'direct'])
  })

  test('[LN2] that write without a break while the link moves get everything, and nothing twice', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    let written = 0
    let isMoving = true
    net.lets = async ({ kind }) => {
      if (kind === 'direct') await expect.poll(() => high.replica.texts.length, soon).toBeGreaterThan(50)
      return true
    }
    const writing = [low, high].map(async ({ replica }) => {
      while (isMoving && written < 5_000) {
        replica.say(`line ${written++}`, 2_000)
        for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
      }
    })
    low.links.arrive()
    for (const one of [low, high]) await expect.poll(() => kinds(one), soon).toEqual(['direct'])
    isMoving = false
    await Promise.all(writing)
    for (const { replica } of [low, high]) {
      await expect.poll(() => replica.texts.length, soon).toBe(written)
      expect(replica.duplicates).toBe(0)
    }
    expect(recordsSent(net)).toBe(written)
    const { device } = low.replica
    const last = (low.replica.records.get(device)?.length ?? 0) - 1
    await expect.poll(() => low.replica.noted.get(high.replica.device)?.get(device), soon).toBe(last)
  })

  test('[LN3] stay linked through the relay where there is no direct way, and it is tried again', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    net.lets = ({ kind }) => kind === 'circuit'
    low.links.arrive()
    const directDials = (): number => net.dialled.filter(({ kind }) => kind === 'direct').length
    await expect.poll(directDials, soon).toBe(1)
    low.replica.say('through the relay')
    await expect.poll(() => high.replica.texts, soon).toEqual(['through the relay'])
    expect([kinds(low), kinds(high)]).toEqual([['circuit'], ['circuit']])
    low.clock.pass()
    await expect.poll(directDials, soon).toBe(2)
    net.lets = () => true
    // Somebody is in another place now.
    low.links.arrive()
    for (const one of [low, high]) await expect.poll(() => kinds(one), soon).toEqual(['direct'])
    expect(net.dialled.every(({ kind, from }) => kind === 'circuit' || from === low.replica.peer)).toBe(true)
  })

  test('[LN4] whose direct link breaks are linked through the relay again, and directly again', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    low.links.arrive()
    await expect.poll(() => standing(net), soon).toEqual(['direct'])
    net.cut('direct')
    await expect.poll(() => [kinds(low), kinds(high)], soon).toEqual([[], []])
    net.lets = ({ kind }) => kind === 'circuit'
    low.clock.pass()
    for (const one of [low, high]) await expect.poll(() => kinds(one), soon).toEqual(['circuit'])
    net.lets = () => true
    low.clock.pass()
    for (const one of [low, high]) await expect.poll(() => kinds(one), soon).toEqual(['direct'])
  })

  test('[LN5] go on directly when everything through the relay breaks', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    low.links.arrive()
    for (const one of [low, high]) await expect.poll(() => kinds(one), soon).toEqual(['direct'])
    net.cut('circuit')
    low.replica.say('without it')
    await expect.poll(() => high.replica.texts, soon).toEqual(['without it'])
    expect([kinds(low), kinds(high)]).toEqual([['direct'], ['direct']])
  })

  test('[LN6] keep the link that they have when somebody else is at the end of the direct way', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    const other = new MemoryReplica(makeTestClique(8), 'carla')
    net.lets = ({ kind }) => {
      // Who answers directly holds no key of this clique.
      if (kind === 'direct') high.replica.gateKeys = other.gateKeys
      return true
    }
    low.links.arrive()
    await expect.poll(() => net.dialled.some(({ kind }) => kind === 'direct'), soon).toBe(true)
    await expect.poll(() => standing(net), soon).toEqual(['circuit'])
    low.replica.say('still here')
    await expect.poll(() => high.replica.texts, soon).toEqual(['still here'])
    expect([kinds(low), kinds(high)]).toEqual([['circuit'], ['circuit']])
  })

  test('[LN8] have no link once one of them is out, though it proved who it is while it was in', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    const handlers = net.nodes.get(high.replica.peer)?.handlers
    const serve = handlers?.get(syncProtocol)
    let asked = 0
    handlers?.set(syncProtocol, (channel, connection) => {
      asked++
      putOut(high.replica, low.replica.device)
      serve?.(channel, connection)
    })
    high.replica.say('not for whoever is out')
    low.links.arrive()
    await expect.poll(() => asked, soon).toBe(1)
    await expect.poll(() => standing(net), soon).toEqual([])
    expect([high.seen, low.replica.texts]).toEqual([[], []])
  })

  test('[LN8] do not move a link to a direct way once one of them is out', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    const handlers = net.nodes.get(high.replica.peer)?.handlers
    const serve = handlers?.get(syncProtocol)
    let isOut = false
    handlers?.set(syncProtocol, (channel, connection) => {
      serve?.(channel, connection)
      if (connection.kind === 'circuit') return
      putOut(high.replica, low.replica.device)
      isOut = true
    })
    low.links.arrive()
    await expect.poll(() => isOut, soon).toBe(true)
    await expect.poll(() => standing(net), soon).toEqual([])
    expect(high.seen).not.toContain('direct')
  })

  test('[LN9] end every connection with whoever is out, also one that no link is on', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    low.links.arrive()
    await expect.poll(() => standing(net), soon).toEqual(['direct'])
    const { replica } = low
    const more = await net.nodes.get(replica.peer)?.dial(relay, high.replica.peer)
    if (more === undefined) throw new Error('there is a node for everybody')
    const { clique, device, signer, peer: ownPeer } = replica
    const { gateKeys, heads } = replica.facts()
    const side = { role: 'dialer', clique, device, signer, ownPeer, gateKeys, heads } as const
    const deviceInRoster = (id: DeviceId) => replica.facts().devices.get(id) ?? null
    const otherPeer = high.replica.peer
    await runAuth(await more.open(authProtocol), { ...side, otherPeer, deviceInRoster, random: systemRandom })
    const admitted = (): number => [...net.connections].filter(({ ends }) => ends[1].isAdmitted).length
    await expect.poll(admitted, soon).toBe(2)
    // It is the device that counts, also where somebody has put another one under the same PeerId.
    const other = bytesToId('device', new Uint8Array(32).fill(9))
    const known = replica.shared.devices.get(device)
    if (known === undefined) throw new Error('everybody is known')
    high.replica.shared.devices.set(other, { ...known, device: other })
    putOut(high.replica, device)
    await expect.poll(() => standing(net), soon).toEqual([])
  })

  test('[LN9] end also a connection with whoever is out on which nothing was proven', async () => {
    const net = new MemoryNet()
    const [low, high] = await two(net)
    low.links.arrive()
    await expect.poll(() => standing(net), soon).toEqual(['direct'])
    // As a changed client does, and says nothing over them.
    const node = net.nodes.get(low.replica.peer)
    await node?.dial(relay, high.replica.peer)
    const silent = [...net.connections].find(({ kind }) => kind === 'circuit')
    for (const end of silent?.ends ?? []) end.admit()
    await node?.dialDirect(relay, high.replica.peer)
    expect(standing(net)).toEqual(['direct', 'circuit', 'direct'])
    putOut(high.replica, low.replica.device)
    await expect.poll(() => standing(net), soon).toEqual([])
  })
})

function putOut(replica: MemoryReplica, device: DeviceId): void {
  const known = replica.shared.devices.get(device)
  if (known === undefined) throw new Error('nobody to be put out')
  replica.shared.devices.set(device, { ...known, isIn: false })
  replica.rosterChanged()
}

test(
  '[LN7] six devices that wake at once open all 15 links directly, each dialled by the lower side',
  slow,
  async () => {
    const net = new MemoryNet()
    const all = await people(net, 'anna', 'ben', 'carla', 'dora', 'emil', 'fritz')
    for (const { links } of all) links.arrive()
    for (const one of all) {
      await expect.poll(() => kinds(one), soon).toEqual(Array.from({ length: 5 }, () => 'direct'))
    }
    await expect.poll(() => standing(net).length, soon).toBe(15)
    const direct = net.dialled.filter(({ kind }) => kind === 'direct')
    expect(direct.every(({ from, to }) => from < to)).toBe(true)
    all[0]?.replica.say('everybody')
    for (const { replica } of all) {
      await expect.poll(() => replica.texts, soon).toEqual(['everybody'])
      expect(replica.duplicates).toBe(0)
    }
  },
)
