import { bytesToId, makeSessionId, nameRecord, sendingKey, systemRandom } from '@clique/crypto'
import type { RecordBody, SpaceKey } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Chapter } from './chapter.ts'
import { recordsBeyond } from './outgoing.ts'
import { forge } from './testing/forgery.ts'
import type { Forged } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'
import { describeUpdate } from './update-description.ts'

let anna: TestMember
let eve: TestMember
let ben: TestMember
let carl: TestMember
let dora: TestMember
let everybody: TestMember[]
/** What Eve's device had before Ben came, and what it has since: the former is out of reach for all who came after it. */
let [old, key]: SpaceKey[] = []
beforeEach(async () => {
  anna = await TestMember.founder('Anna', 'since-join')
  everybody = [anna]
  eve = await comes('Eve')
  await anna.tellsRoster(eve)
  const { session, space } = eve
  old = sendingKey(session.log, space) ?? undefined
  ben = await comes('Ben')
  carl = await comes('Carl')
  dora = await comes('Dora')
  for (const member of [eve, ben, carl, dora]) await anna.tellsRoster(member)
  key = sendingKey(session.log, space) ?? undefined
  for (const reader of [ben, carl, dora]) {
    const outOfReach = session.outOfReach(space, reader.session.device)
    expect([old, key].map((one) => one && outOfReach.has(one.keyId))).toEqual([true, false])
  }
})
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

async function comes(name: string): Promise<TestMember> {
  const newcomer = await anna.invites(name)
  everybody.push(newcomer)
  await newcomer.tells(anna)
  return newcomer
}

/** What Eve's device, or a copy of it, signs and seals: it goes on from what it wrote `before` in the same stretch. */
async function writes(
  text: string,
  changes: Partial<RecordBody> = {},
  before: readonly Forged[] = [],
): Promise<Forged> {
  if (key === undefined) throw new Error('a key')
  const { body } = await forge(eve, {}, { key })
  const chapter = new Chapter(body.space, body.document)
  for (const { device, sequence, payload: update } of before.map((one) => one.body)) {
    chapter.apply({ device, sequence, receivedAt: 1, update, described: describeUpdate(update) })
  }
  const session = makeSessionId(systemRandom)
  const time = Date.now()
  const writer = { device: body.device, session }
  const payload = chapter.append(writer, { kind: 'message', time, sentAt: time, text })
  return forge(eve, { session, ...changes, payload }, { key })
}

/** The place behind a record; `by`: the key under which that is said to be sealed. */
function behind({ body }: Forged, by: SpaceKey | undefined = key): Partial<RecordBody> {
  return { sequence: body.sequence + 1, previous: nameRecord(body).id, previousKey: by?.keyId ?? null }
}

/** One after the other, as they come. */
async function hears(member: TestMember, ...records: readonly Pick<Forged, 'bytes'>[]): Promise<void> {
  for (const { bytes } of records) await member.session.receiveRecords(member.space, [bytes], null)
}

/** Says something, and returns the record. */
async function says(member: TestMember, text: string): Promise<Pick<Forged, 'bytes'>> {
  const before = new Set((await member.records()).map(String))
  await member.says(text)
  const [bytes] = (await member.records()).filter((one) => !before.has(String(one)))
  if (bytes === undefined) throw new Error('a record')
  return { bytes }
}

/** What a link carries from one to the other. */
async function links(from: TestMember, to: TestMember): Promise<void> {
  const documents = await from.session.documents(from.space)
  const known = await to.session.vector(to.space, from.session.device)
  const outOfReach = from.session.outOfReach(from.space, to.session.device)
  const { records } = await recordsBeyond(documents, known, 20_000, outOfReach, () => true)
  const sealed = records.map(({ bytes }) => bytes)
  await to.session.receiveRecords(to.space, sealed, null)
}

const rowsOf = async (member: TestMember) => (await member.sees()).toSorted()

/** The third names for the second, which is sealed as the others are, a key that newcomers cannot have. */
async function misnamed() {
  const one = await writes('one')
  const two = await writes('two', behind(one), [one])
  const three = await writes('three', behind(two, old))
  const four = await writes('four', behind(three), [three])
  return [one, two, three, four] as const
}

test('[CID5] a stretch begins where a record says so, also where that is false of the one before', async () => {
  const [one, two, three, four] = await misnamed()
  await hears(ben, three, four)
  const word = await says(ben, 'heard')
  await hears(ben, one, two)
  // The other way round.
  for (const member of [carl, dora]) await hears(member, one, two)
  await hears(carl, three, four, word)
  await hears(dora, word, four, three)
  const rows = ['Ben: heard', 'Eve: four', 'Eve: one', 'Eve: three', 'Eve: two']
  for (const member of [ben, carl, dora]) {
    expect(await rowsOf(member)).toEqual(rows)
    expect((await member.sees(await member.tab())).toSorted()).toEqual(rows)
  }
})

test('[CID5] of two branches that were both acknowledged one stands behind the other in a stretch of its own', async () => {
  const unread = () => bytesToId('record', systemRandom(32))
  const three = await writes('three', { sequence: 3, previous: unread(), previousKey: old?.keyId ?? null })
  // A backup was read back in which Ben was not there yet.
  const other = await writes('four', { sequence: 4, previous: unread(), previousKey: old?.keyId ?? null })
  await hears(ben, three)
  const word = await says(ben, 'heard')
  await hears(carl, other)
  const another = await says(carl, 'heard that')
  await hears(dora, other, another, three, word)
  await hears(ben, other, another)
  await hears(carl, three, word)
  const rows = ['Ben: heard', 'Carl: heard that', 'Eve: four', 'Eve: three']
  for (const member of [ben, carl, dora]) expect(await rowsOf(member)).toEqual(rows)
})

test('[CHN6] [CHN9] what was acknowledged keeps nothing that stands before its stretch, where the chain forks there, too', async () => {
  const [one, two, three, four] = await misnamed()
  const other = await writes('another', behind(one), [one])
  await hears(ben, three, four)
  const word = await says(ben, 'heard')
  await hears(ben, one, two)
  expect(await rowsOf(ben)).toContain('Eve: two')
  await hears(ben, other)
  await hears(carl, one, other, two, three, four, word)
  await hears(dora, word, four, two, three, one, other)
  const rows = ['Ben: heard', 'Eve: four', 'Eve: one', 'Eve: three']
  for (const member of [ben, carl, dora]) {
    expect(await rowsOf(member)).toEqual(rows)
    expect((await member.sees(await member.tab())).toSorted()).toEqual(rows)
  }
})

test('[CHN8] [CHN10] what a record that lies aside says was before it shows that the chain forks there', async () => {
  const unread = () => bytesToId('record', systemRandom(32))
  const one = await writes('one')
  const two = await writes('two', { sequence: 2, previous: unread(), previousKey: old?.keyId ?? null })
  const three = await writes('three', behind(two, old))
  const other = await writes('another', { sequence: 3, previous: unread(), previousKey: key?.keyId ?? null })
  const second = await writes('second', behind(one), [one])
  await hears(ben, three, other, two, one)
  await hears(carl, one, second, two, three, other)
  for (const together of [[three, other], [two, second], [one]]) {
    const sealed = together.map(({ bytes }) => bytes)
    await dora.session.receiveRecords(dora.space, sealed, null)
  }
  for (const member of [ben, carl, dora]) {
    expect((await member.session.documents(member.space)).forks.get(eve.session.device)).toBe(1)
    expect(await member.sees()).toEqual([])
  }
})

test('[CHN3] [CHN10] that a chain forks by a key that was misnamed is told with the record that has another', async () => {
  const [one, two, three, four] = await misnamed()
  await hears(anna, one, two, three, four)
  await hears(ben, three, four)
  expect(await ben.sees()).toEqual(['Eve: three', 'Eve: four'])
  await links(anna, ben)
  expect((await ben.session.documents(ben.space)).forks.get(eve.session.device)).toBe(3)
  expect(await ben.sees()).toEqual([])
  // He says that he lacks what stands before that.
  await links(anna, ben)
  for (const member of [anna, ben]) expect(await member.sees()).toEqual(['Eve: one', 'Eve: two'])
  expect(await ben.session.vector(ben.space)).toEqual(await anna.session.vector(anna.space))
})
