import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliqueSession } from './clique-session.ts'
import { recordsBeyond } from './outgoing.ts'
import { forgeBranch } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
let carl: TestMember
let everybody: TestMember[]
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  carl = await anna.invites('Carl')
  everybody = [anna, ben, carl]
  await hearRoster()
})
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

/** Everybody knows everybody. */
async function hearRoster(): Promise<void> {
  for (const from of everybody) await from.tellsRoster(...everybody)
}

async function comes(host: TestMember, name: string): Promise<TestMember> {
  const member = await host.invites(name)
  everybody.push(member)
  await hearRoster()
  return member
}

/** One after the other, as they come. */
async function hears(member: TestMember, records: readonly Uint8Array[]): Promise<void> {
  for (const bytes of records) await member.session.receiveRecords(member.space, [bytes], null)
}

/** Says something, and returns the record. */
async function says(member: TestMember, text: string): Promise<Uint8Array> {
  const before = new Set((await member.records()).map(String))
  await member.says(text)
  const [fresh] = (await member.records()).filter((bytes) => !before.has(String(bytes)))
  if (fresh === undefined) throw new Error('a record')
  return fresh
}

/** The same from the disk alone. */
async function seenAgain(member: TestMember): Promise<string[]> {
  const again = await CliqueSession.open(member.store, member.session.clique)
  const rows = await member.sees(again)
  await again.close()
  return rows
}

async function expectSeen(member: TestMember, rows: readonly string[]): Promise<void> {
  expect(await member.sees()).toEqual(rows)
  expect(await seenAgain(member)).toEqual(rows)
}

/** What a link carries from one to the other. */
async function links(from: TestMember, to: TestMember): Promise<number> {
  const documents = await from.session.documents(from.space)
  const known = await to.session.vector(to.space, from.session.device)
  const told = new Set<unknown>()
  const tell = (device: unknown) => !told.has(device) && told.add(device).has(device)
  let sent = 0
  for (;;) {
    const { records } = await recordsBeyond(documents, known, 20_000, new Set(), tell)
    if (records.length === 0) return sent
    for (const { device, sequence } of records) known.set(device, Math.max(sequence, known.get(device) ?? 0))
    await to.session.receiveRecords(
      to.space,
      records.map(({ bytes }) => bytes),
      null,
    )
    sent += records.length
  }
}

/** Ben has said three things, and Anna's word for the first two is out. */
async function talk() {
  const own = [await says(ben, 'one'), await says(ben, 'two')]
  await hears(anna, own)
  const word = await says(anna, 'heard')
  own.push(await says(ben, 'three'))
  const branch = await forgeBranch(ben, 0, ['not I', 'nor this', 'nor that', 'nor then'])
  return { own, word, branch }
}

const shown = ['Ben: one', 'Ben: two', 'Anna: heard']

test('[CHN6] a second beginning of a chain does not take off the screen what others acknowledged', async () => {
  const { own, branch } = await talk()
  await hears(anna, own)
  expect(await anna.sees()).toEqual([...shown, 'Ben: three'])
  await hears(anna, branch)
  await expectSeen(anna, shown)
  await anna.says('and on')
  expect(await anna.sees()).toEqual([...shown, 'Anna: and on'])
})

test('[SHO5] whoever met the other branch first comes to show what was acknowledged', async () => {
  const { own, word, branch } = await talk()
  await hears(carl, branch)
  expect(await carl.sees()).toEqual(['Ben: not I', 'Ben: nor this', 'Ben: nor that', 'Ben: nor then'])
  // A tab beside it follows.
  const tab = await carl.tab()
  expect(await carl.sees(tab)).toHaveLength(4)
  await hears(carl, own)
  await expectSeen(carl, [])
  await hears(carl, [word])
  await expectSeen(carl, shown)
  await expect.poll(() => carl.sees(tab)).toEqual(shown)
})

test('[CHN6] where nobody acknowledged anything, no branch shows', async () => {
  const { own, branch } = await talk()
  await hears(carl, [...own, ...branch])
  await expectSeen(carl, [])
})

test('[CHN5] that a chain forked earlier than it seemed is seen at once, in every tab', async () => {
  const { own, branch } = await talk()
  await hears(carl, own)
  const tab = await carl.tab()
  const seen: string[][] = []
  ;(await tab.documents(carl.space)).listen(() => void carl.sees(tab).then((rows) => seen.push(rows)))
  await hears(carl, await forgeBranch(ben, 2, ['not I']))
  await expect.poll(() => seen.at(-1)).toEqual(['Ben: one', 'Ben: two'])
  await hears(carl, branch)
  await expect.poll(() => seen.at(-1)).toEqual([])
})

test('[SHO5] two devices that met different branches come to hold the same from one another', async () => {
  const { own, word, branch } = await talk()
  await hears(anna, own)
  await hears(anna, branch.slice(2))
  await hears(carl, branch)
  // Once Carl has heard of the fork, he says that he lacks what stands before.
  for (let i = 0; i < 2; i++) await links(anna, carl)
  for (const member of [anna, carl]) await expectSeen(member, shown)
  expect(await anna.session.vector(anna.space)).toEqual(await carl.session.vector(carl.space))
  expect([await links(anna, carl), await links(carl, anna)]).toEqual([0, 0])
  expect(word).toBeDefined()
})

test('[CHN6] what was acknowledged before the fork and comes after it is taken in', async () => {
  const { own, word, branch } = await talk()
  await hears(carl, own.slice(0, 1))
  await hears(carl, branch)
  await hears(carl, [word])
  await expectSeen(carl, ['Anna: heard'])
  await hears(carl, own.slice(1))
  await expectSeen(carl, shown)
})

test('[CHN12] accomplices whom a copied device lets in do not outdo anybody who was there', async () => {
  const { own, word, branch } = await talk()
  const dora = await comes(ben, 'Dora')
  await hears(dora, branch)
  const theirs = await says(dora, 'so it was')
  await hears(carl, [...branch, theirs])
  expect(await carl.sees()).toContain('Ben: not I')
  await hears(carl, [...own, word])
  await expectSeen(carl, [...shown, 'Dora: so it was'])
})

test('[CHN12] of two who acknowledged different branches the senior is believed, by everybody', async () => {
  const { own, branch } = await talk()
  await hears(carl, own)
  const junior = await says(carl, 'the owner')
  const another = await comes(carl, 'Dora')
  const eve = await comes(anna, 'Eve')
  // Eve came after Carl, so he is believed.
  await hears(eve, branch)
  const theirs = await says(eve, 'the copy')
  await hears(another, [...branch, theirs, ...own, junior])
  expect(await another.sees()).toEqual([
    'Ben: one',
    'Ben: two',
    'Ben: three',
    'Carl: the owner',
    'Eve: the copy',
  ])
  // Nobody is senior to Anna.
  const founder = await says(anna, 'after all')
  await hears(another, [founder])
  expect(await another.sees()).toContain('Ben: two')
})

test('[CHN12] whoever has forked before they acknowledged is not believed', async () => {
  const { own, word, branch } = await talk()
  await hears(carl, [...own, word, ...branch])
  await expectSeen(carl, shown)
  await hears(carl, await forgeBranch(anna, 0, ['two of Anna']))
  await expectSeen(carl, [])
})

test('[CHN7] in whatever order branches and words come, the same ones give the same screen', async () => {
  const observers: TestMember[] = []
  for (const name of ['Olga', 'Otto', 'Olaf']) observers.push(await comes(anna, name))
  const { own, word, branch } = await talk()
  const dora = await comes(ben, 'Dora')
  await hears(dora, branch.slice(0, 2))
  const theirs = await says(dora, 'so it was')
  const later = await forgeBranch(ben, 2, ['another three', 'another four'])
  const all = [...own, word, ...branch, theirs, ...later]
  const [pieces = []] = fc.sample(fc.shuffledSubarray(all, { minLength: all.length }), 1)
  for (let start = 0; start < pieces.length; start += 3) {
    const stage = pieces.slice(start, start + 3)
    const orders = fc.sample(fc.shuffledSubarray(stage, { minLength: stage.length }), observers.length)
    for (const [i, observer] of observers.entries()) await hears(observer, orders[i] ?? [])
    const rows = (await observers[0]?.sees()) ?? []
    for (const observer of observers) await expectSeen(observer, rows)
  }
  for (const observer of observers) await expectSeen(observer, [...shown, 'Dora: so it was'])
})
