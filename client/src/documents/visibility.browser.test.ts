import { revokeInvitation, rotateEpoch, systemRandom as random } from '@clique/crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forgeRotation } from '../../../crypto/src/testing/forge.ts'
import { readItems } from '../storage/items.ts'
import { readChainBack } from '../storage/records.ts'
import { CliqueSession } from './clique-session.ts'
import { recordsBeyond } from './outgoing.ts'
import { forge } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'

/** Something that comes to everybody, at some time. */
interface Piece {
  readonly kind: 'item' | 'record'
  readonly bytes: Uint8Array
}

/** Pieces after which everybody holds the same. */
const stageSize = 3

let anna: TestMember
let everybody: TestMember[]

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  everybody = [anna]
})
afterEach(async () => {
  for (const member of everybody.splice(0)) await member.leaves()
})

async function lastItem(member: TestMember): Promise<Piece> {
  const { items } = await readItems(member.store, member.session.clique)
  return { kind: 'item', bytes: items.at(-1)?.bytes ?? new Uint8Array(0) }
}

async function lastRecord(member: TestMember): Promise<Piece> {
  return { kind: 'record', bytes: (await member.records()).at(-1) ?? new Uint8Array(0) }
}

/** The last that somebody wrote. */
async function ownRecord(member: TestMember): Promise<Piece> {
  const { session, space, store } = member
  const { place } = await session.documents(space)
  const [row] = await readChainBack(store, place, session.device, Infinity, 1)
  if (row === undefined) throw new Error('a record')
  return { kind: 'record', bytes: row.bytes }
}

async function hears(member: TestMember, pieces: readonly Piece[]): Promise<void> {
  for (const { kind, bytes } of pieces) {
    if (kind === 'item') await member.session.receiveItems([bytes], null)
    else await member.session.receiveRecords(member.space, [bytes], null)
  }
}

/** Somebody who has come by a link, and has said so. */
async function arrives(name: string, link: Awaited<ReturnType<TestMember['opens']>>): Promise<Piece[]> {
  const member = await link.enters(name)
  everybody.push(member)
  await member.says(`I am ${name}`)
  return [await lastItem(member), await lastRecord(member)]
}

/** People who were in before anything of this began, and who hear of it in different orders. */
async function observers(count: number): Promise<TestMember[]> {
  const all: TestMember[] = []
  for (let i = 0; i < count; i++) {
    const observer = await anna.invites(`Observer ${i}`)
    await observer.tells(anna)
    all.push(observer)
  }
  await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
  for (const observer of all) await anna.tells(observer)
  everybody.push(...all)
  return all
}

async function seenAgain(member: TestMember): Promise<string[]> {
  const again = await CliqueSession.open(member.store, member.session.clique)
  const rows = await member.sees(again)
  await again.close()
  return rows
}

/** All hear the same pieces, each in another order; whenever they hold the same they see the same. */
async function hearInAnyOrder(all: readonly TestMember[], later: readonly Piece[]): Promise<void> {
  const [pieces = []] = fc.sample(fc.shuffledSubarray([...later], { minLength: later.length }), 1)
  for (let start = 0; start < pieces.length; start += stageSize) {
    const stage = pieces.slice(start, start + stageSize)
    const orders = fc.sample(fc.shuffledSubarray(stage, { minLength: stage.length }), all.length)
    for (const [i, observer] of all.entries()) await hears(observer, orders[i] ?? [])
    const rows = await all[0]?.sees()
    for (const observer of all) {
      expect(await observer.sees()).toEqual(rows)
      expect(await seenAgain(observer)).toEqual(rows)
    }
  }
}

test('[SHO1] in whatever order rosters and records come, the same ones give the same screen', async () => {
  const all = await observers(5)
  const [contested, taken] = [await anna.opens(), await anna.opens()]
  for (const observer of all) await anna.tells(observer)
  const ofCarl = await arrives('Carl', contested)
  const ofThief = await arrives('Thief', contested)
  const ofDora = await arrives('Dora', taken)
  // Anna has heard of Carl alone, and of neither of the others.
  await hears(anna, ofCarl)
  await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
  const settling = await lastItem(anna)
  await anna.session.act((log, me) => revokeInvitation(log, me, taken.invite, { random }))
  const revoking = await lastItem(anna)
  await hears(anna, [...ofThief, ...ofDora])

  await hearInAnyOrder(all, [...ofCarl, ...ofThief, ...ofDora, settling, revoking])
  for (const observer of all) expect(await observer.sees()).toEqual(['Carl: I am Carl'])
  expect(await anna.sees()).toEqual(['Carl: I am Carl'])
})

test('[SHO1] what somebody said is hidden while their place is contested, and shown when it is settled', async () => {
  const [ben] = await observers(1)
  if (ben === undefined) throw new Error('an observer')
  const link = await anna.opens()
  await anna.tells(ben)
  const ofCarl = await arrives('Carl', link)
  const ofThief = await arrives('Thief', link)
  await hears(ben, ofCarl)
  expect(await ben.sees()).toEqual(['Carl: I am Carl'])
  await hears(ben, ofThief)
  expect(await ben.sees()).toEqual([])
  await hears(anna, ofCarl)
  await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
  await hears(ben, [await lastItem(anna)])
  expect(await ben.sees()).toEqual(['Carl: I am Carl'])
})

test('[SHO1] what was heard before a link was taken back is hidden then, and stays stored', async () => {
  const [ben] = await observers(1)
  if (ben === undefined) throw new Error('an observer')
  const link = await anna.opens()
  await anna.tells(ben)
  const ofDora = await arrives('Dora', link)
  await hears(ben, ofDora)
  expect(await ben.sees()).toEqual(['Dora: I am Dora'])
  await anna.session.act((log, me) => revokeInvitation(log, me, link.invite, { random }))
  await hears(ben, [await lastItem(anna)])
  expect(await ben.sees()).toEqual([])
  expect(await ben.records()).toHaveLength(1)
  const documents = await ben.session.documents(ben.space)
  expect((await recordsBeyond(documents, new Map(), 1_000_000)).records).toEqual([])
})

describe('of a device that has said two things in the roster', () => {
  let mallory: TestMember
  let proof: Piece[]

  beforeEach(async () => {
    mallory = await anna.invites('Mallory')
    everybody.push(mallory)
    await mallory.tells(anna)
  })

  /** Two operations with one number, as the owner and the thief of a copied device make them. */
  async function forks(): Promise<void> {
    const { log, me: device } = mallory.session
    const twins = [1, 2].map(() => forgeRotation({ log, random, device }, () => ({})))
    proof = (await Promise.all(twins)).map((bytes) => ({ kind: 'item', bytes }))
  }

  /** Says something; everybody in `heard` has heard it. */
  async function says(text: string, heard: readonly TestMember[]): Promise<Piece> {
    await mallory.says(text)
    const record = await lastRecord(mallory)
    for (const member of heard) await hears(member, [record])
    return record
  }

  async function rotates(member: TestMember): Promise<Piece> {
    await member.session.rotate()
    return lastItem(member)
  }

  test('[SHO3] what lies beyond the cut is hidden, and shown when somebody raises it', async () => {
    const [ben] = await observers(1)
    if (ben === undefined) throw new Error('an observer')
    await anna.tells(mallory)
    await says('one', [anna, ben])
    await says('two', [ben])
    await ben.says('both heard')
    const word = await ownRecord(ben)
    await forks()
    for (const member of [anna, ben]) await hears(member, proof)
    expect(await ben.sees()).toEqual(['Mallory: one', 'Mallory: two', 'Observer 0: both heard'])
    const cuts = await anna.session.cuts()
    expect(cuts.map(({ sequence }) => sequence).toSorted()).toEqual([0, 1])

    const cut = await rotates(anna)
    await hears(ben, [cut])
    expect(await ben.sees()).toEqual(['Mallory: one', 'Observer 0: both heard'])
    expect(await ben.records()).toHaveLength(3)
    const late = await says('three', [])
    expect(await anna.session.receiveRecords(anna.space, [late.bytes], null)).toMatchObject({ waiting: 1 })

    expect(await ben.session.cuts()).toMatchObject([{ sequence: 2 }])
    const raise = await rotates(ben)
    await hears(anna, [raise])
    const [, two] = await mallory.records()
    if (two === undefined) throw new Error('a second record')
    await hears(anna, [{ kind: 'record', bytes: two }])
    // The roster alone does not say that Ben had it then.
    expect(await anna.sees()).toEqual(['Mallory: one'])
    await hears(anna, [word])
    for (const member of [anna, ben]) {
      expect(await member.sees()).toEqual(['Mallory: one', 'Mallory: two', 'Observer 0: both heard'])
      expect(await seenAgain(member)).toEqual(await member.sees())
      expect(await member.session.cuts()).toEqual([])
    }
  })

  test('[EPO14] who had not said that they hold it raises nothing', async () => {
    const [ben] = await observers(1)
    if (ben === undefined) throw new Error('an observer')
    await anna.tells(mallory)
    await says('one', [anna, ben])
    await says('two', [ben])
    await forks()
    for (const member of [anna, ben]) await hears(member, proof)
    const cut = await rotates(anna)
    await hears(ben, [cut])
    expect(await ben.session.cuts()).toEqual([])
    await ben.says('what of the second')
    expect(await ben.session.cuts()).toEqual([])
    expect(await ben.sees()).toEqual(['Mallory: one', 'Observer 0: what of the second'])
  })

  test('[EPO14] who had said that they hold one record raises the cut to no other', async () => {
    const [ben, carl] = await observers(2)
    if (ben === undefined || carl === undefined) throw new Error('observers')
    await anna.tells(mallory)
    await says('one', [anna, ben, carl])
    // Of two second records Ben heard the one and names the other, which Carl alone has heard.
    const other = await forge(mallory)
    await says('two', [ben])
    await ben.says('both heard')
    const word = await ownRecord(ben)
    await hears(carl, [{ kind: 'record', bytes: other.bytes }])
    const { device, space, sequence } = other.body
    const record = (await carl.session.documents(space)).heads.get(device)?.id
    if (record === undefined) throw new Error('a second record')
    await forks()
    for (const member of [anna, ben, carl]) await hears(member, proof)
    const cut = await rotates(anna)
    for (const member of [ben, carl]) await hears(member, [cut])
    const item = await forgeRotation({ log: ben.session.log, random, device: ben.session.me }, () => ({
      cuts: [{ device, space, sequence, record }],
    }))
    await hears(carl, [word, { kind: 'item', bytes: item }])
    const { cuts } = carl.session.log.state
    expect(cuts.get(device)).toContainEqual(expect.objectContaining({ by: ben.session.device, record }))
    expect(await carl.sees()).toEqual(['Mallory: one', 'Observer 0: both heard'])
  })

  test('[EPO14] who had said that they hold a record raises the cut to no later place with it', async () => {
    const [ben] = await observers(1)
    if (ben === undefined) throw new Error('an observer')
    await anna.tells(mallory)
    await says('one', [anna, ben])
    const two = await says('two', [ben])
    await ben.says('both heard')
    const word = await ownRecord(ben)
    const { device } = mallory.session
    const record = (await ben.session.documents(ben.space)).heads.get(device)?.id
    if (record === undefined) throw new Error('a second record')
    const late = [await says('three', []), await says('four', [])]
    await forks()
    for (const member of [anna, ben]) await hears(member, proof)
    await hears(ben, [await rotates(anna)])
    const item = await forgeRotation({ log: ben.session.log, random, device: ben.session.me }, () => ({
      cuts: [{ device, space: ben.space, sequence: 4, record }],
    }))
    await hears(anna, [word, two, ...late, { kind: 'item', bytes: item }])
    expect(anna.session.log.state.cuts.get(device)).toContainEqual(expect.objectContaining({ sequence: 4 }))
    expect(await anna.sees()).toEqual(['Mallory: one', 'Observer 0: both heard'])
  })

  test('[EPO14] an accomplice raises nothing over what was written after the end', async () => {
    const [ben, carl] = await observers(2)
    if (ben === undefined || carl === undefined) throw new Error('observers')
    await anna.tells(mallory)
    const one = await says('one', [anna, ben, carl])
    const before = ben.session.log.state.heads
    await forks()
    for (const member of [anna, ben, carl]) await hears(member, proof)
    const cut = await rotates(anna)
    for (const member of [ben, carl]) await hears(member, [cut])
    const late = await says('late', [])
    const { heads } = await mallory.session.documents(mallory.space)
    const end = heads.get(mallory.session.device)
    if (end === undefined) throw new Error('a record')
    const last = { device: mallory.session.device, sequence: end.sequence, record: end.id }
    // Ben has said something since, so a record that names the roster of before comes too late.
    await ben.says('I know')
    const known = await ownRecord(ben)
    const dated = await forge(ben, { heads: before, dependencies: [last] })
    const item = await forgeRotation({ log: ben.session.log, random, device: ben.session.me }, () => ({
      cuts: [{ device: last.device, space: ben.space, sequence: last.sequence, record: last.record }],
    }))
    const raise = { kind: 'item', bytes: item } as const
    await hears(carl, [known, { kind: 'record', bytes: dated.bytes }, raise, late])
    const { cuts } = carl.session.log.state
    expect(cuts.get(last.device)).toContainEqual(expect.objectContaining({ by: ben.session.device }))
    const shown = ['Mallory: one', 'Observer 0: I know', 'Observer 0: forged']
    expect(await carl.sees()).toEqual(shown)
    expect(await seenAgain(carl)).toEqual(shown)
    expect(one).toBeDefined()
  })

  test('[SHO3] the record at the cut is the one that was named', async () => {
    const [ben, carl] = await observers(2)
    if (ben === undefined || carl === undefined) throw new Error('observers')
    await anna.tells(mallory)
    await says('one', [anna, ben, carl])
    const other = await forge(mallory)
    await hears(carl, [{ kind: 'record', bytes: other.bytes }])
    await says('two', [anna, ben])
    await forks()
    for (const member of [anna, ben, carl]) await hears(member, proof)
    expect(await carl.sees()).toEqual(['Mallory: one', 'Mallory: forged'])
    const cut = await rotates(anna)
    for (const member of [ben, carl]) await hears(member, [cut])
    expect(await ben.sees()).toEqual(['Mallory: one', 'Mallory: two'])
    expect(await carl.sees()).toEqual(['Mallory: one'])
  })

  test('[SHO3] in whatever order cuts and records come, the same ones give the same screen', async () => {
    const all = await observers(4)
    const [ben] = await observers(1)
    if (ben === undefined) throw new Error('an observer')
    await anna.tells(mallory)
    for (const observer of all) await anna.tells(observer)
    const one = await says('one', [anna, ben])
    const two = await says('two', [ben])
    await ben.says('both heard')
    const word = await ownRecord(ben)
    const three = await says('three', [])
    await forks()
    for (const member of [anna, ben]) await hears(member, proof)
    const cut = await rotates(anna)
    await hears(ben, [cut])
    const raise = await rotates(ben)
    await hearInAnyOrder(all, [one, two, three, ...proof, cut, raise, word])
    const rows = ['Mallory: one', 'Mallory: two', 'Observer 0: both heard']
    for (const observer of all) expect(await observer.sees()).toEqual(rows)
  })
})
