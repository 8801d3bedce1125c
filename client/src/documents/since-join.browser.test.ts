import { bytesToId, sealedKeyId, sendingKey, systemRandom, toHex } from '@clique/crypto'
import type { KeyId, RecordId } from '@clique/crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forgeRotation } from '../../../crypto/src/testing/forge.ts'
import { readItems } from '../storage/items.ts'
import { readWaiting } from '../storage/waiting.ts'
import { chapterName, chapterPrefix } from './chapter-name.ts'
import { recordsBeyond } from './outgoing.ts'
import { forge, forgeChain, forgeCompaction } from './testing/forgery.ts'
import type { Forged } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
let everybody: TestMember[]
beforeEach(async () => {
  anna = await TestMember.founder('Anna', 'since-join')
  await anna.says('Anna alone')
  ben = await anna.invites('Ben')
  everybody = [anna, ben]
  await meets()
})
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

/** Everybody tells everybody what they may open, as peers do. */
async function meets(): Promise<void> {
  for (const from of [...everybody, ...everybody]) {
    for (const to of everybody) if (to !== from) await peers(from, to)
  }
}

/** What a link carries from one to the other, and how many chains hold nothing more for them. */
async function peers(from: TestMember, to: TestMember): Promise<{ sent: number; passedOver: number }> {
  await from.tellsRoster(to)
  const documents = await from.session.documents(from.space)
  const known = await to.session.vector(to.space, from.session.device)
  const outOfReach = from.session.outOfReach(from.space, to.session.device)
  let [sent, chains] = [0, 0]
  for (;;) {
    const { records, passedOver } = await recordsBeyond(documents, known, 20_000, outOfReach)
    for (const [device, sequence] of passedOver) known.set(device, sequence)
    for (const { device, sequence } of records) known.set(device, sequence)
    const sealed = records.map(({ bytes }) => bytes)
    const reception = await to.session.receiveRecords(to.space, sealed, null)
    expect(reception).toMatchObject({ waiting: 0, passedOver: 0, refused: [] })
    sent += records.length
    chains += passedOver.size
    if (records.length === 0) return { sent, passedOver: chains }
  }
}

async function comes(host: TestMember, name: string): Promise<TestMember> {
  const newcomer = await host.invites(name)
  everybody.push(newcomer)
  return newcomer
}

async function waitingOf(member: TestMember): Promise<unknown[]> {
  const { place } = await member.session.documents(member.space)
  return readWaiting(member.store, place)
}

/** What two say to each other of what they hold is the same when there is nothing left to tell. */
async function expectEven(a: TestMember, b: TestMember): Promise<void> {
  const vector = await a.session.vector(a.space, b.session.device)
  expect(vector).toEqual(await b.session.vector(b.space, a.session.device))
}

const texts = (rows: readonly string[]) => rows.map((row) => row.split(': ')[1])

test('[EPO11] a newcomer who holds nothing of a copied device cuts off nothing that others hold', async () => {
  await ben.says('Ben before Carl')
  await meets()
  const carl = await anna.invites('Carl')
  everybody.push(carl)
  await meets()
  const { log, me } = ben.session
  const twins = [1, 2].map(() => forgeRotation({ log, random: systemRandom, device: me }, () => ({})))
  const proof = await Promise.all(twins)
  for (const member of [anna, carl]) await member.session.receiveItems(proof, null)
  expect(carl.session.log.state.devices.get(ben.session.device)?.status).toBe('forked')
  expect(await carl.session.cuts()).toEqual([])
  expect((await anna.session.cuts()).map(({ sequence }) => sequence).toSorted()).toEqual([0, 1])
})

test('a newcomer reads what is written from the invitation on, and nothing before', async () => {
  expect(await ben.sees()).toEqual([])
  await anna.says('to Ben')
  await ben.says('to Anna')
  await meets()
  expect(await ben.sees()).toEqual(['Anna: to Ben', 'Ben: to Anna'])
  expect(await anna.sees()).toEqual(['Anna: Anna alone', 'Anna: to Ben', 'Ben: to Anna'])
  await expectEven(anna, ben)
  expect(await waitingOf(ben)).toEqual([])
  // The same from the disk alone.
  expect(await ben.sees(await ben.tab())).toEqual(['Anna: to Ben', 'Ben: to Anna'])
})

test('what was written under the open invitation is read, and what was written before it never', async () => {
  const later = await anna.invites('Carl')
  await anna.says('Carl is invited, and has come without my knowing')
  everybody.push(later)
  await meets()
  expect(await later.sees()).toEqual(['Anna: Carl is invited, and has come without my knowing'])
})

test('what a mailbox gives in any order is the same, and what is for others is passed over', async () => {
  await ben.says('of the old')
  await meets()
  const carl = await comes(anna, 'Carl')
  await peers(carl, anna)
  await anna.says('one')
  await anna.says('two')
  await peers(anna, ben)
  await ben.says('three')
  await peers(ben, anna)
  await anna.tellsRoster(carl)
  const records = (await anna.records()).toReversed()
  for (const bytes of records) {
    const reception = await carl.session.receiveRecords(carl.space, [bytes], 'a relay')
    expect(reception.refused).toEqual([])
  }
  expect(await carl.sees()).toEqual(['Anna: one', 'Anna: two', 'Ben: three'])
  expect(await waitingOf(carl)).toEqual([])
  await expectEven(anna, carl)
  const again = await carl.session.receiveRecords(carl.space, records, 'a relay')
  expect(again).toMatchObject({ accepted: 0, duplicates: 3, waiting: 0, passedOver: 2, refused: [] })
})

test('a record of somebody else’s time that came before the roster waits for it, and is then let go', async () => {
  await anna.says('of the old')
  const carl = await comes(ben, 'Carl')
  // Anna has written under an epoch that Carl has not heard of, and that is not for him.
  const early = await carl.session.receiveRecords(carl.space, await anna.records(), 'a relay')
  expect(early.waiting + early.passedOver).toBe(2)
  await ben.says('from now on')
  await meets()
  expect(await waitingOf(carl)).toEqual([])
  expect(await carl.sees()).toEqual(['Ben: from now on'])
})

test('within what is for somebody a gap waits as ever', async () => {
  const carl = await comes(anna, 'Carl')
  await peers(carl, anna)
  for (const text of ['one', 'two', 'three']) await anna.says(text)
  await anna.tellsRoster(carl)
  const [one, two, three] = (await anna.records()).slice(-3)
  if (!one || !two || !three) throw new Error('three records')
  const late = await carl.session.receiveRecords(carl.space, [three, two], 'a relay')
  expect(late).toMatchObject({ accepted: 0, waiting: 2, passedOver: 0 })
  await carl.session.receiveRecords(carl.space, [one], 'a relay')
  expect(texts(await carl.sees())).toEqual(['one', 'two', 'three'])
})

test('after two long chains a newcomer is sent nothing of them, and a second one nothing of the first’s time', async () => {
  for (const old of [anna, ben]) {
    await old.session.receiveRecords(old.space, await forgeChain(old, 150), null)
  }
  await meets()
  const carl = await comes(anna, 'Carl')
  await peers(carl, anna)
  await anna.says('welcome')
  expect(await peers(anna, carl)).toEqual({ sent: 1, passedOver: 2 })
  await peers(anna, ben)
  await ben.says('welcome too')
  await meets()
  await carl.says('thank you')
  await meets()
  const ours = ['welcome', 'welcome too', 'thank you']
  expect(texts(await carl.sees())).toEqual(ours)
  for (const old of [anna, ben]) expect(texts(await old.sees()).slice(-3)).toEqual(ours)

  const dora = await comes(carl, 'Dora')
  await meets()
  for (const member of everybody) {
    await member.says(`${member.name} knows Dora`)
    await meets()
  }
  const known = everybody.map(({ name }) => `${name} knows Dora`)
  expect(texts(await dora.sees())).toEqual(known)
  expect(texts(await carl.sees())).toEqual([...ours, ...known])
  expect(texts(await carl.sees(await carl.tab()))).toEqual([...ours, ...known])
  expect(await waitingOf(dora)).toEqual([])
  for (const a of everybody) for (const b of everybody) await expectEven(a, b)
}, 60_000)

test('two who come beside each other read all that is written by those who know of their invitations', async () => {
  const carl = await comes(anna, 'Carl')
  const dora = await comes(ben, 'Dora')
  // Neither knows of the other, nor do the hosts of the other's guest.
  await carl.says('I am Carl')
  await dora.says('I am Dora')
  await meets()
  await anna.says('now we are four')
  await meets()
  for (const newcomer of [carl, dora]) {
    expect(texts(await newcomer.sees()).slice(-1)).toEqual(['now we are four'])
    expect(await waitingOf(newcomer)).toEqual([])
  }
  expect(await anna.sees()).toContain('Carl: I am Carl')
  expect(await anna.sees()).toContain('Dora: I am Dora')
})

test('under several open invitations who joined and who has not heard of it understand each other', async () => {
  const host = anna
  const carl = await comes(host, 'Carl')
  const dora = await comes(host, 'Dora')
  await dora.says('Carl is still to come, as far as I know')
  await meets()
  expect(await carl.sees()).toEqual(['Dora: Carl is still to come, as far as I know'])
})

test('in whatever pieces and order things come, everybody who is to see them sees the same (I1)', async () => {
  await anna.says('old 1')
  await ben.says('old 2')
  await meets()
  const host = everybody.length
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), async (choices) => {
      const carl = await comes(anna, `Carl ${everybody.length - host}`)
      const pick = (below: number) => (choices.next().value ?? 0) % below
      await peers(carl, anna)
      await peers(anna, ben)
      for (const text of ['a', 'b', 'c']) {
        await (pick(2) === 0 ? anna : ben).says(text)
        if (pick(2) === 0) await peers(anna, ben)
      }
      await meetsTwo()
      const records = await anna.records()
      const { items } = await readItems(anna.store, anna.session.clique)
      const parcels = [
        ...records.map((bytes) => ({ bytes, isRecord: true })),
        ...items.map(({ bytes }) => ({ bytes, isRecord: false })),
      ]
      while (parcels.length > 0) {
        const [parcel] = parcels.splice(pick(parcels.length), 1)
        if (parcel === undefined) break
        if (parcel.isRecord) await carl.session.receiveRecords(carl.space, [parcel.bytes], 'a relay')
        else await carl.session.receiveItems([parcel.bytes], 'a relay')
      }
      expect(texts(await carl.sees()).toSorted()).toEqual(['a', 'b', 'c'])
      expect(await waitingOf(carl)).toEqual([])
      await expectEven(anna, carl)
    }),
    { numRuns: 5 },
  )
}, 60_000)

async function meetsTwo(): Promise<void> {
  await peers(anna, ben)
  await peers(ben, anna)
}

test('a chapter of another circle, and a false word about the record before, are refused', async () => {
  await anna.says('fine')
  await meets()
  const prefixes = [...anna.session.log.state.epochs.keys()].map((epoch) =>
    chapterPrefix(anna.session.log.state, epoch),
  )
  for (const document of [chapterName(0), chapterName(0, prefixes[0])]) {
    const { bytes } = await forge(anna, { document })
    const reception = await ben.session.receiveRecords(ben.space, [bytes], null)
    expect(reception).toMatchObject({ accepted: 0, refused: [{ code: 'document-unknown' }] })
  }
  const { bytes } = await forge(anna, { previousKey: toHex(systemRandom(16)) as KeyId })
  const reception = await ben.session.receiveRecords(ben.space, [bytes], null)
  expect(reception).toMatchObject({ accepted: 0, waiting: 1, refused: [] })
  expect(await ben.sees()).toEqual(['Anna: fine'])
})

test('[CMP4] what was written before somebody joined does not come to them through a compaction', async () => {
  const carl = await comes(anna, 'Carl')
  await carl.tellsRoster(anna)
  await anna.says('for all three')
  const records = await anna.records()
  // A changed app carries on what Carl must not read, under the key that he has.
  const key = sendingKey(anna.session.log, anna.space) ?? undefined
  const compaction = await forgeCompaction(anna, records, key)
  const reception = await carl.session.receiveRecords(carl.space, [compaction], null)
  const refused = [{ index: 0, code: 'compaction-mismatch' }]
  expect(reception).toMatchObject({ accepted: 0, waiting: 0, refused })
  expect(await carl.sees()).toEqual([])
  // What is sealed as it was is nothing to him.
  const old = [...anna.session.keysOf(anna.space).values()].find(
    ({ keyId }) => keyId === sealedKeyId(records[0] ?? compaction),
  )
  const sealed = await forgeCompaction(anna, records.slice(0, 1), old)
  expect(await carl.session.receiveRecords(carl.space, [sealed], null)).toMatchObject({ passedOver: 1 })
})

test('[CHN10] where a chain forks does not depend on which of its ends came first', async () => {
  const [theirs] = ben.session.outOfReach(ben.space, ben.session.device)
  if (theirs === undefined) throw new Error('what Anna wrote alone is not for Ben')
  const [carl, dora] = [await comes(anna, 'Carl'), await comes(anna, 'Dora')]
  await meets()
  await anna.says('fine')
  await meets()
  const anyRecord = () => bytesToId('record', systemRandom(32))
  const tale = async (sequence: number, previous: RecordId) =>
    forge(anna, { sequence, previous, previousKey: theirs })
  const one = await tale(14, anyRecord())
  const other = await tale(14, anyRecord())
  const behind = await tale(15, anyRecord())
  const orders: [TestMember, Forged[]][] = [
    [ben, [behind, other, one]],
    [carl, [one, other, behind]],
    [dora, [other, behind, one]],
  ]
  for (const [reader, order] of orders) {
    for (const { bytes } of order) await reader.session.receiveRecords(reader.space, [bytes], null)
    const { forks } = await reader.session.documents(reader.space)
    expect(forks.get(anna.session.device)).toBe(13)
  }
})
