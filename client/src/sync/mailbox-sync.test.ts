import { bytesToId } from '@clique/crypto'
import type { CliqueError, MailboxId, SpaceId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { describe, expect, test } from 'vitest'
import { maxFollowed, restMs } from './mailbox-plan.ts'
import { MailboxSync, fosterMs, sweepEveryMs, sweptAtOnce } from './mailbox-sync.ts'
import { SetAside } from './outbox.ts'
import type { ContentMailbox } from './ports.ts'
import { MemoryRelay } from './testing/memory-relay.ts'
import type { MemoryRelaySession } from './testing/memory-relay.ts'
import { MemoryReplica } from './testing/memory-replica.ts'
import { makeContentMailbox, makeTestClique } from './testing/test-clique.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 20_000 }
const slow = { timeout: 60_000 }

interface Timer {
  readonly ms: number
  readonly run: () => void
}

/** One device at one relay, with a clock that is moved by hand. */
class Device {
  readonly replica: MemoryReplica
  readonly relay: MemoryRelay
  readonly troubles: (CliqueError['code'] | null)[] = []
  readonly timers = new Set<Timer>()
  session!: MemoryRelaySession
  #sync: MailboxSync | null = null

  constructor(replica: MemoryReplica, relay: MemoryRelay) {
    this.replica = replica
    this.relay = relay
    replica.now = relay.now
  }

  connect(): void {
    this.session = this.relay.connect()
    const sync = new MailboxSync({
      session: this.session,
      replica: this.replica,
      relay: this.relay.peer,
      random: (n) => new Uint8Array(n).fill(1),
      later: (run, ms) => {
        const timer = { ms, run }
        this.timers.add(timer)
        return () => this.timers.delete(timer)
      },
      setAside: new SetAside(),
      onTrouble: (code) => this.troubles.push(code),
    })
    this.#sync = sync
    this.session.onGrew = (mailbox, next) => sync.grew(mailbox, next)
  }

  disconnect(): void {
    this.#sync?.close()
    this.session.close()
    this.timers.clear()
  }

  /** Runs the timers that were set for that long, or up to twice as long by chance. */
  elapse(ms: number): void {
    for (const timer of [...this.timers]) {
      if (timer.ms < ms || timer.ms >= 2 * ms) continue
      this.timers.delete(timer)
      timer.run()
    }
  }

  /** Mailboxes that were read to their end and given back. */
  get settled(): number {
    const marks = [...(this.replica.marks.get(this.relay.peer)?.values() ?? [])]
    return marks.filter(({ settledAt }) => settledAt !== null).length
  }
}

const shared = makeTestClique(7)
const spaces = [shared.space, ...[1, 2].map((n) => bytesToId('space', new Uint8Array(16).fill(n)))]
const key = makeContentMailbox(shared, shared.space, 0, true).signer

/** Newest first, without a key pair for each. */
function epochs(space: SpaceId, count: number): ContentMailbox[] {
  const place = spaces.indexOf(space)
  return Array.from({ length: count }, (_, age) => {
    const name = new Uint8Array(32).fill(place + 1)
    new DataView(name.buffer).setUint32(0, age)
    const mailbox = bytesToId('mailbox', name)
    return { mailbox, signer: key, space, epoch: bytesToId('epoch', name), isCurrent: age === 0 }
  })
}

const perSpace = 420
const all = spaces.map((space) => epochs(space, perSpace))
const mailboxAt = (space: number, age: number): MailboxId => all[space]?.[age]?.mailbox ?? missing()
function missing(): never {
  throw new Error('the test names a mailbox that there is')
}

function newDevice(relay = new MemoryRelay('a relay'), name = 'anna'): Device {
  const replica = new MemoryReplica(shared, name)
  replica.contents = all.flat()
  return new Device(replica, relay)
}

/** Records of somebody else, in chain order, to be put where a test wants them. */
function recordsOf(name: string, ...texts: string[]): Uint8Array[] {
  const writer = new MemoryReplica(shared, name)
  for (const text of texts) writer.say(text)
  return [...writer.records.values()].flat().map(({ bytes }) => bytes)
}

const old = perSpace * spaces.length - 8 * spaces.length

describe('more epochs than a session may have mailboxes open', slow, () => {
  test('[MS1] are all read in one session, in turns of the spaces, and the old ones are given back', async () => {
    const device = newDevice()
    const [first = missing(), second = missing()] = recordsOf('ben', 'in the oldest', 'in the newest')
    device.relay.append(mailboxAt(2, perSpace - 1), [first])
    device.relay.append(mailboxAt(1, 0), [second])
    device.connect()
    await expect.poll(() => device.replica.texts, soon).toEqual(['in the newest', 'in the oldest'])
    expect(device.settled).toBe(old)
    expect(perSpace * spaces.length).toBeGreaterThan(limits.mailboxesPerSession)
    expect(device.session.mostOpen).toBeLessThan(maxFollowed)
    await expect.poll(() => device.session.open.size, soon).toBe(1 + 8 * spaces.length)
    const turns = (ages: readonly number[]) => ages.flatMap((age) => [0, 1, 2].map((i) => mailboxAt(i, age)))
    const oldestFirst = Array.from({ length: perSpace - 8 }, (_, i) => perSpace - 1 - i)
    expect(device.session.opened.slice(1)).toEqual(turns([...oldestFirst, 0, 1, 2, 3, 4, 5, 6, 7]))
    expect(device.session.subscribed).toEqual(device.session.open)
    expect(device.troubles).toEqual([])
    device.disconnect()
  })

  test('[MS2] are not opened again in the next session, but for a few', async () => {
    const device = newDevice()
    device.connect()
    await expect.poll(() => device.settled, soon).toBe(old)
    device.disconnect()
    device.relay.now += restMs - 1
    device.connect()
    device.replica.say('something new')
    await expect.poll(() => device.relay.mailboxes.get(mailboxAt(0, 0))?.length, soon).toBe(1)
    await expect.poll(() => device.session.opened.length, soon).toBe(1 + 8 * spaces.length)
    device.disconnect()
    device.relay.now += 1
    device.connect()
    await expect.poll(() => device.session.opened.length, soon).toBe(1 + 8 * spaces.length + sweptAtOnce)
    device.disconnect()
  })

  test('[MS3] are swept in turns, so that what is appended late to any of them is found', async () => {
    const device = newDevice()
    device.connect()
    await expect.poll(() => device.settled, soon).toBe(old)
    const [late = missing()] = recordsOf('ben', 'from a straggler')
    device.relay.append(mailboxAt(1, 300), [late])
    device.relay.now += restMs
    const before = device.session.opened.length
    const turns = Math.ceil(old / sweptAtOnce)
    for (let turn = 1; turn <= turns; turn++) {
      device.relay.now += 1
      device.elapse(sweepEveryMs)
      const expected = before + Math.min(old, turn * sweptAtOnce)
      await expect.poll(() => device.session.opened.length, soon).toBe(expected)
    }
    const swept = device.session.opened.slice(before)
    expect(new Set(swept).size).toBe(old)
    expect(device.replica.texts).toEqual(['from a straggler'])
    await expect.poll(() => device.session.open.size, soon).toBe(1 + 8 * spaces.length)
    device.disconnect()
  })

  test('[MS4] keep what found no room: it is read again in the next session', async () => {
    const device = newDevice()
    device.relay.append(mailboxAt(0, 200), recordsOf('ben', 'early', 'late'))
    device.replica.hasNoRoomFor = () => true
    device.connect()
    await expect.poll(() => device.settled, soon).toBe(old - 1)
    device.disconnect()
    expect(device.replica.marks.get(device.relay.peer)?.get(mailboxAt(0, 200))).toEqual({
      cursor: 0,
      settledAt: null,
    })
    device.replica.hasNoRoomFor = () => false
    device.connect()
    await expect.poll(() => device.replica.texts, soon).toEqual(['early', 'late'])
    await expect.poll(() => device.settled, soon).toBe(old)
    device.disconnect()
  })

  test('[MS5] one that the relay refuses hides no other', async () => {
    const device = newDevice()
    device.relay.append(mailboxAt(0, perSpace - 1), recordsOf('ben', 'the first words'))
    device.relay.refuses.set(mailboxAt(1, 3), 'relay-other-tenant')
    device.relay.refuses.set(mailboxAt(1, 99), 'relay-other-tenant')
    device.connect()
    await expect.poll(() => device.replica.texts, soon).toEqual(['the first words'])
    await expect.poll(() => device.settled, soon).toBe(old - 1)
    await expect.poll(() => device.troubles.at(-1), soon).toBe('relay-other-tenant')
    device.disconnect()
  })

  test('[MS6] an epoch that grew old in a session is read to its end and given back', async () => {
    const device = newDevice()
    device.replica.contents = epochs(shared.space, perSpace).slice(100)
    device.connect()
    await expect.poll(() => device.settled, soon).toBe(perSpace - 108)
    expect(device.session.subscribed.has(mailboxAt(0, 107))).toBe(true)
    device.replica.contents = epochs(shared.space, perSpace)
    device.replica.rosterChanged()
    await expect.poll(() => device.session.subscribed.has(mailboxAt(0, 107)), soon).toBe(false)
    await expect.poll(() => device.settled, soon).toBe(perSpace - 8)
    expect(device.session.open.size).toBe(9)
    device.disconnect()
  })

  test('[MS10] those of a space that one is in no more are given back in the same session', async () => {
    const device = newDevice()
    device.replica.contents = all.flatMap((boxes) => boxes.slice(0, 2))
    device.connect()
    await expect.poll(() => device.session.subscribed.has(mailboxAt(1, 0)), soon).toBe(true)
    await expect.poll(() => device.session.subscribed.size, soon).toBe(1 + device.replica.contents.length)
    device.replica.contents = device.replica.contents.filter(({ space }) => space !== spaces[1])
    device.replica.rosterChanged()
    await expect.poll(() => device.session.subscribed.size, soon).toBe(1 + device.replica.contents.length)
    expect(device.session.open.has(mailboxAt(1, 0))).toBe(false)
    expect(device.session.open.has(mailboxAt(2, 0))).toBe(true)
  })

  test('[MS7] a history is read in the order of its making: a newcomer needs no room to wait', async () => {
    const device = newDevice()
    const texts = Array.from({ length: 60 }, (_, i) => `message ${100 + i}`)
    const records = recordsOf('ben', ...texts)
    // Some in each old epoch, and none in the followed ones but the newest.
    for (const [i, record] of records.entries()) {
      device.relay.append(mailboxAt(0, i === 59 ? 0 : 400 - 5 * i), [record])
    }
    device.connect()
    await expect.poll(() => device.replica.texts, soon).toEqual(texts)
    device.disconnect()
  })

  test('[MS8] what has to wait for an older epoch and finds no room is read again at once', async () => {
    const device = newDevice()
    const texts = Array.from({ length: 8 }, (_, i) => `message ${i}`)
    for (const [i, record] of recordsOf('ben', ...texts).entries()) {
      device.relay.append(mailboxAt(1, 7 - i), [record])
    }
    // In a chain nothing comes out of turn: what would have to wait finds no room here.
    const { replica } = device
    const expected = () => replica.texts.length
    const places = new Map(recordsOf('ben', ...texts).map((record, i) => [String(record), i]))
    replica.hasNoRoomFor = (record) => (places.get(String(record)) ?? 0) > expected()
    device.connect()
    await expect.poll(() => replica.texts, soon).toEqual(texts)
    device.disconnect()
  })

  test('[MS9] each relay gives offsets of its own', async () => {
    const [one, other] = [new MemoryRelay('one'), new MemoryRelay('other')]
    const [a = missing(), b = missing()] = recordsOf('ben', 'first', 'second')
    one.append(mailboxAt(0, 0), [a])
    other.append(mailboxAt(0, 0), [a, b])
    const device = newDevice(one)
    device.connect()
    await expect.poll(() => device.replica.texts, soon).toEqual(['first'])
    const elsewhere = new Device(device.replica, other)
    elsewhere.connect()
    await expect.poll(() => device.replica.texts, soon).toEqual(['first', 'second'])
    device.disconnect()
    elsewhere.disconnect()
  })
})

describe('a second relay', slow, () => {
  const current = epochs(shared.space, 1)
  const [box = missing()] = current
  const contentOf = (relay: MemoryRelay): Uint8Array[] => relay.mailboxes.get(box.mailbox) ?? []

  /** The same device, at two relays. */
  function pair(): [Device, Device] {
    const replica = new MemoryReplica(shared, 'anna')
    replica.contents = current
    return [new Device(replica, new MemoryRelay('first')), new Device(replica, new MemoryRelay('second'))]
  }

  test('[OB3] that is added later gets everything, in order and in batches, and the first is left alone', async () => {
    const [first, second] = pair()
    const { replica } = first
    const others = recordsOf('ben', ...Array.from({ length: 600 }, (_, i) => `ben ${i}`))
    first.relay.append(box.mailbox, others)
    for (let i = 0; i < 700; i++) replica.say(`anna ${i}`)
    replica.act(1)
    first.connect()
    await expect.poll(() => contentOf(first.relay).length, soon).toBe(1300)
    await expect.poll(() => replica.unsent, soon).toEqual([])
    await expect.poll(() => replica.unsentItems, soon).toEqual([])
    const before = contentOf(first.relay).length
    second.connect()
    const own = replica.records.get(replica.device)?.map(({ bytes }) => bytes) ?? []
    await expect.poll(() => contentOf(second.relay).length, soon).toBe(700)
    expect(contentOf(second.relay)).toEqual(own)
    // What others wrote comes after a while: they may bring it themselves.
    second.elapse(fosterMs)
    await expect.poll(() => contentOf(second.relay).length, soon).toBe(1300)
    expect(contentOf(second.relay).slice(700)).toEqual(others)
    expect(Math.max(...second.relay.appends)).toBeLessThanOrEqual(limits.itemsPerAppend)
    expect(second.relay.mailboxes.get(replica.facts().control.mailbox)).toHaveLength(1)
    expect(contentOf(first.relay).length).toBe(before)
    first.disconnect()
    second.disconnect()
  })

  test('[OB3] takes what the first cannot, and the first gets it when it is back', async () => {
    const [first, second] = pair()
    const { replica } = first
    second.connect()
    replica.say('while the first is away')
    await expect.poll(() => contentOf(second.relay).length, soon).toBe(1)
    // One relay is enough for the word that it is on its way.
    await expect.poll(() => replica.unsent, soon).toEqual([])
    first.connect()
    await expect.poll(() => contentOf(first.relay), soon).toEqual(contentOf(second.relay))
    first.disconnect()
    second.disconnect()
  })

  test('[OB4] is not brought what a relay would have let go, unless no relay ever had it', async () => {
    const [first, second] = pair()
    const { replica } = first
    replica.say('of a year ago')
    first.connect()
    await expect.poll(() => contentOf(first.relay).length, soon).toBe(1)
    first.disconnect()
    replica.say('of a year ago, and never sent')
    second.relay.now += limits.keepContent + 1
    replica.now = second.relay.now
    replica.say('of today')
    second.connect()
    await expect.poll(() => contentOf(second.relay).length, soon).toBe(2)
    expect(contentOf(second.relay)).toEqual(
      replica.records
        .get(replica.device)
        ?.slice(1)
        .map((one) => one.bytes),
    )
    second.disconnect()
  })

  test('[OB5] is filled by one device at a time: who sees another at it waits', async () => {
    const relay = new MemoryRelay('second')
    const [anna, carl] = ['anna', 'carl'].map((name) => {
      const replica = new MemoryReplica(shared, name)
      replica.contents = current
      return new Device(replica, relay)
    }) as [Device, Device]
    const history = recordsOf('ben', ...Array.from({ length: 1500 }, (_, i) => `ben ${i}`))
    for (const { replica } of [anna, carl]) await replica.takeRecords(shared.space, history, 'first')
    anna.connect()
    carl.connect()
    await expect.poll(() => carl.session.subscribed.size, soon).toBe(2)
    await expect.poll(() => anna.session.subscribed.size, soon).toBe(2)
    anna.elapse(fosterMs)
    await expect.poll(() => contentOf(relay).length, soon).toBe(1500)
    carl.elapse(fosterMs)
    await expect.poll(() => carl.replica.duplicates, soon).toBe(1500)
    carl.elapse(fosterMs)
    anna.replica.say('and later')
    await expect.poll(() => contentOf(relay).length, soon).toBe(1501)
    await expect.poll(() => carl.replica.texts.length, soon).toBe(1501)
    anna.disconnect()
    carl.disconnect()
  })
})
