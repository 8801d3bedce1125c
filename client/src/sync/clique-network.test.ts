import { afterEach, describe, expect, test } from 'vitest'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { CliqueError, systemRandom } from '@clique/crypto'
import { authProtocol } from '../network/auth-messages.ts'
import type { FrameChannel } from '../network/frame-channel.ts'
import { createNode } from '../network/node.ts'
import type { Surroundings } from './clique-network.ts'
import { LightRelay } from './light-relay.ts'
import {
  clique,
  closeAll,
  closers,
  linked,
  placeOf,
  renewCapability,
  surroundings,
  TestRelay,
} from './testing/people-and-relay.node.ts'
import type { Person } from './testing/people-and-relay.node.ts'

const soon = { timeout: 20_000 }
/** A link may take some dials, each of which waits longer than the one before. */
const afterDials = { timeout: 60_000 }
const slow = 120_000

afterEach(closeAll)

/** Sits between devices and relay, and can lose what the relay answers. */
class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  isDeaf = false
  url = ''

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1')
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => socket.destroy())
        socket.on('close', () => {
          this.#sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.on('data', (bytes) => far.write(bytes))
      far.on('data', (bytes) => {
        if (!this.isDeaf) near.write(bytes)
      })
    })
  }

  static async to(url: string): Promise<Wire> {
    const wire = new Wire(Number(new URL(url).port))
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve))
    wire.url = `http://127.0.0.1:${(wire.#server.address() as AddressInfo).port}`
    closers.push(() => {
      wire.cut()
      wire.#server.close()
    })
    return wire
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

describe('two people and one relay', () => {
  test(
    '[CN1] are linked through it, and what one writes reaches the other and the mailbox',
    async () => {
      const relay = await TestRelay.start()
      const [anna, ben] = (await clique(relay.token, await placeOf(relay.url), 'anna', 'ben')) as [
        Person,
        Person,
      ]
      await Promise.all([anna.goOnline(), ben.goOnline()])
      for (const one of [anna, ben]) await expect.poll(() => linked(one), soon).toBe(1)
      anna.replica.say('hello')
      ben.replica.say('hi')
      anna.replica.act(1)
      await expect
        .poll(() => [anna.replica.texts, ben.replica.texts], soon)
        .toEqual([
          ['hello', 'hi'],
          ['hello', 'hi'],
        ])
      await expect.poll(() => ben.replica.items.size, soon).toBe(1)
      await expect
        .poll(() => anna.replica.noted.get(ben.replica.device)?.get(anna.replica.device), soon)
        .toBe(0)
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
    },
    slow,
  )

  test(
    '[CN9] find a direct way by the STUN of their relay, and talk on when it is killed',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      await Promise.all([anna.goOnline(), ben.goOnline()])
      for (const one of [anna, ben]) {
        await expect.poll(() => one.connection?.members.direct.length, afterDials).toBe(1)
        expect(one.connection?.members.relayed).toEqual([])
      }
      expect(anna.stunServers()).toEqual([expect.stringMatching(/^stun:localhost:\d+$/)])
      await relay.kill()
      for (const one of [anna, ben]) {
        await expect.poll(() => one.connection?.state.kind, soon).toBe('direct-only')
      }
      anna.replica.say('still here')
      ben.replica.say('me too')
      for (const one of [anna, ben]) {
        await expect.poll(() => one.replica.texts, soon).toEqual(['me too', 'still here'])
      }
      await expect
        .poll(() => anna.replica.noted.get(ben.replica.device)?.get(anna.replica.device), soon)
        .toBe(0)
      await relay.run()
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
      expect(anna.connection?.members.direct).toHaveLength(1)
    },
    slow,
  )

  test(
    '[CN2] never there at the same time still hear each other',
    async () => {
      const relay = await TestRelay.start()
      const [anna, ben] = (await clique(relay.token, await placeOf(relay.url), 'anna', 'ben')) as [
        Person,
        Person,
      ]
      for (let i = 0; i < 300; i++) anna.replica.say(`anna ${i}`)
      anna.replica.act(1)
      ben.replica.say('ben, offline')
      await anna.goOnline()
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
      await anna.goOffline()
      await ben.goOnline()
      await expect.poll(() => ben.replica.texts.length, soon).toBe(301)
      expect(ben.replica.items.size).toBe(1)
      await expect.poll(() => ben.replica.unsent, soon).toEqual([])
      await ben.goOffline()
      await anna.goOnline()
      await expect.poll(() => anna.replica.texts.length, soon).toBe(301)
      expect([anna.connection?.state.kind, linked(anna)]).toEqual(['online', 0])
    },
    slow,
  )

  test(
    '[CN3] lose nothing when the relay is killed and started again under load',
    async () => {
      const relay = await TestRelay.start()
      const [anna, ben] = (await clique(relay.token, await placeOf(relay.url), 'anna', 'ben')) as [
        Person,
        Person,
      ]
      await anna.goOnline()
      await ben.goOnline()
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 50; i++) anna.replica.say(`${round} ${i}`, 1_000)
        ben.replica.say(`ben ${round}`)
        await relay.kill()
        anna.replica.say(`while it is dead ${round}`)
        await expect.poll(() => anna.connection?.state.kind, soon).not.toBe('online')
        await relay.run()
        await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
        await expect.poll(() => linked(anna), soon).toBe(1)
      }
      await expect.poll(() => ben.replica.texts.length, soon).toBe(156)
      // What it has signed before it was killed still holds.
      expect([anna.connection?.trouble, ben.connection?.trouble]).toEqual([null, null])
      expect(anna.replica.checkpoints.size).toBe(1)
      await expect.poll(() => anna.replica.texts, soon).toEqual(ben.replica.texts)
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
    },
    slow,
  )

  test(
    '[CN4] append again what was cut off between append and receipt, and it counts once',
    async () => {
      const relay = await TestRelay.start()
      const wire = await Wire.to(relay.url)
      const place = { url: wire.url, peer: (await placeOf(relay.url)).peer }
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      await anna.goOnline()
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
      anna.replica.say('first')
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
      wire.isDeaf = true
      anna.replica.say('unheard')
      // Long enough for the append to arrive; what it may not be is answered.
      await new Promise((resolve) => setImmediate(resolve))
      wire.cut()
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('relay-unreachable')
      expect(anna.replica.unsent).toHaveLength(1)
      wire.isDeaf = false
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
      await anna.goOffline()
      await ben.goOnline()
      await expect.poll(() => ben.replica.texts, soon).toEqual(['first', 'unheard'])
    },
    slow,
  )

  test(
    '[CN17] let one in again who was away while all capabilities that they knew came to an end',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      await ben.goOnline()
      await expect.poll(() => ben.connection?.state.kind, soon).toBe('online')
      await ben.goOffline()
      await renewCapability(place, anna, 2)
      await renewCapability(place, anna, 3)
      anna.replica.generations = [3, 2, 1]
      anna.replica.act(1)
      anna.replica.say('you were missed')
      await anna.goOnline()
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
      await expect.poll(() => anna.replica.unsentItems, soon).toEqual([])
      await anna.goOffline()
      // The key that counts now is in what lies in the control mailbox.
      ben.replica.onChange(({ kind }) => {
        if (kind === 'roster' && ben.replica.items.size > 0) ben.replica.generations = [3, 2, 1]
      })
      await ben.goOnline()
      await expect.poll(() => ben.replica.texts, soon).toEqual(['you were missed'])
      expect(ben.connection?.trouble).toBe(null)
      ben.replica.say('I am back')
      await expect.poll(() => ben.replica.unsent, soon).toEqual([])
    },
    slow,
  )

  test(
    '[CN5] drop somebody who is removed, and do not let that device back',
    async () => {
      const relay = await TestRelay.start()
      const [anna, ben] = (await clique(relay.token, await placeOf(relay.url), 'anna', 'ben')) as [
        Person,
        Person,
      ]
      await Promise.all([anna.goOnline(), ben.goOnline()])
      await expect.poll(() => linked(anna), soon).toBe(1)
      const { devices } = anna.replica.shared
      const known = devices.get(ben.replica.device)
      if (known === undefined) throw new Error('ben is in no roster')
      devices.set(ben.replica.device, { ...known, isIn: false })
      anna.replica.rosterChanged()
      await expect.poll(() => linked(anna), soon).toBe(0)
    },
    slow,
  )

  test(
    '[CN6] pass over garbage that somebody left in a mailbox',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      const light = await LightRelay.open([place], surroundings)
      await light.publishItems(anna.replica.facts().control, [systemRandom(256), systemRandom(512)])
      await light.close()
      anna.replica.act(7)
      await anna.goOnline()
      await expect.poll(() => anna.replica.unsentItems, soon).toEqual([])
      await ben.goOnline()
      await expect.poll(() => ben.replica.items.size, soon).toBe(1)
      expect(ben.replica.refused).toBe(2)
    },
    slow,
  )

  test(
    '[CN7] read again what there was no room for, in this session and in the next, and do not wait for it',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      for (const text of ['first', 'second', 'third']) anna.replica.say(text)
      await anna.goOnline()
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
      await anna.goOffline()

      const box = ben.replica.facts().contents[0]?.mailbox
      if (box === undefined) throw new Error('a space has a mailbox')
      const seen: number[] = []
      ben.replica.hasNoRoomFor = (record) => {
        seen.push(record.length)
        return true
      }
      await ben.goOnline()
      await expect.poll(() => seen.length, soon).toBe(3)
      // What comes later is not held up, and the cursor stays before what is lacking.
      ben.replica.say('from ben')
      await expect.poll(() => ben.replica.unsent, soon).toEqual([])
      expect(ben.replica.marks.get(place.peer)?.get(box)?.cursor).toBe(0)
      await ben.goOffline()
      await ben.goOnline()
      await expect.poll(() => seen.length, soon).toBeGreaterThanOrEqual(6)
      expect(ben.replica.texts).toEqual(['from ben'])
      ben.replica.hasNoRoomFor = () => false
      ben.replica.rosterChanged()
      await expect.poll(() => ben.replica.texts, soon).toEqual(['first', 'from ben', 'second', 'third'])
      await expect.poll(() => ben.replica.marks.get(place.peer)?.get(box)?.cursor, soon).toBe(4)
    },
    slow,
  )

  test(
    '[CN8] set aside what a relay will never take, say so, and bring the rest',
    async () => {
      const relay = await TestRelay.start()
      const place = await placeOf(relay.url)
      const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
      anna.replica.act(1, 1_200_000)
      anna.replica.act(2)
      anna.replica.say('behind it')
      await anna.goOnline()
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
      await expect.poll(() => anna.replica.unsentItems, soon).toHaveLength(1)
      await expect.poll(() => anna.connection?.trouble, soon).toBe('relay-item-size')
      await relay.kill()
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('relay-unreachable')
      await relay.run()
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
      anna.replica.say('and later')
      await expect.poll(() => anna.replica.unsent, soon).toEqual([])
      expect(anna.connection?.trouble).toBe('relay-item-size')
      await anna.goOffline()
      await ben.goOnline()
      await expect.poll(() => ben.replica.texts, soon).toEqual(['and later', 'behind it'])
      expect(ben.replica.items.size).toBe(1)
    },
    slow,
  )

  test(
    '[CN15] are linked although one missed the last word of their first meeting',
    async () => {
      const relay = await TestRelay.start()
      const [anna, ben] = (await clique(relay.token, await placeOf(relay.url), 'anna', 'ben')) as [
        Person,
        Person,
      ]
      const missed = new Set<string>()
      const changed = new WeakSet<object>()
      const forgetful: Surroundings['createNode'] = async (seed, rules) => {
        const node = await createNode(seed, rules)
        const dial: typeof node.dial = async (...to) => {
          const connection = await node.dial(...to)
          // The node hands out one and the same for as long as it lives.
          if (changed.has(connection)) return connection
          changed.add(connection)
          const { open } = connection
          return Object.assign(connection, {
            open: async (...what: Parameters<typeof open>) => missLast(await open(...what), what[0]),
          })
        }
        const missLast = (channel: FrameChannel, protocol: string): FrameChannel => {
          if (protocol !== authProtocol || missed.has(node.peer)) return channel
          let heard = 0
          return {
            ...channel,
            receive: async (waitMs) => {
              const frame = await channel.receive(waitMs)
              if (frame === null || ++heard < 3) return frame
              missed.add(node.peer)
              throw new CliqueError('peer-silent')
            },
          }
        }
        return { ...node, dial }
      }
      await Promise.all([anna.goOnline(forgetful), ben.goOnline(forgetful)])
      await expect.poll(() => linked(anna), soon).toBe(1)
      await expect.poll(() => linked(ben), soon).toBe(1)
      expect(missed.size).toBeGreaterThan(0)
    },
    slow,
  )
})
