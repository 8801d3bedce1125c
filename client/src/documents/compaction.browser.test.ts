import { rotateEpoch, systemRandom } from '@clique/crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readNewestDocuments } from '../storage/snapshots.ts'
import { readWaiting } from '../storage/waiting.ts'
import { compactOwn, leastCarried } from './compact-own.ts'
import { recordsBeyond } from './outgoing.ts'
import { SpaceDocuments } from './space-documents.ts'
import { TestMember } from './testing/members.ts'
import { again, contentOf, hearRoster, hears, rowsOf } from './testing/readers.ts'

const relay = 'relaya'
const hour = 60 * 60_000

let anna: TestMember
let ben: TestMember
let everybody: TestMember[]
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  everybody = [anna, ben]
  await hearRoster(everybody)
})
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

async function comes(name: string): Promise<TestMember> {
  const member = await anna.invites(name)
  everybody.push(member)
  await hearRoster(everybody)
  return member
}

/** Ben says so much that it pays, and hears of a word of Anna's in between; a relay has it all. */
async function talks(count = leastCarried): Promise<Uint8Array[]> {
  const half = Math.floor(count / 2)
  for (let i = 0; i < half; i++) await ben.says(`Ben ${i}`)
  await anna.says('Anna between')
  await anna.tells(ben)
  for (let i = half; i < count; i++) await ben.says(`Ben ${i}`)
  const records = await ben.records()
  await hears(ben, records, relay)
  return records
}

/** As time goes by. */
async function compacts(member = ben): Promise<Uint8Array> {
  member.clockError += hour
  await member.session.write(member.space, compactOwn)
  member.clockError -= hour
  const row = (await rowsOf(member)).findLast(({ first }) => first !== undefined)
  if (row === undefined) throw new Error('a compaction')
  return row.bytes
}

const contentAgain = (member: TestMember) => again(member, (opened) => contentOf(member, opened))

async function vectorOf(member: TestMember) {
  return [...(await member.session.vector(member.space))].toSorted()
}

test('[CPT1] a device carries what it wrote last in one record, and shows the same as before', async () => {
  await talks()
  const before = await contentOf(ben)
  const times = (await rowsOf(ben)).map(({ receivedAt }) => receivedAt)
  await compacts()
  const rows = await rowsOf(ben)
  expect(rows.map(({ first, sequence }) => [first, sequence])).toEqual([
    [undefined, 1],
    [1, leastCarried + 1],
  ])
  expect(await contentOf(ben)).toEqual(before)
  expect(await contentAgain(ben)).toEqual(before)
  expect(rows.at(-1)?.receivedAts).toEqual(times.filter((_, i) => i !== leastCarried / 2))
  await ben.says('and on')
  expect((await contentOf(ben)).slice(0, -1)).toEqual(before)
})

test('[CPT1] not while somebody is writing, before a relay has it all, or where it is too little', async () => {
  await talks(leastCarried - 1)
  ben.clockError += hour
  const isCompacted = async () => (await rowsOf(ben)).some(({ first }) => first !== undefined)
  await ben.session.write(ben.space, compactOwn)
  expect(await isCompacted()).toBe(false)
  await ben.says('one more')
  ben.clockError += hour
  await ben.session.write(ben.space, compactOwn)
  expect(await isCompacted()).toBe(false)
  await hears(ben, await ben.records(), relay)
  ben.clockError -= hour
  await ben.session.write(ben.space, compactOwn)
  expect(await isCompacted()).toBe(false)
  await compacts()
  expect(await isCompacted()).toBe(true)
  // Nothing is carried twice.
  ben.clockError += hour
  await ben.session.write(ben.space, compactOwn)
  expect((await rowsOf(ben)).filter(({ first }) => first !== undefined)).toHaveLength(1)
})

test('[CPT1] what an older epoch has sealed is left as it is', async () => {
  await talks()
  await ben.session.act((log, me) => rotateEpoch(log, me, { random: systemRandom }))
  await ben.says('under the new one')
  await hears(ben, await ben.records(), relay)
  ben.clockError += hour
  await ben.session.write(ben.space, compactOwn)
  expect((await rowsOf(ben)).some(({ first }) => first !== undefined)).toBe(false)
})

test('[CPT2] holders drop what a compaction carries once they hold the same', async () => {
  const records = await talks()
  await hears(anna, records)
  const before = await contentOf(anna)
  const compaction = await compacts()
  expect(await hears(anna, [compaction], relay)).toMatchObject({ accepted: 1, waiting: 0, refused: [] })
  expect((await rowsOf(anna)).map(({ first }) => first)).toEqual([undefined, 1])
  expect(await contentOf(anna)).toEqual(before)
  expect(await contentAgain(anna)).toEqual(before)
  // The old ones are known when they come again, also to a tab that starts later.
  const known = { accepted: 0, duplicates: records.length, waiting: 0, refused: [] }
  expect(await hears(anna, records, relay)).toMatchObject(known)
  const tab = await anna.tab()
  expect(await tab.receiveRecords(anna.space, records, null)).toMatchObject(known)
  expect(await vectorOf(anna)).toEqual(await vectorOf(ben))
  await anna.says('and on')
  await anna.tells(ben)
  expect(await ben.sees()).toEqual(await anna.sees())
})

test('[CPT2] a tab that has not heard of it yet shows all that it showed', async () => {
  await talks()
  const { context, place } = await ben.session.documents(ben.space)
  const tab = await SpaceDocuments.open(context)
  await compacts()
  const [chapter] = await readNewestDocuments(ben.store, place, 1)
  if (chapter === undefined) throw new Error('a chapter')
  const entries = (await tab.chapter(chapter.document)).entries()
  expect(entries).toHaveLength(leastCarried + 1)
  await tab.catchUp()
  expect((await tab.chapter(chapter.document)).entries()).toHaveLength(leastCarried + 1)
  await tab.close()
})

test('[CPT3] who has nothing, a part or all of it comes to hold the same, and nobody is asked again', async () => {
  const carl = await comes('Carl')
  const records = await talks()
  await hears(anna, records.slice(0, 20))
  await compacts()
  await ben.says('and on')
  const links = async (from: TestMember, to: TestMember): Promise<number> => {
    const known = await to.session.vector(to.space, from.session.device)
    const documents = await from.session.documents(from.space)
    const { records: sent } = await recordsBeyond(documents, known, 1_000_000)
    const sealed = sent.map(({ bytes }) => bytes)
    expect(await hears(to, sealed)).toMatchObject({ waiting: 0, refused: [] })
    return sent.length
  }
  // Anna's word, what carries Ben's, and his last.
  expect(await links(ben, anna)).toBe(2)
  expect(await links(ben, carl)).toBe(3)
  for (const [from, to] of [
    [anna, carl],
    [carl, anna],
    [anna, ben],
    [carl, ben],
  ] as const) {
    expect(await links(from, to)).toBe(0)
  }
  for (const member of [anna, carl]) {
    expect(await vectorOf(member)).toEqual(await vectorOf(ben))
    expect(await contentOf(member)).toEqual(await contentOf(ben))
    expect(await contentAgain(member)).toEqual(await contentOf(ben))
  }
})

test('[CPT3] in whatever order the old ones and the new one come, all or some, the screen is the same', async () => {
  const old = await talks()
  const compaction = await compacts()
  await ben.says('and on')
  const last = (await rowsOf(ben)).at(-1)?.bytes
  if (last === undefined) throw new Error('a record')
  const wanted = await contentOf(ben)
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...old.keys()]),
      fc.nat(),
      fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }),
      async (kept, at, sizes) => {
        const reader = await comes('Dora')
        const bytes = kept.flatMap((i) => old[i] ?? [])
        bytes.splice(at % (bytes.length + 1), 0, compaction, last)
        for (let start = 0, step = 0; start < bytes.length; step++) {
          const size = 1 + (sizes[step % sizes.length] ?? 0)
          await hears(reader, bytes.slice(start, start + size))
          start += size
        }
        const word = (await rowsOf(anna))[0]?.bytes
        if (word !== undefined) await hears(reader, [word])
        expect(await contentOf(reader)).toEqual(wanted)
        expect(await contentAgain(reader)).toEqual(wanted)
        const { place } = await reader.session.documents(reader.space)
        expect(await readWaiting(reader.store, place)).toEqual([])
        everybody.pop()
        await reader.leaves()
      },
    ),
    { seed: 5, numRuns: 8 },
  )
}, 120_000)
