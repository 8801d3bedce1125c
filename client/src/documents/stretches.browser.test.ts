import { makeSessionId, nameRecord, rotateEpoch } from '@clique/crypto'
import { safeEpoch, sendingKey, spaceKeys, systemRandom } from '@clique/crypto'
import type { KeyId, RecordBody } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRecordsAfter } from '../storage/records.ts'
import { Chapter } from './chapter.ts'
import { ConversationWindow } from './conversation-window.ts'
import type { WriteContext } from './journal.ts'
import { messageEntry } from './message-entry.ts'
import { hideMessage } from './moderate.ts'
import { recordsBeyond } from './outgoing.ts'
import { forge, forgeBranch } from './testing/forgery.ts'
import type { Forged } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'
import { writeTitle } from './title.ts'
import { writeMessage } from './write-message.ts'
import { describeUpdate } from './update-description.ts'

let anna: TestMember
let everybody: TestMember[]
beforeEach(async () => {
  anna = await TestMember.founder('Anna', 'since-join')
  everybody = [anna]
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

/** What a link carries from one to the other. */
async function peers(from: TestMember, to: TestMember): Promise<void> {
  await from.tellsRoster(to)
  const documents = await from.session.documents(from.space)
  const known = await to.session.vector(to.space, from.session.device)
  const outOfReach = from.session.outOfReach(from.space, to.session.device)
  const { records } = await recordsBeyond(documents, known, 20_000, outOfReach)
  const reception = await receive(
    to,
    records.map(({ bytes }) => bytes),
  )
  expect(reception).toMatchObject({ waiting: 0, refused: [] })
}

const receive = ({ session, space }: TestMember, sealed: readonly Uint8Array[]) =>
  session.receiveRecords(space, sealed, null)

/** Sequence, place, text, and whether it is hidden. */
async function shown(member: TestMember) {
  const window = new ConversationWindow(await member.session.documents(member.space))
  const { messages } = await window.read()
  window.close()
  return messages
}

async function names(member: TestMember): Promise<string[]> {
  const messages = await shown(member)
  return messages.map(({ sequence, index, entry, hides }) => {
    return `${sequence}/${index} ${entry.text}${hides.length > 0 ? ' hidden' : ''}`
  })
}

/** As a device that takes this key for the one to send under. */
async function under(
  member: TestMember,
  keyId: KeyId | undefined,
  write: (context: WriteContext) => Promise<void>,
) {
  const { session, space } = member
  const { log, me } = session
  const documents = await session.documents(space)
  const key = keyId === undefined ? undefined : spaceKeys(log, space).get(keyId)
  if (key === undefined) throw new Error('an own key')
  const own = makeSessionId(systemRandom)
  await write({ documents, log, key, me, session: own, random: systemRandom, now: Date.now() })
}

const say = (text: string) => (context: WriteContext) => writeMessage(context, messageEntry(text, []))
const name = (context: WriteContext) => writeTitle(context, 'Named')

async function rowsOf(member: TestMember) {
  const { place } = await member.session.documents(member.space)
  return readRecordsAfter(member.store, place, 0)
}

test.each(['no name', 'a name given there', 'a name carried there'])(
  '[CID5] a device that goes back to an earlier archive goes on there in a stretch of its own, with %s before it',
  async (how) => {
    await anna.says('Anna alone')
    const ben = await comes('Ben')
    await anna.says('one')
    const [old, current] = (await rowsOf(anna)).map(({ keyId }) => keyId)
    if (how === 'a name carried there') await under(anna, old, name)
    await under(anna, old, say('elsewhere'))
    if (how === 'a name given there') await under(anna, current, name)
    await under(anna, current, say('two'))
    await anna.says('three')
    const rows = await rowsOf(anna)
    const first = rows.findIndex(({ keyId }) => keyId === current)
    const back = rows.findLastIndex(({ keyId }) => keyId === old) + 1
    await anna.tellsRoster(ben)
    // The later stretch comes first.
    const later = rows.slice(back).map(({ bytes }) => bytes)
    expect(await receive(ben, later)).toMatchObject({ accepted: later.length, waiting: 0, refused: [] })
    await peers(anna, ben)
    const ends = rows.slice(-2).map(({ sequence }, i) => `${sequence}/0 ${['two', 'three'][i]}`)
    expect(await names(ben)).toEqual(ends)
    const earlier = rows.slice(first, first + 1).map(({ bytes }) => bytes)
    expect(await receive(ben, earlier)).toMatchObject({ accepted: 1, refused: [] })
    expect(await names(ben)).toEqual(['2/0 one', ...ends])
    await anna.says('and on')
    await peers(anna, ben)
    expect((await names(ben)).slice(0, -1)).toEqual(['2/0 one', ...ends])
    expect(await ben.sees(await ben.tab())).toEqual(await ben.sees())
    const all = ['Anna alone', 'one', 'elsewhere', 'two', 'three', 'and on']
    expect(await anna.sees(await anna.tab())).toEqual(all.map((text) => `Anna: ${text}`))
  },
)

test('[CID5] [MOD7] what stands behind a part that somebody lacks, and how it is named, is the same for them', async () => {
  const eve = await comes('Eve')
  await anna.tellsRoster(eve)
  await anna.says('old')
  const [ben, carl] = [await comes('Ben'), await comes('Carl')]
  for (const member of [eve, ben, carl]) await anna.tellsRoster(member)
  const { session, space } = eve
  const out = [ben, carl].map((reader) => session.outOfReach(space, reader.session.device))
  const old = [...session.keysOf(space)].find(([id]) => out.every((keys) => keys.has(id)))?.[1]
  const key = sendingKey(session.log, space)
  if (key === null || old === undefined) throw new Error('two keys')
  const own = makeSessionId(systemRandom)
  const { body } = await forge(eve, {}, { key })
  /** Messages of one session, which go on from one another and from the records before them. */
  const written = (texts: readonly string[], ...before: readonly Forged[]) => {
    const chapter = new Chapter(space, body.document)
    for (const { device, sequence, payload: update } of before.map((one) => one.body)) {
      chapter.apply({ device, sequence, receivedAt: 1, update, described: describeUpdate(update) })
    }
    return texts.map((text, i) => {
      const time = Date.now() + i
      return chapter.append(
        { device: session.device, session: own },
        { kind: 'message', time, sentAt: time, text },
      )
    })
  }
  const [one, , far] = written(['one', 'never sent', 'far'])
  if (!one || !far) throw new Error('two updates')
  const chain: Forged[] = []
  const adds = async (changes: Partial<RecordBody>, by = key) => {
    const last = chain.at(-1)?.body
    const link = last && { sequence: last.sequence + 1, previous: nameRecord(last).id, previousKey: last.key }
    chain.push(await forge(eve, { ...link, ...changes }, { key: by }))
  }
  await adds({ session: own, payload: one })
  await adds({}, old)
  await adds({})
  const [again] = written(['again'], ...chain.slice(2))
  await adds({ session: own, ...(again && { payload: again }) })
  // It goes on from what stands in the earlier stretch.
  await adds({ session: own, payload: far })
  const sealed = chain.map(({ bytes }) => bytes)
  const refused = [{ index: 0, code: 'gate-clock-gap' }]
  const takes = async (member: TestMember, ...places: number[]) => {
    for (const at of places)
      expect(await receive(member, sealed.slice(at, at + 1))).toMatchObject({ accepted: 1 })
    expect(await receive(member, sealed.slice(-1))).toMatchObject({ accepted: 0, refused })
  }
  await takes(anna, 0, 1, 2, 3)
  await takes(ben, 2, 3)
  await takes(carl, 0, 2, 3)
  const targets = (await shown(anna)).filter(
    ({ device, sequence }) => device === session.device && sequence > 2,
  )
  for (const target of targets) await hideMessage(anna.session, anna.space, target)
  for (const to of [ben, carl]) await peers(anna, to)
  const later = ['3/0 forged hidden', '4/0 again hidden']
  expect((await names(ben)).toSorted()).toEqual(later)
  await takes(ben, 0)
  for (const member of [ben, carl]) {
    expect((await names(member)).toSorted()).toEqual(['1/0 one', ...later])
    await peers(member, anna)
  }
  expect((await names(anna)).toSorted()).toEqual(['1/0 old', '1/0 one', '2/0 forged', ...later])
})

test('[CID5] a branch that comes to stand in a later stretch goes on in that', async () => {
  await anna.says('Anna alone')
  const [ben, carl] = [await comes('Ben'), await comes('Carl')]
  await anna.tellsRoster(ben)
  for (const text of ['one', 'two']) await anna.says(text)
  const own = (await anna.records()).slice(-2)
  const branch = await forgeBranch(anna, 1, ['not I', 'nor this', 'nor that'])
  for (const bytes of [...own, ...branch]) await receive(carl, [bytes])
  expect(await carl.sees()).toEqual([])
  await receive(ben, branch.slice(0, 2))
  await ben.says('heard')
  await receive(carl, await ben.records())
  const two = ['Anna: not I', 'Anna: nor this', 'Ben: heard']
  expect(await carl.sees()).toEqual(two)
  await receive(ben, branch.slice(2))
  await ben.says('and that')
  await receive(carl, await ben.records())
  expect((await carl.sees()).toSorted()).toEqual([...two, 'Anna: nor that', 'Ben: and that'].toSorted())
  expect(await carl.sees(await carl.tab())).toEqual(await carl.sees())
})

test('an earlier stretch of a chain that comes after a later one is taken in, and the chain goes on', async () => {
  await anna.says('Anna alone')
  const ben = await comes('Ben')
  await anna.says('for two')
  const [old, current] = (await rowsOf(anna)).map(({ keyId }) => keyId)
  for (const keyId of [old, old, current, current]) await under(anna, keyId, say(`under ${keyId}`))
  await anna.tellsRoster(ben)
  const [alone, first, , , third, fourth] = await anna.records()
  if (!alone || !first || !third || !fourth) throw new Error('six records')
  expect(await receive(ben, [fourth])).toMatchObject({ accepted: 0, waiting: 1 })
  expect(await receive(ben, [third])).toMatchObject({ accepted: 1 })
  expect(await ben.sees()).toHaveLength(2)
  expect(await receive(ben, [first])).toMatchObject({ accepted: 1, refused: [] })
  expect(await receive(ben, [alone])).toMatchObject({ passedOver: 1 })
  const seen = await ben.sees()
  expect(seen).toEqual(['for two', `under ${current}`, `under ${current}`].map((text) => `Anna: ${text}`))
  expect((await ben.session.vector(ben.space)).get(anna.session.device)).toBe(6)
  await anna.says('and on')
  await peers(anna, ben)
  expect(await ben.sees(await ben.tab())).toEqual([...seen, 'Anna: and on'])
})

test('[CID5] [EPO12] an epoch with a known archive that is begun as of before somebody came takes nothing else of a chain from them', async () => {
  const [mal, mo] = [await comes('Mal'), await comes('Mo')]
  await anna.says('zero')
  for (const member of [mal, mo]) await anna.tellsRoster(member)
  const early = mo.session.log
  const ben = await comes('Ben')
  await anna.says('one')
  for (const member of [mal, mo, ben]) await anna.tellsRoster(member)
  await peers(anna, ben)
  const { state, keyring } = mo.session.log
  const [archiveKey] = state.epochHeads.flatMap((id) => {
    const archive = state.epochs.get(id)?.archive
    return archive === undefined ? [] : (keyring.archives.get(archive) ?? [])
  })
  if (archiveKey === undefined) throw new Error('an archive')
  const secret = systemRandom(32)
  /** Secrets of choice, in this row, and chance after that. */
  const chosen = (...given: Uint8Array[]) => {
    return (size: number) => (size === 32 ? given.shift()?.slice() : undefined) ?? systemRandom(size)
  }
  const { item } = await rotateEpoch(mal.session.log, mal.session.me, { random: chosen(secret) })
  const twin = await rotateEpoch(
    { ...early, keyring: { ...early.keyring, archives: new Map() } },
    mo.session.me,
    { random: chosen(secret, archiveKey) },
  )
  await anna.session.receiveItems([item], null)
  const epoch = safeEpoch(anna.session.log)
  const archive = epoch === null ? undefined : anna.session.log.state.epochs.get(epoch)?.archive
  expect(archive).toBeDefined()
  await anna.says('two')
  await mo.session.receiveItems([item, twin.item], null)
  await mo.session.rotate()
  await mo.tellsRoster(ben)
  const [begun] = twin.log.state.epochHeads
  const { epochs } = ben.session.log.state
  const of = begun === undefined ? undefined : epochs.get(begun)
  expect(of?.archive).toBe(archive)
  expect(of?.named).not.toContain(`device:${ben.session.device}`)
  // Anna has not heard of the second, and goes on with the same archive.
  await anna.session.rotate()
  await anna.says('three')
  await anna.tellsRoster(ben)
  expect(await receive(ben, (await anna.records()).slice(-2))).toMatchObject({ accepted: 2, refused: [] })
  expect((await ben.sees()).slice(-2)).toEqual(['Anna: two', 'Anna: three'])
})
