import { decodeRecord, removeMember, sendingKey, systemRandom } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordsBeyond } from './outgoing.ts'
import { forge, forgeBranch, forgeCompaction } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'
import { again, hearRoster, hears, rowsOf } from './testing/readers.ts'

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

const seenAgain = (member: TestMember) => again(member, (opened) => member.sees(opened))

const shown = ['Ben: one', 'Ben: two', 'Anna: heard']

/** Ben has said three things, and Anna's word for the first two is out; whoever copied his device tells another story in one. */
async function copied() {
  const said = async (member: TestMember, text: string) => {
    const before = new Set((await member.records()).map(String))
    await member.says(text)
    return (await member.records()).filter((bytes) => !before.has(String(bytes)))
  }
  const own = [...(await said(ben, 'one')), ...(await said(ben, 'two'))]
  await hears(anna, own)
  const word = await said(anna, 'heard')
  own.push(...(await said(ben, 'three')))
  const branch = await forgeBranch(ben, 0, ['not I', 'nor this', 'nor that', 'nor then'])
  return { own, word, branch, compaction: await forgeCompaction(ben, branch) }
}

test('[CPT4] a compaction of other records than are held is the proof of a fork, whichever came first', async () => {
  const { own, word, compaction } = await copied()
  const carl = await comes('Carl')
  await hears(anna, [...own, compaction])
  await hears(carl, [compaction])
  expect(await carl.sees()).toEqual(['Ben: not I', 'Ben: nor this', 'Ben: nor that', 'Ben: nor then'])
  await hears(carl, own)
  expect(await carl.sees()).toEqual([])
  await hears(carl, word)
  for (const member of [anna, carl]) {
    expect((await member.session.documents(member.space)).forks.get(ben.session.device)).toBe(1)
    expect(await member.sees()).toEqual(shown)
    expect(await seenAgain(member)).toEqual(await anna.sees())
  }
  // Told of the fork, somebody else comes to hold the proof.
  const dora = await comes('Dora')
  await hears(dora, own)
  const documents = await carl.session.documents(carl.space)
  const known = await dora.session.vector(dora.space)
  const { records } = await recordsBeyond(documents, known, 1_000_000, new Set(), () => true)
  await hears(
    dora,
    records.map(({ bytes }) => bytes),
  )
  expect(await dora.sees()).toEqual(shown)
})

test('[CPT4] of a compaction stands as much as others acknowledged, where its chain forks', async () => {
  const { own, branch, compaction } = await copied()
  const carl = await comes('Carl')
  const dora = await comes('Dora')
  await hears(dora, branch.slice(0, 2))
  await dora.says('two of them')
  const words = await dora.records()
  const theirs = words.slice(-1)
  const wanted = ['Ben: not I', 'Ben: nor this', 'Dora: two of them']
  await hears(carl, [compaction, ...theirs])
  await hears(carl, own)
  expect(await carl.sees()).toEqual(wanted)
  expect(await seenAgain(carl)).toEqual(await carl.sees())
  const eve = await comes('Eve')
  await hears(eve, own)
  await hears(eve, [compaction])
  await hears(eve, theirs)
  expect(await eve.sees()).toEqual(wanted)
  expect(await seenAgain(eve)).toEqual(await eve.sees())
  // What is served of it brings others to the same.
  const fred = await comes('Fred')
  for (const from of [eve, carl]) {
    const { records } = await recordsBeyond(
      await from.session.documents(from.space),
      await fred.session.vector(fred.space),
      1_000_000,
      new Set(),
      () => true,
    )
    await hears(
      fred,
      records.map(({ bytes }) => bytes),
    )
  }
  await hears(fred, [...own, ...theirs])
  expect(await fred.sees()).toEqual(wanted)
})

test('[CPT4] with its records one by one or in compactions a forked chain shows the same, in any order', async () => {
  const { own, word, branch, compaction } = await copied()
  const later = await forgeBranch(ben, 2, ['another three', 'another four'])
  const ownLater = await forgeCompaction(ben, [...own.slice(0, 2), ...later])
  const inParts = [...own, ...word, ...branch, ...later]
  const inOne = [...word, compaction, ownLater, ...own.slice(2)]
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...inParts, compaction, ownLater], { minLength: inParts.length + 2 }),
      fc.shuffledSubarray(inOne, { minLength: inOne.length }),
      async (all, few) => {
        const [otto, olga] = [await comes('Otto'), await comes('Olga')]
        for (let start = 0; start < all.length; start += 3) await hears(otto, all.slice(start, start + 3))
        for (const bytes of few) await hears(olga, [bytes])
        for (const reader of [otto, olga]) {
          expect(await reader.sees()).toEqual(shown)
          expect(await seenAgain(reader)).toEqual(await otto.sees())
        }
        for (const reader of everybody.splice(-2)) await reader.leaves()
      },
    ),
    { seed: 3, numRuns: 5 },
  )
}, 120_000)

test('[CPT4] what a device acknowledged is heard from its compaction, before a fork of its own too', async () => {
  const { own, branch } = await copied()
  await hears(anna, own)
  for (const text of ['more', 'and more']) await anna.says(text)
  const theirs = (await rowsOf(anna)).filter(({ device }) => device === anna.session.device)
  expect(theirs).toHaveLength(3)
  const words = await forgeCompaction(
    anna,
    theirs.map(({ bytes }) => bytes),
  )
  const carl = await comes('Carl')
  await hears(carl, [words])
  await hears(carl, [...own, ...branch])
  expect(await carl.sees()).toEqual([...shown, 'Ben: three', 'Anna: more', 'Anna: and more'])
  // Her word for the third comes behind her fork, the one for the first two before it.
  await hears(carl, await forgeBranch(anna, 1, ['nor I']))
  expect(await carl.sees()).toEqual(shown)
  expect(await seenAgain(carl)).toEqual(shown)
})

test('[CPT5] a cut that lies within a compaction divides it, whichever came first', async () => {
  const texts = Array.from({ length: 6 }, (_, i) => `Ben ${i}`)
  for (const text of texts) await ben.says(text)
  const records = await ben.records()
  const compaction = await forgeCompaction(ben, records)
  const early = await comes('Carl')
  await hears(anna, records.slice(0, 4))
  await hears(early, [compaction])
  expect(await early.sees()).toHaveLength(6)
  await anna.session.act(async (log, me) =>
    removeMember(log, me, ben.session.member, {
      random: systemRandom,
      held: await anna.session.held(log.state),
    }),
  )
  await hearRoster(everybody)
  const late = await comes('Dora')
  expect(await hears(late, [compaction])).toMatchObject({ accepted: 0, waiting: 1, refused: [] })
  const wanted = texts.slice(0, 4).map((text) => `Ben: ${text}`)
  for (const member of [anna, early, late]) {
    expect(await member.sees()).toEqual(wanted)
    expect(await seenAgain(member)).toEqual(await anna.sees())
  }
  // Whoever holds the rest hidden hands on what counts, and is not asked for it again.
  const last = await comes('Eve')
  const documents = await early.session.documents(early.space)
  const served = async (known: ReadonlyMap<DeviceId, number>) =>
    (await recordsBeyond(documents, known, 1_000_000)).records.map(({ bytes }) => bytes)
  await hears(last, await served(new Map()))
  expect(await last.sees()).toEqual(wanted)
  expect(await served(await last.session.vector(last.space))).toEqual([])
})

test('[CPT5] a carried record that the gate refuses ends what is taken, and those before it stand', async () => {
  const branch = await forgeBranch(ben, 0, ['first', 'second'])
  const { session, space } = ben
  const key = sendingKey(session.log, space)
  if (key === null) throw new Error('a key')
  const last = decodeRecord(branch[1] ?? new Uint8Array(0), key, { clique: session.clique, space })
  const third = { sequence: 3, previous: last.id, previousKey: last.claims.key, payload: systemRandom(40) }
  const forged = await forge(ben, third)
  const compaction = await forgeCompaction(ben, [...branch, forged.bytes])
  expect(await hears(anna, [compaction])).toMatchObject({ accepted: 1, waiting: 0, refused: [] })
  expect(await anna.sees()).toEqual(['Ben: first', 'Ben: second'])
  expect(await hears(anna, [compaction])).toMatchObject({ accepted: 0, duplicates: 1, refused: [] })
  expect((await anna.session.vector(anna.space)).get(session.device)).toBe(2)
  // The same as of those who got them one by one.
  const carl = await comes('Carl')
  await hears(carl, [...branch, forged.bytes])
  expect(await carl.sees()).toEqual(await anna.sees())
  expect(await seenAgain(anna)).toEqual(await carl.sees())
})

test('[CPT2] a compaction of something else than a chapter is refused', async () => {
  const first = await forge(ben, { document: 'ledger' })
  const claims = { sequence: 2, document: 'ledger', payload: systemRandom(20) }
  const { session, space } = ben
  const key = sendingKey(session.log, space)
  if (key === null) throw new Error('a key')
  const { id } = decodeRecord(first.bytes, key, { clique: session.clique, space })
  const second = await forge(ben, { ...claims, previous: id, previousKey: key.keyId })
  const compaction = await forgeCompaction(ben, [first.bytes, second.bytes])
  const refused = [{ index: 0, code: 'document-unknown' }]
  expect(await hears(anna, [compaction])).toMatchObject({ accepted: 0, waiting: 0, refused })
})
