import { encodeSharedUpdate, maxSharedRecords, nameRecord, ownClient, removeMember } from '@clique/crypto'
import { sendingKey, setRole, systemRandom as random, toHex } from '@clique/crypto'
import type { RecordBody, RecordDependency, RecordId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { readWaiting } from '../storage/waiting.ts'
import { chapterPrefix } from './chapter-name.ts'
import { CliqueSession } from './clique-session.ts'
import { recordsBeyond } from './outgoing.ts'
import { encodeStructs } from './record-placing.ts'
import { maxWanted } from './shared-records.ts'
import { forge } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'
import { titleName } from './title-name.ts'
import { readTitle } from './title.ts'
import { takenIn, weighWanted } from './wanted.ts'

let anna: TestMember
let ben: TestMember
let carl: TestMember
let everybody: TestMember[]

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  everybody = [anna]
  ;[ben, carl] = [await comes('Ben'), await comes('Carl')]
  await meet()
})
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

async function comes(name: string): Promise<TestMember> {
  const member = await anna.invites(name)
  everybody.push(member)
  await member.tells(anna)
  return member
}

async function meet(...members: TestMember[]): Promise<void> {
  const all = members.length > 0 ? members : everybody
  for (const from of [...all, ...all]) for (const to of all) if (to !== from) await peers(from, to)
}

/** What a link carries from one to the other. */
async function peers(from: TestMember, to: TestMember): Promise<void> {
  await from.tellsRoster(to)
  const known = await to.session.vector(to.space, from.session.device)
  const outOfReach = from.session.outOfReach(from.space, to.session.device)
  const documents = await from.session.documents(from.space)
  const { records } = await recordsBeyond(documents, known, Infinity, outOfReach)
  await to.session.receiveRecords(
    to.space,
    records.map((record) => record.bytes),
    null,
  )
}

const names = ({ session, space }: TestMember, title: string) => session.name(space, title)

async function title({ space }: TestMember, session: CliqueSession): Promise<string | null> {
  return readTitle(await session.documents(space))
}

/** What each of these calls the conversation now, and when they open it again. */
async function titles(...members: TestMember[]): Promise<Set<string | null>> {
  const found = new Set<string | null>()
  for (const member of members.length > 0 ? members : everybody) {
    found.add(await title(member, member.session))
    const again = await CliqueSession.open(member.store, member.session.clique)
    found.add(await title(member, again))
    await again.close()
  }
  return found
}

async function removes(by: TestMember, whom: TestMember): Promise<void> {
  const { session } = by
  await session.act(async (log, me) =>
    removeMember(log, me, whom.session.member, { random, held: await session.held(log.state) }),
  )
}

test('a conversation has the name that was given it last, for all and in every tab', async () => {
  const tab = await ben.tab()
  await title(ben, tab)
  expect(await titles()).toEqual(new Set([null]))
  await names(anna, 'Plans')
  await meet()
  expect(await titles()).toEqual(new Set(['Plans']))
  await names(ben, 'Trip')
  await tab.name(ben.space, 'Trip to the sea')
  await meet()
  expect(await titles()).toEqual(new Set(['Trip to the sea']))
  await expect.poll(() => title(ben, tab)).toBe('Trip to the sea')
  expect(await anna.sees()).toEqual([])
})

test('of two names that were given apart one stays, whole and the same for all, and the next takes its place', async () => {
  await names(anna, 'Summer at the lake')
  await names(ben, 'Winter in the hills')
  await names(carl, 'Autumn')
  await meet()
  const found = await titles()
  expect(found.size).toBe(1)
  expect(['Summer at the lake', 'Winter in the hills', 'Autumn']).toContain([...found][0])
  await names(carl, 'Spring')
  await meet()
  expect(await titles()).toEqual(new Set(['Spring']))
})

test('[OPS8] a name has letters, and not too many', async () => {
  for (const wrong of ['', '   ', '\u3164\u200b', 'x'.repeat(257), '山'.repeat(86)]) {
    await expect(names(anna, wrong)).rejects.toMatchObject({ code: 'shape-out-of-range' })
  }
  await names(anna, '山'.repeat(85))
  await meet()
  expect(await titles()).toEqual(new Set(['山'.repeat(85)]))
})

test('[GATE7] a name that is built on one that has not come keeps nothing else of its author waiting', async () => {
  await names(anna, 'Plans')
  await peers(anna, ben)
  await names(ben, 'Trip')
  await ben.says('what about it?')
  const mine = (await ben.records()).slice(1)
  expect(mine).toHaveLength(2)
  expect(await carl.session.receiveRecords(carl.space, mine, null)).toMatchObject({ accepted: 2 })
  expect(await carl.sees()).toEqual(['Ben: what about it?'])
  expect(await titles(carl)).toEqual(new Set([null]))
  await peers(anna, carl)
  expect(await titles(carl)).toEqual(new Set(['Trip']))
})

test('[SHO3] a name that was given beyond the cut is gone, and the one before is back', async () => {
  await names(ben, 'Plans')
  await meet()
  await names(ben, 'Trip')
  await peers(ben, carl)
  expect(await titles(carl)).toEqual(new Set(['Trip']))
  await removes(anna, ben)
  await peers(anna, carl)
  expect(await titles(anna, carl)).toEqual(new Set(['Plans']))
  await names(carl, 'Walk')
  await meet(anna, carl)
  expect(await titles(anna, carl)).toEqual(new Set(['Walk']))
})

test('[SHO6] [GATE10] what a name is built on is taken in and handed on though it is hidden', async () => {
  const dora = await comes('Dora')
  await meet()
  await names(ben, 'of Ben')
  await ben.says('beyond')
  await peers(ben, carl)
  await names(carl, 'of Carl')
  await removes(anna, ben)
  const [aheadOfName] = (await ben.records()).slice(-2)
  // Dora hears of the removal first, and then what Ben had said, which waits.
  await peers(anna, dora)
  const early = await dora.session.receiveRecords(dora.space, [aheadOfName ?? new Uint8Array(0)], null)
  expect(early).toMatchObject({ accepted: 0, waiting: 1 })
  await peers(anna, carl)
  expect(await titles(carl)).toEqual(new Set(['of Carl']))
  await peers(carl, anna)
  expect(await titles(anna, carl)).toEqual(new Set(['of Carl']))
  await peers(carl, dora)
  expect(await titles(anna, carl, dora)).toEqual(new Set(['of Carl']))
  const { place } = await dora.session.documents(dora.space)
  expect(await readWaiting(dora.store, place)).toEqual([])
  // Nothing of it shows, and what nobody builds on stays where it was.
  for (const member of [anna, carl, dora]) expect(await member.sees()).toEqual([])
  for (const member of [anna, dora]) {
    const { heads } = await member.session.documents(member.space)
    expect(heads.get(ben.session.device)?.sequence).toBe(1)
  }
})

test('[SHO6] nobody who is in has others take in records without end of somebody who is out', async () => {
  await ben.says('hello')
  await meet()
  const far = { device: ben.session.device, sequence: 10 ** 9, record: toHex(random(32)) as RecordId }
  const { bytes } = await forge(carl, { document: 'title', payload: nameOn(far, 'Far') })
  await removes(anna, ben)
  await peers(anna, carl)
  expect(await anna.session.receiveRecords(anna.space, [bytes], null)).toMatchObject({ accepted: 1 })
  const documents = await anna.session.documents(anna.space)
  await weighWanted(documents)
  const { sequence, records } = takenIn(documents, ben.session.device)
  expect({ sequence, records: records.size }).toEqual({ sequence: 1 + maxWanted + 1, records: 0 })
})

test('whoever may only read gives no name, and what they sign as one is nobody’s', async () => {
  await anna.session.act((log, me) => setRole(log, me, ben.session.member, 'reader', { random }))
  await meet()
  await expect(names(ben, 'Mine')).rejects.toMatchObject({ code: 'not-allowed' })
  const { bytes } = await forge(ben, { document: 'title', payload: alone(new Uint8Array(2)) })
  expect(await anna.session.receiveRecords(anna.space, [bytes], null)).toMatchObject({
    refused: [{ code: 'record-stranger' }],
  })
})

const alone = (update: Uint8Array) => encodeSharedUpdate({ builtOn: [], update })

/** An update of these structs, and of deletions of the record that is named first. */
const updateOf = (items: readonly Y.Item[], deletes = 0) =>
  encodeStructs(ownClient, items, deletes === 0 ? [] : [[1, [{ clock: 0, len: deletes }]]])

type ItemParts = ConstructorParameters<typeof Y.Item>
const value = (said: unknown): ItemParts[7] => new Y.ContentAny([said])

/** What is behind the record that is named first. */
const behind = (content: ItemParts[7], rightOrigin: Y.ID | null = null) =>
  new Y.Item(Y.createID(ownClient, 0), null, Y.createID(1, 0), null, rightOrigin, null, null, content)

/** A name in place of that of another record. */
const nameOn = (named: RecordDependency, title: string) =>
  encodeSharedUpdate({ builtOn: [named], update: updateOf([behind(value(title))]) })

/** A record of Ben's changed app that edits the document of the name. */
async function forgedName(edit: (doc: Y.Doc) => void, client = ownClient) {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = client
  edit(doc)
  return (await forge(ben, { document: 'title', payload: alone(Y.encodeStateAsUpdate(doc)) })).bytes
}

const sets = (said: unknown) => (doc: Y.Doc) => doc.getMap('title').set('name', said)

/** The first name of all. */
const firstItem = (content: ItemParts[7]) =>
  new Y.Item(Y.createID(ownClient, 0), null, null, null, null, 'title' as unknown as Y.ID, 'name', content)

test('[GATE7] [GATE14] what the gate refuses by the record alone is not stored', async () => {
  const one = { device: anna.session.device, sequence: 1, record: toHex(random(32)) as RecordId }
  const two = [one, { ...one, record: toHex(random(32)) as RecordId }].toSorted((a, b) =>
    a.record < b.record ? -1 : 1,
  )
  const saying = async (payload: Uint8Array) => (await forge(ben, { document: 'title', payload })).bytes
  const on = (builtOn: readonly RecordDependency[], update: Uint8Array) =>
    saying(encodeSharedUpdate({ builtOn, update }))
  const named = behind(value('Trip'))
  const first = (root: string, key: string) => (doc: Y.Doc) => doc.getMap(root).set(key, 'Trip')
  const shapes: [string, Uint8Array][] = [
    ['a number', await forgedName(sets(7))],
    ['a name that is too long', await forgedName(sets('x'.repeat(257)))],
    ['one that is empty', await forgedName(sets('  '))],
    ['one that shows nothing', await forgedName(sets('\u3164\u200b'))],
    ['one and more', await forgedName(sets({ carried: 'Trip', more: 1 }))],
    ['two values', await on([], updateOf([firstItem(new Y.ContentAny(['Trip', 'Walk']))]))],
    ['a text', await on([], updateOf([firstItem(new Y.ContentString('Trip'))]))],
    ['something inside', await forgedName(sets(new Y.Map()))],
    ['two items', await forgedName((doc) => [sets('x'), first('title', 'other')].map((edit) => edit(doc)))],
    ['another root', await forgedName(first('words', 'name'))],
    ['another key', await forgedName(first('title', 'other'))],
    ['a list', await forgedName((doc) => doc.getArray('title').push(['Trip']))],
    ['nothing', await on([], updateOf([]))],
    ['a deletion alone', await on([one], updateOf([], 1))],
    ['one besides', await on([one], updateOf([named], 1))],
    ['before something', await on(two, updateOf([behind(value('Trip'), Y.createID(2, 0))]))],
    ['more named than touched', await on(two, updateOf([named]))],
  ]
  const cases: [string, string, Uint8Array][] = [
    ['gate-foreign-struct', 'of another', await forgedName(sets('x'), 7)],
    ['gate-too-large', 'a name that is far too long', await forgedName(sets('x'.repeat(5_000)))],
    ['gate-subdocument', 'a document', await forgedName(sets(new Y.Doc()))],
    ['gate-unreadable', 'noise', await saying(alone(random(40)))],
    ['cbor-trailing-bytes', 'an update alone', await saying(new Uint8Array(2))],
    ['cbor-not-canonical', 'one named twice', await on([one, one], updateOf([named]))],
    ['gate-undeclared-dependency', 'behind what is not named', await on([], updateOf([named]))],
    [
      'document-unknown',
      'elsewhere',
      (await forge(ben, { document: 'title/1', payload: alone(new Uint8Array(2)) })).bytes,
    ],
    ...shapes.map(([what, bytes]): [string, string, Uint8Array] => ['shape-out-of-range', what, bytes]),
  ]
  const before = await anna.records()
  for (const [code, what, bytes] of cases) {
    expect(await anna.session.receiveRecords(anna.space, [bytes], null), what).toMatchObject({
      accepted: 0,
      refused: [{ code }],
    })
  }
  expect(await anna.records()).toEqual(before)
  const good = await forgedName(sets({ carried: 'Trip' }))
  expect(await anna.session.receiveRecords(anna.space, [good], null)).toMatchObject({ accepted: 1 })
})

test('[GATE8] what builds on something that is not what it says is passed over', async () => {
  await names(anna, 'Plans')
  const { device } = anna.session
  const [first] = (await (await anna.session.documents(anna.space)).shared('title')).records
  const wrong = { device, sequence: 2, record: first?.id ?? (toHex(random(32)) as RecordId) }
  for (const [named, title] of [
    [wrong, 'Plans'],
    [{ ...wrong, device: carl.session.device, sequence: 1 }, 'Plans'],
    [{ ...wrong, sequence: 1 }, 'Trip'],
  ] as const) {
    const { bytes } = await forge(ben, { document: 'title', payload: nameOn(named, 'Trip') })
    await anna.session.receiveRecords(anna.space, [bytes], null)
    await ben.session.receiveRecords(ben.space, [bytes], null)
    expect(await titles(anna)).toEqual(new Set([title]))
  }
})

/** Anna, who has named it, and Ben, where newcomers do not read the past. */
async function beginsAnew(): Promise<void> {
  for (const member of everybody) await member.leaves()
  anna = await TestMember.founder('Anna', 'since-join')
  everybody = [anna]
  ben = await comes('Ben')
  await meet()
  await names(anna, 'Plans')
}

test('where newcomers do not read the past, whoever writes next gives the name once more', async () => {
  await beginsAnew()
  await meet()
  const dora = await comes('Dora')
  await meet()
  expect(await titles(anna, ben)).toEqual(new Set(['Plans']))
  expect(await titles(dora)).toEqual(new Set([null]))
  await ben.says('hello Dora')
  await meet()
  expect(await titles()).toEqual(new Set(['Plans']))
  await names(dora, 'Trip')
  await meet()
  await anna.says('fine')
  await meet()
  expect(await titles()).toEqual(new Set(['Trip']))
  expect(await dora.sees()).toEqual(['Ben: hello Dora', 'Anna: fine'])
})

test('[GATE12] who has named it as often as one member can is told so, and nothing is written', async () => {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = ownClient
  doc.getMap('title').set('name', 'Plans')
  const payload = alone(Y.encodeStateAsUpdate(doc))
  const many: Uint8Array[] = []
  let before: Pick<RecordBody, 'previous' | 'previousKey'> = { previous: null, previousKey: null }
  for (let i = 0; i < maxSharedRecords; i++) {
    const { body, bytes } = await forge(ben, { ...before, sequence: i + 1, document: 'title', payload })
    many.push(bytes)
    before = { previous: nameRecord(body).id, previousKey: body.key }
  }
  await ben.session.receiveRecords(ben.space, many.slice(0, -1), null)
  await names(ben, 'Trip')
  await expect(names(ben, 'Walk')).rejects.toMatchObject({ code: 'names-used-up' })
  expect(await ben.records()).toHaveLength(maxSharedRecords)
  await ben.tells(anna)
  expect(await titles(anna, ben)).toEqual(new Set(['Trip']))
  await names(anna, 'Walk')
  await anna.tells(ben)
  expect(await titles(anna, ben)).toEqual(new Set(['Walk']))
})

test('[GATE12] where somebody has named it too often for newcomers to read, nobody’s message waits for that', async () => {
  await beginsAnew()
  await comes('Dora')
  await meet()
  const { log } = anna.session
  const key = sendingKey(log, anna.space)
  if (key === null) throw new Error('no key')
  const document = titleName(chapterPrefix(log.state, key.epoch))
  const lacking = { device: ben.session.device, sequence: 1, record: toHex(random(32)) as RecordId }
  const head = (await anna.session.documents(anna.space)).heads.get(anna.session.device)
  let before: Partial<RecordBody> = {}
  const many: Uint8Array[] = []
  for (let i = 0; i < maxSharedRecords; i++) {
    const place = { ...before, sequence: (head?.sequence ?? 0) + i + 1 }
    const { body, bytes } = await forge(anna, { ...place, document, payload: nameOn(lacking, 'Walk') })
    many.push(bytes)
    before = { previous: nameRecord(body).id, previousKey: body.key }
  }
  expect(await anna.session.receiveRecords(anna.space, many, null)).toMatchObject({ accepted: many.length })
  await anna.says('hello Dora')
  expect(await anna.sees()).toEqual(['Anna: hello Dora'])
  await expect(names(anna, 'Trip')).rejects.toMatchObject({ code: 'names-used-up' })
})
