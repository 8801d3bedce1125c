import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { maxAsideBytes, readAside } from '../storage/forks.ts'
import { CliqueSession } from './clique-session.ts'
import { recordsBeyond } from './outgoing.ts'
import { forge, forgeBranch, forgeNames } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'
import { readGivenNames, readTitle } from './title.ts'

let anna: TestMember
let ben: TestMember
let carl: TestMember
let everybody: TestMember[]

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  everybody = [anna]
  ;[ben, carl] = [await comes('Ben'), await comes('Carl')]
})
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

/** Messages for which there is no room aside. */
const flooding = Array.from({ length: Math.ceil(maxAsideBytes / 900_000) + 1 }, () => 'x'.repeat(900_000))

/** Everybody knows everybody. */
async function comes(name: string): Promise<TestMember> {
  const member = await anna.invites(name)
  everybody.push(member)
  for (const from of everybody) await from.tellsRoster(...everybody)
  return member
}

/** One after the other, as they come. */
async function hears(member: TestMember, records: readonly Uint8Array[]): Promise<void> {
  for (const bytes of records) await member.session.receiveRecords(member.space, [bytes], null)
}

/** What somebody does makes one record. */
async function recordOf(member: TestMember, does: () => Promise<void>): Promise<Uint8Array> {
  const before = new Set((await member.records()).map(String))
  await does()
  const [fresh] = (await member.records()).filter((bytes) => !before.has(String(bytes)))
  if (fresh === undefined) throw new Error('a record')
  return fresh
}

const names = (member: TestMember, title: string): Promise<Uint8Array> =>
  recordOf(member, () => member.session.name(member.space, title))

const says = (member: TestMember, text: string): Promise<Uint8Array> =>
  recordOf(member, () => member.says(text))

/** What it is called now, and from the disk alone. */
async function expectTitle(member: TestMember, title: string | null): Promise<void> {
  expect(await readTitle(await member.session.documents(member.space))).toBe(title)
  const again = await CliqueSession.open(member.store, member.session.clique)
  expect(await readTitle(await again.documents(member.space))).toBe(title)
  await again.close()
}

/** What a link carries from one to the other, and how many records that were. */
async function links(from: TestMember, to: TestMember, told = new Set<string>()): Promise<number> {
  const documents = await from.session.documents(from.space)
  const known = await to.session.vector(to.space, from.session.device)
  const tell = (device: string, what: unknown) =>
    !told.has(`${device} ${what}`) && told.add(`${device} ${what}`).size > 0
  let sent = 0
  for (;;) {
    const { records } = await recordsBeyond(documents, known, 5_000, new Set(), tell)
    if (records.length === 0) return sent
    for (const { device, sequence } of records) known.set(device, Math.max(sequence, known.get(device) ?? 0))
    const sealed = records.map(({ bytes }) => bytes)
    await to.session.receiveRecords(to.space, sealed, null)
    sent += records.length
  }
}

/** Ben has named the conversation, which Anna has read, and Carl has built on the second name of Ben's copy. */
async function apart() {
  const own = await names(ben, 'of Ben')
  const copied = await forgeNames(ben, ['of the copy', 'of the copy again'])
  await hears(anna, [own])
  await hears(carl, copied)
  await expectTitle(anna, 'of Ben')
  await expectTitle(carl, 'of the copy again')
  return { own, copied, built: await names(carl, 'of Carl') }
}

test('[GATE11] a name that is built on one branch of a fork is read by who have the other', async () => {
  const { own, copied, built } = await apart()
  await hears(anna, [...copied, built])
  await hears(carl, [own])
  for (const member of [anna, carl]) await expectTitle(member, 'of Carl')
  // And the other way round.
  const last = await names(anna, 'of Anna')
  await hears(carl, [last])
  for (const member of [anna, carl]) await expectTitle(member, 'of Anna')
})

test('[GATE11] in whatever order branches and names come, and whichever branch shows, they are the same for all', async () => {
  const observers: TestMember[] = []
  for (const name of ['Olga', 'Otto', 'Olaf']) observers.push(await comes(name))
  const { own, copied, built } = await apart()
  const onOwn = await names(anna, 'of Anna')
  for (const later of [[], [await says(anna, 'of Ben it was')]]) {
    const all = [own, ...copied, built, onOwn, ...later]
    const orders = fc.sample(fc.shuffledSubarray(all, { minLength: all.length }), observers.length)
    for (const [i, observer] of observers.entries()) await hears(observer, orders[i] ?? [])
    const [first] = observers
    const found = await readTitle(await (first ?? anna).session.documents(anna.space))
    expect(['of Anna', 'of Carl']).toContain(found)
    for (const observer of observers) await expectTitle(observer, found)
  }
})

test('[GATE11] links carry what names are built on, though the branch is one that does not show', async () => {
  const dora = await comes('Dora')
  const { own } = await apart()
  const word = await says(anna, 'of Ben it was')
  // Carl comes to hold the other branch.
  await hears(carl, [own, word])
  const { forks, heads } = await carl.session.documents(carl.space)
  expect([...forks]).toEqual([[ben.session.device, 1]])
  expect(heads.get(ben.session.device)?.sequence).toBe(1)
  await names(carl, 'of Carl, after all')
  const told = new Set<string>()
  await links(carl, anna, told)
  expect(await links(carl, anna, told)).toBe(0)
  await links(anna, dora)
  for (const member of [carl, anna, dora]) await expectTitle(member, 'of Carl, after all')
})

test('[GATE11] what a name is built on and comes after it is seen at once, in every tab', async () => {
  const { own, copied, built } = await apart()
  await hears(anna, [built, ...copied.slice(0, 1)])
  await expectTitle(anna, null)
  const tab = await anna.tab()
  const documents = [await anna.session.documents(anna.space), await tab.documents(anna.space)]
  const seen = documents.map((): (string | null)[] => [])
  for (const [i, one] of documents.entries()) {
    await readTitle(one)
    one.listen(() => void readTitle(one).then((title) => seen[i]?.push(title)))
  }
  await hears(anna, copied.slice(1))
  for (const titles of seen) await expect.poll(() => titles.at(-1)).toBe('of Carl')
  expect(own).toBeDefined()
})

test('[GATE11] [GATE12] whoever has a copied device pushes nothing out that a name is built on', async () => {
  const { copied, built } = await apart()
  await hears(anna, [...copied, built])
  const flood = await forgeBranch(ben, 0, flooding)
  await hears(anna, flood)
  await expectTitle(anna, 'of Carl')
  // What is not built on has given way.
  const { place } = await anna.session.documents(anna.space)
  const kept = await readAside(anna.store, place, ben.session.device)
  expect(kept.length).toBeLessThan(copied.length + flood.length)
})

test('[GATE11] links carry what names are built on though it stands where the chain forks', async () => {
  const own = await names(ben, 'of Ben')
  await hears(anna, [own])
  await hears(carl, await forgeNames(ben, ['of the copy', 'of the copy again']))
  await names(carl, 'of Carl')
  await hears(carl, [own])
  await links(carl, anna)
  for (const member of [carl, anna]) await expectTitle(member, 'of Carl')
})

test('[GATE11] [GATE12] what a name is built on stays when another branch comes to stand, whatever follows it there', async () => {
  const dora = await comes('Dora')
  const own = await names(ben, 'of Ben')
  const copied = await forgeNames(ben, ['of the copy'])
  await hears(dora, [own])
  const word = await says(dora, 'of Ben it was')
  await hears(carl, copied)
  const built = await names(carl, 'of Carl')
  await hears(anna, copied)
  const flood = await forgeBranch(ben, 1, flooding, carl)
  await hears(anna, [...flood, built, own, word])
  const { heads, place } = await anna.session.documents(anna.space)
  expect(heads.get(ben.session.device)?.sequence).toBe(1)
  const kept = await readAside(anna.store, place, ben.session.device)
  expect(kept.length).toBeLessThan(copied.length + flood.length)
  await hears(carl, [own, word])
  const given = async (member: TestMember) =>
    (await readGivenNames(await member.session.documents(member.space))).map(({ title }) => title)
  expect((await given(anna)).toSorted()).toEqual(['of Ben', 'of Carl'])
  expect(await given(anna)).toEqual(await given(carl))
})

test('[GATE7] of a branch that does not show, no name lies aside that the gate refuses', async () => {
  await hears(anna, [await names(ben, 'of Ben')])
  const device = ben.session.device
  const before = { sequence: 1, previous: null, previousKey: null, document: 'title' }
  const large = await forge(ben, { ...before, payload: new Uint8Array(900_000) })
  const said = await anna.session.receiveRecords(anna.space, [large.bytes], null)
  // Nobody is to blame who tells of a fork by it.
  expect(said).toMatchObject({ accepted: 0, refused: [], passedOver: 1 })
  const { forks, place } = await anna.session.documents(anna.space)
  expect([...forks]).toEqual([[device, 1]])
  expect(await readAside(anna.store, place, device)).toEqual([])
  await expectTitle(anna, null)
})
