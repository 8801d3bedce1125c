import { bytesToId, leaveClique, removeMember, rotateEpoch, signerFromSeed } from '@clique/crypto'
import { systemRandom as random } from '@clique/crypto'
import type { Signer } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeItem, encodeItem } from '../../../crypto/src/epochs/control-item.ts'
import { makeEndNotices } from '../../../crypto/src/epochs/end-notice.ts'
import { readEndNotices } from '../storage/ends.ts'
import { readItems } from '../storage/items.ts'
import { readRecordsAfter } from '../storage/records.ts'
import { CliqueSession } from './clique-session.ts'
import { denialMs } from './end-watch.ts'
import { recordsBeyond } from './outgoing.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
let carl: TestMember

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  carl = await anna.invites('Carl')
  await carl.tells(anna)
  for (const member of [ben, carl]) await anna.tells(member)
})
afterEach(async () => {
  for (const member of [anna, ben, carl]) await member.leaves()
})

async function removes(by: TestMember, whom: TestMember): Promise<void> {
  const { session } = by
  await session.act(async (log, me) =>
    removeMember(log, me, whom.session.member, { random, held: await session.held(log.state) }),
  )
}

async function allItems(member: TestMember): Promise<Uint8Array[]> {
  const { items } = await readItems(member.store, member.session.clique)
  return items.map(({ bytes }) => bytes)
}

test('[SHO4] what somebody said until they were removed stays, with their name; what came later does not', async () => {
  await ben.says('one')
  await ben.tells(anna)
  await ben.tells(carl)
  await removes(anna, ben)
  await anna.tells(carl)
  // Ben has not heard of it, and goes on under the old keys.
  await ben.says('two')
  expect(await ben.tells(carl)).toMatchObject({ accepted: 0, waiting: 1 })
  for (const member of [anna, carl]) expect(await member.sees()).toEqual(['Ben: one'])
  // It is handed on to whoever comes later, like everything else that counts.
  const dora = await anna.invites('Dora')
  await anna.tells(dora)
  expect(await dora.sees()).toEqual(['Ben: one'])
  await dora.leaves()
})

test('[SHO4] what the remover did not hold is hidden and not erased, until somebody raises the cut who does', async () => {
  await ben.says('one')
  await ben.tells(anna)
  await ben.says('two')
  await ben.tells(carl)
  await carl.says('both heard')
  await removes(anna, ben)
  await anna.tells(carl)
  expect(await carl.sees()).toEqual(['Ben: one', 'Carl: both heard'])
  const documents = await carl.session.documents(carl.space)
  expect(await readRecordsAfter(carl.store, documents.place, 0)).toHaveLength(3)
  expect((await recordsBeyond(documents, new Map(), 1_000_000)).records).toHaveLength(2)
  expect(await carl.session.cuts()).toMatchObject([{ device: ben.session.device, sequence: 2 }])
  await carl.session.rotate()
  await carl.tells(anna)
  const rows = ['Ben: one', 'Ben: two', 'Carl: both heard']
  for (const member of [anna, carl]) expect(await member.sees()).toEqual(rows)
})

test('[SHO4] who never was let in stays hidden when they are removed', async () => {
  const link = await anna.opens()
  const first = await link.enters('First')
  const second = await link.enters('Second')
  await first.says('I am first')
  for (const taker of [first, second]) await taker.tells(anna)
  expect(await anna.sees()).toEqual([])
  await removes(anna, first)
  expect(anna.session.log.state.members.get(first.session.member)?.status).toBe('out')
  expect(await anna.sees()).toEqual([])
  for (const taker of [first, second]) await taker.leaves()
})

test('[SHO4] what somebody said before they left stays, for themselves as well', async () => {
  await ben.says('good bye')
  await ben.session.act((log, me) => leaveClique(log, me, { random }))
  await ben.tells(anna)
  await anna.session.rotate()
  await anna.tells(carl)
  for (const member of [anna, ben, carl]) expect(await member.sees()).toEqual(['Ben: good bye'])
})

test('[END1] who is removed is told by whom, keeps what they had, and writes nothing any more', async () => {
  await anna.says('for all of us')
  await anna.tells(ben)
  expect(ben.session.end).toBeNull()
  await removes(anna, ben)
  await anna.says('for Carl')
  const before = Date.now()
  const tab = await ben.tab()
  let told = 0
  tab.onChange(({ kind }) => (told += kind === 'roster' ? 1 : 0))
  await anna.tells(ben)
  const end = { kind: 'removed', by: [anna.session.member] }
  expect(ben.session.end).toMatchObject({ end })
  expect(ben.session.end?.noticedAt).toBeGreaterThanOrEqual(before)
  await expect.poll(() => tab.end).toMatchObject({ end })
  expect(told).toBeGreaterThan(0)
  expect(await ben.sees()).toEqual(['Anna: for all of us'])
  await expect(ben.says('still here')).rejects.toMatchObject({ code: 'membership-ended' })
  await expect(ben.session.rotate()).rejects.toMatchObject({ code: 'membership-ended' })
  expect(await ben.records()).toHaveLength(1)
  // Neither a new start nor other things that it cannot open make it forget.
  for (let i = 0; i < 3; i++) await anna.session.rotate()
  await ben.session.receiveItems(await allItems(anna), null)
  const again = await CliqueSession.open(ben.store, ben.session.clique)
  expect(again.end).toEqual(ben.session.end)
  await again.close()
})

test('[END1] who leaves writes nothing any more, and the others begin an epoch without them', async () => {
  const before = Date.now()
  const { operation } = await ben.session.act((log, me) => leaveClique(log, me, { random }))
  expect(ben.session.end).toEqual({ end: { kind: 'left' }, noticedAt: null })
  expect(ben.session.heardAt(operation.id)).toBeGreaterThanOrEqual(before)
  await expect(ben.says('still here')).rejects.toMatchObject({ code: 'membership-ended' })
  await ben.tells(anna)
  await anna.says('without Ben')
  await anna.tells(ben)
  expect(await ben.sees()).toEqual([])
  await anna.tells(carl)
  expect(await carl.sees()).toEqual(['Anna: without Ben'])
})

test('[END1] [ITM7] who is told so though nobody removed them is silent until others begin an epoch a day later', async () => {
  const { log, me, clique } = anna.session
  const lie = await removeMember(log, me, ben.session.member, { random })
  await ben.session.receiveItems([lie.item], null)
  expect(ben.session.end).toMatchObject({ end: { kind: 'removed' } })
  const hearsCarl = async (): Promise<void> => {
    await carl.session.rotate()
    await ben.session.receiveItems(await allItems(carl), null)
  }
  // Carl may not have heard of it.
  ben.clockError = denialMs - 60 * 60 * 1000
  await hearsCarl()
  await expect(ben.says('hello')).rejects.toMatchObject({ code: 'membership-ended' })
  ben.clockError = denialMs
  await hearsCarl()
  expect(ben.session.end).toBeNull()
  await ben.says('hello')
  // When it came is kept.
  const again = await CliqueSession.open(ben.store, clique)
  expect(again.end).toBeNull()
  await again.close()
})

test('[END1] who is told so by somebody who may not, is not told', async () => {
  await removes(anna, carl)
  await ben.session.receiveItems(await allItems(anna), null)
  expect(ben.session.end).toBeNull()
  await ben.says('still here')
  expect(await ben.sees()).toEqual(['Ben: still here'])
  // Ben may not remove anybody; what he made up says nothing to Anna.
  await expect(removes(ben, anna)).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(ben.session.act((log, me) => rotateEpoch(log, me, { random }))).resolves.toBeTruthy()
})

test('[END1] what somebody says of an end whom nobody knows is not even kept', async () => {
  const { clique, member, me, store } = ben.session
  await removes(anna, ben)
  await anna.session.rotate()
  // Ben can open neither of these, so either may bring him word.
  const sealed = (await allItems(anna)).slice(-2)
  const told = async (signer: Signer): Promise<number> => {
    const whole = decodeItem(sealed.pop() ?? new Uint8Array(0))
    if (whole.handout === null) throw new Error('an epoch begins')
    const author = { kind: 'device', id: bytesToId('device', signer.publicKey) } as const
    const said = {
      clique,
      epoch: whole.handout.epoch,
      ended: { kind: 'member', id: member },
      author,
      sequence: 1,
    } as const
    const notices = await makeEndNotices(said, signer, [{ kem: me.kem.publicKey }])
    const handout = { ...whole.handout, notices }
    await ben.session.receiveItems([encodeItem({ ...whole, handout })], null)
    return (await readEndNotices(store, clique)).length
  }
  // Whoever may not say it is at least somebody.
  const stranger = signerFromSeed(random(32))
  expect([await told(stranger), await told(carl.session.me.signer)]).toEqual([0, 1])
  expect(ben.session.end).toBeNull()
})
