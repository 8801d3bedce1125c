import { CliqueError, bytesToId, signerFromSeed } from '@clique/crypto'
import { systemRandom, toBase64url } from '@clique/crypto'
import type { DeviceId, MemberId, Signer } from '@clique/crypto'
import * as decoding from 'lib0/decoding'
import { writeSyncStep1, writeUpdate } from 'y-protocols/sync'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { commands } from 'vitest/browser'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { silentMs } from './guarded-connections.ts'
import { readHeard } from './heard.ts'
import { clockToleranceMs, maxStateSize, readState, signState } from './live-state.ts'
import type { LiveState } from './live-state.ts'
import { LiveRoom } from './room.ts'
import type { LiveRoomHost } from './room.ts'
import { Outsider, message, stateMessage } from './testing/outsider.ts'
import { watchWhatIsLeft } from './testing/what-is-left.ts'
import './testing/commands.node.ts'

const soon = { timeout: 20_000 }
/** More than the longest wait between two tickets. */
const afterWaits = { timeout: 45_000 }
const [anna, ben, carla, dora] = [1, 2, 3, 4].map((n) => signerFromSeed(new Uint8Array(32).fill(n))) as [
  Signer,
  Signer,
  Signer,
  Signer,
]
const deviceOf = ({ publicKey }: Signer): DeviceId => bytesToId('device', publicKey)
const memberOf = ({ publicKey }: Signer): MemberId => bytesToId('member', publicKey)
/** Dora was a member once. */
const members = new Map([anna, ben, carla].map((signer) => [deviceOf(signer), memberOf(signer)]))

let name: string
let password: string
let clockAhead: number
const closers: (() => unknown)[] = []

beforeAll(() => commands.startLiveRelay())
afterAll(() => commands.removeLiveRelay())
beforeEach(() => {
  ;[name, password] = [toBase64url(systemRandom(16)), toBase64url(systemRandom(16))]
  clockAhead = 0
})
afterEach(async () => {
  vi.useRealTimers()
  for (const close of closers.splice(0).toReversed()) await close()
})

const now = (): number => Date.now() + clockAhead

function open(change: Partial<LiveRoomHost> = {}): LiveRoom {
  const room = new LiveRoom({
    name,
    password,
    device: deviceOf(anna),
    member: memberOf(anna),
    signer: anna,
    signalAddress: () =>
      commands.liveAddress().catch(() => {
        throw new CliqueError('relay-unreachable')
      }),
    stunServers: () => [],
    memberOf: (device) => members.get(device) ?? null,
    onPeople: () => undefined,
    now,
    random: systemRandom,
    ...change,
  })
  closers.push(() => room.close())
  return room
}

async function outsider(): Promise<Outsider> {
  const one = await Outsider.enters(await commands.liveAddress(), name, password)
  closers.push(() => one.close())
  return one
}

/** Somebody by hand in Anna's room, connected with it. */
async function connected(): Promise<Outsider> {
  const one = await outsider()
  await expect
    .poll(async () => {
      // Her page may not have subscribed yet.
      if (one.connections.size === 0) await one.announce()
      return lastState(one) !== null
    }, afterWaits)
    .toBe(true)
  return one
}

/** Anna's page, by the name that it goes by in the room. */
function pageOf({ connections }: Outsider): string {
  return [...connections.keys()][0]?.split(' ')[1] ?? ''
}

/** The newest state that came from Anna's page, as it was signed. */
function lastState({ received }: Outsider): { client: number; clock: number; signed: string } | null {
  return received.flatMap((bytes) => [...readHeard(bytes)]).at(-1) ?? null
}

async function signed(signer: Signer, change: Partial<LiveState> = {}, room = name) {
  const state: LiveState = {
    device: deviceOf(signer),
    client: 7,
    clock: 1,
    at: now(),
    activity: 'here',
    ...change,
  }
  return stateMessage(state.client, state.clock, { signed: await signState(signer, room, state) })
}

const benIsHere = [{ member: memberOf(ben), typing: false }]

describe('a live room in a real page, with a real relay', () => {
  test('[LIV1] shows who signs, and signs who shows', async () => {
    const room = open()
    const other = await connected()
    const state = lastState(other)
    const rules = { room: name, now, isIn: () => true }
    const read = await readState(state?.signed, state?.client ?? 0, state?.clock ?? 0, rules)
    expect(read).toMatchObject({ device: deviceOf(anna), activity: 'here' })
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    other.send(await signed(ben, { clock: 2, activity: 'typing' }))
    await expect.poll(() => room.people(), soon).toEqual([{ member: memberOf(ben), typing: true }])
    other.close()
    await expect.poll(() => room.people(), soon).toEqual([])
  })

  test('[LIV1] takes no state that is unsigned, of another room, out of time, too long, or of somebody who is out', async () => {
    const room = open()
    const other = await connected()
    const textOf = async (bytes: Promise<Uint8Array>): Promise<string> =>
      readHeard(await bytes)[0]?.signed ?? ''
    const good = await textOf(signed(ben, { client: 9 }))
    const bad: Uint8Array<ArrayBuffer>[] = [
      stateMessage(7, 1, { name: 'Ben' }),
      stateMessage(7, 1, { signed: 'x'.repeat(maxStateSize) }),
      stateMessage(7, 1, { signed: `${good}${'A'.repeat(maxStateSize)}` }),
      // Signed by Carla in the name of Ben.
      await signed(carla, { device: deviceOf(ben) }),
      await signed(ben, {}, 'another room'),
      await signed(ben, { at: now() - clockToleranceMs - 1000 }),
      await signed(ben, { at: now() + clockToleranceMs + 60_000 }),
      // Ben's own state under another number.
      stateMessage(9, 2, { signed: good }),
      stateMessage(8, 1, { signed: good }),
      await signed(dora),
      // Her own device, said by somebody else.
      await signed(anna),
    ]
    for (const bytes of bad) other.send(bytes)
    other.send(await signed(carla))
    // One is judged after the other: when the last one counts, the others were looked at.
    await expect.poll(() => room.people(), soon).toEqual([{ member: memberOf(carla), typing: false }])
  })

  test('[LIV4] a state that is played back changes nothing, whoever plays it', async () => {
    const room = open()
    const [other, replayer] = [await connected(), await connected()]
    const typing = await signed(ben, { clock: 1, activity: 'typing' })
    other.send(typing)
    await expect.poll(() => room.people()[0]?.typing, soon).toBe(true)
    other.send(await signed(ben, { clock: 2, activity: 'gone' }))
    await expect.poll(() => room.people(), soon).toEqual([])
    replayer.send(typing)
    replayer.send(await signed(carla))
    await expect.poll(() => room.people(), soon).toEqual([{ member: memberOf(carla), typing: false }])
  })

  test('[LIV2] nothing of a document is taken in, answered or passed on', async () => {
    const room = open()
    const [other, third] = [await connected(), await connected()]
    const doc = new Doc()
    closers.push(() => doc.destroy())
    doc.getText('text').insert(0, 'not for rooms')
    other.send(message(0, (encoder) => writeUpdate(encoder, encodeStateAsUpdate(doc))))
    other.send(message(0, (encoder) => writeSyncStep1(encoder, new Doc())))
    // A question for all states, and one about tabs of the same browser.
    other.send(message(3, () => undefined))
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    room.setActivity('typing')
    const rules = { room: name, now, isIn: () => true }
    const isTyping = async (): Promise<boolean> => {
      const state = lastState(third)
      if (state === null) return false
      return (await readState(state.signed, state.client, state.clock, rules))?.activity === 'typing'
    }
    await expect.poll(isTyping, soon).toBe(true)
    for (const { received } of [other, third]) {
      for (const bytes of received) {
        const decoder = decoding.createDecoder(bytes)
        const [type, step] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
        // The library asks for the document once, and says that it has none.
        if (type === 0) expect([step, [...decoding.readVarUint8Array(decoder)]]).toEqual([0, [0]])
        else expect(type).toBe(1)
        // States of others are not passed on.
        for (const heard of readHeard(bytes)) expect(heard.client).not.toBe(7)
      }
    }
  })

  test('[LIV2] nobody speaks under the number of somebody else', async () => {
    const room = open()
    const other = await connected()
    const own = lastState(other)
    if (own === null) throw new Error('she said nothing')
    other.send(await signed(ben, { client: own.client, clock: Number.MAX_SAFE_INTEGER - 1 }))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    const before = other.received.length
    room.setActivity('typing')
    await expect.poll(() => other.received.length > before, soon).toBe(true)
    const after = lastState(other)
    const rules = { room: name, now, isIn: () => true }
    expect(await readState(after?.signed, own.client, after?.clock ?? 0, rules)).toMatchObject({
      device: deviceOf(anna),
      activity: 'typing',
    })
  })

  test('[LIV3] who is connected and says nothing that counts is cut off', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const room = open()
    const [quiet, other] = [await connected(), await connected()]
    clockAhead += silentMs - 5000
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    quiet.send(await signed(dora))
    clockAhead += 10_000
    vi.advanceTimersByTime(8_000)
    await expect.poll(() => quiet.connections.size, soon).toBe(0)
    expect(other.connections.size).toBe(1)
  })

  test('[LIV3] whoever offers under many names gets no more connections than a room has', async () => {
    const made = countConnections()
    const room = open()
    const other = await connected()
    const page = pageOf(other)
    const sdp = await offerText()
    const before = made.opened
    for (let i = 0; i < 34; i++) {
      await other.says({
        type: 'signal',
        from: `${other.name} ${i}`,
        to: page,
        token: 1,
        signal: { type: 'offer', sdp },
      })
    }
    await expect.poll(() => made.opened - before, soon).toBe(29)
    // Those who are in go on.
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    expect(made.opened - before).toBe(29)
  })

  test('[LIV5] without an offer nothing begins, and nonsense harms nothing', async () => {
    const made = countConnections()
    const room = open()
    const other = await connected()
    const page = pageOf(other)
    const before = made.opened
    const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }
    const nonsense: object[] = [
      { type: 'signal', from: 'x', to: page, signal: { type: 'candidate', candidate } },
      { type: 'signal', from: 'x', to: page, signal: { type: 'answer', sdp: 'v=0' } },
      { type: 'signal', from: 'x', to: page, signal: { type: 'renegotiate', renegotiate: true } },
      {
        type: 'signal',
        from: other.name,
        to: page,
        signal: { type: 'transceiverRequest', transceiverRequest: {} },
      },
      { type: 'signal', from: other.name, to: page, signal: { type: 'answer', sdp: 'v=0' } },
      { type: 'announce', from: 'x'.repeat(1000) },
      { type: 'announce' },
      [],
    ]
    for (const message of nonsense) await other.says(message)
    for (const data of ['', '?', btoa('hello'), {}, 5, null]) other.publish(data)
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    expect(made.opened).toBe(before)
  })

  test('[LIV5] a page that begins anew is connected anew', async () => {
    const room = open()
    const other = await connected()
    const page = pageOf(other)
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    const again = other.connect(page)
    const opened = new Promise((resolve) => again.on('connect', () => resolve('connected')))
    await expect(opened).resolves.toBe('connected')
    again.send(await signed(ben, { clock: 2, activity: 'typing' }))
    await expect.poll(() => room.people(), soon).toEqual([{ member: memberOf(ben), typing: true }])
  })

  test('[LIV5] a relay that was killed is asked for another ticket, and newcomers are found', async () => {
    const room = open()
    const other = await connected()
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    await commands.killLiveRelay()
    // What is between browsers outlives it.
    other.send(await signed(ben, { clock: 2, activity: 'typing' }))
    await expect.poll(() => room.people()[0]?.typing, soon).toBe(true)
    await commands.restartLiveRelay()
    const newcomer = await connected()
    newcomer.send(await signed(carla))
    await expect.poll(() => room.people().map(({ member }) => member), soon).toContain(memberOf(carla))
  })

  test('a page that may go and stays goes on speaking', async () => {
    const room = open()
    const other = await connected()
    window.dispatchEvent(new Event('beforeunload'))
    const before = other.received.length
    room.setActivity('typing')
    await expect.poll(() => other.received.length > before, soon).toBe(true)
    expect(other.connections.size).toBe(1)
    // When it goes, others know at once.
    window.dispatchEvent(new Event('pagehide'))
    await expect.poll(() => other.connections.size, soon).toBe(0)
  })

  test('close() says goodbye and leaves nothing behind, whenever it is called', async () => {
    const { left, stop } = watchWhatIsLeft()
    closers.push(stop)
    const early = open({ signalAddress: () => new Promise(() => undefined) })
    await early.close()
    const room = open()
    const other = await connected()
    other.send(await signed(ben))
    await expect.poll(() => room.people(), soon).toEqual(benIsHere)
    await room.close()
    const rules = { room: name, now, isIn: () => true }
    const last = lastState(other)
    expect(await readState(last?.signed, last?.client ?? 0, last?.clock ?? 0, rules)).toMatchObject({
      activity: 'gone',
    })
    other.close()
    await expect.poll(left, soon).toEqual([])
    // And another of the same name can follow.
    open()
    await connected()
  })
})

/** How many connections the page has made. */
function countConnections(): { opened: number } {
  const Original = window.RTCPeerConnection
  const made = { opened: 0 }
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      made.opened++
    }
  }
  closers.push(() => (window.RTCPeerConnection = Original))
  return made
}

async function offerText(): Promise<string> {
  const connection = new RTCPeerConnection({ iceServers: [] })
  connection.createDataChannel('', { negotiated: true, id: 0 })
  const { sdp } = await connection.createOffer()
  connection.close()
  return sdp ?? ''
}
