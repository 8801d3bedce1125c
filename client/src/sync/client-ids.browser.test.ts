import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forgeChain } from '../documents/testing/forgery.ts'
import { TestMember } from '../documents/testing/members.ts'
import { SessionReplica } from './session-replica.ts'

/** As if all ids met: a real pair, for two fixed devices, stands in `documents/chapter.test.ts`. */
vi.mock(import('@clique/crypto'), async (load) => ({ ...(await load()), clientIdOf: () => 7 }))

let anna: TestMember
let ben: TestMember
let everybody: TestMember[]
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  everybody = [anna]
  ben = await comes('Ben')
})
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

async function comes(name: string): Promise<TestMember> {
  const member = await anna.invites(name)
  await member.tells(anna)
  for (const other of everybody.slice(1)) await anna.tells(other)
  everybody.push(member)
  return member
}

test('[CID2] who heard two others in different orders shows one conversation, and keeps who forwards it', async () => {
  const [mallory, molly] = [await comes('Mallory'), await comes('Molly')]
  for (const other of [ben, mallory]) await anna.tells(other)
  const [x, x2] = await forgeChain(mallory, 2)
  const [y, y2] = await forgeChain(molly, 2)
  if (!x || !x2 || !y || !y2) throw new Error('no records')
  const orders: [TestMember, Uint8Array[]][] = [
    [anna, [x, y, y2, x2]],
    [ben, [y, x, x2, y2]],
  ]
  for (const [member, order] of orders) {
    for (const bytes of order) {
      const reception = await member.session.receiveRecords(anna.space, [bytes], null)
      expect(reception).toMatchObject({ accepted: 1, refused: [] })
    }
  }
  const replica = await SessionReplica.open(ben.session)
  expect(await replica.takeRecords(anna.space, await anna.records(), null)).toMatchObject({
    refused: 0,
    left: 0,
  })
  replica.close()
  await anna.says('hello')
  await anna.tells(ben)
  const seen = await anna.sees()
  expect(seen).toHaveLength(5)
  for (const session of [ben.session, await ben.tab(), await anna.tab()]) {
    expect((await ben.sees(session)).toSorted()).toEqual(seen.toSorted())
  }
})

test('[CID3] tabs of one device with one id go on where the other ended', async () => {
  const tab = await anna.tab()
  for (const session of [anna.session, tab, anna.session, tab]) await session.say(anna.space, 'in turns')
  await ben.says('between')
  await anna.tells(ben)
  await ben.tells(anna)
  expect(await ben.sees()).toHaveLength(5)
  for (const session of [tab, await anna.tab()]) expect(await anna.sees(session)).toEqual(await ben.sees())
})
