import { createSpace, removeMember, setAudience, setRole, systemRandom as random } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConversationWindow } from './conversation-window.ts'
import { readRosterLines } from './roster-lines.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
let carla: TestMember

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  await anna.says('hello')
  carla = await anna.invites('Carla')
  await carla.tells(anna)
  await anna.tells(ben)
})
afterEach(async () => {
  for (const member of [anna, ben, carla]) await member.leaves()
})

/** The conversation as it stands, what happened between the messages that it happened between. */
async function reads(member: TestMember, space = member.space): Promise<string[]> {
  const { session } = member
  const documents = await session.documents(space)
  const window = new ConversationWindow(documents)
  const { messages, hasOlder } = await window.read()
  window.close()
  const lines = await readRosterLines(documents, session.log, session.member, messages, hasOlder)
  const nameOf = (id: string | null) =>
    [...session.log.state.members.values()].find((one) => one.id === id)?.name ?? 'nobody'
  const at = (index: number) =>
    (lines.get(index) ?? []).map(({ kind, by, whom }) => `(${nameOf(by)} ${kind} ${nameOf(whom)})`)
  return [...messages.flatMap(({ entry }, i) => [...at(i), entry.text]), ...at(messages.length)]
}

async function removes(by: TestMember, whom: TestMember): Promise<void> {
  await by.session.act(async (log, me) =>
    removeMember(log, me, whom.session.member, {
      random,
      held: await by.session.held(log.state),
      renewCapability: false,
      countersigns: [],
    }),
  )
}

test('[LIN1] what happened stands where somebody first knew of it, and moves for nobody who hears more', async () => {
  expect(await reads(anna)).toEqual(['(Anna joined Ben)', 'hello', '(Anna joined Carla)'])
  await anna.session.act((log, me) => setRole(log, me, ben.session.member, 'moderator', { random }))
  // Ben has not heard of it yet.
  await ben.says('hello too')
  await ben.tells(anna)
  await anna.says('so it is')
  const expected = [
    '(Anna joined Ben)',
    'hello',
    '(Anna joined Carla)',
    'hello too',
    '(Anna role Ben)',
    'so it is',
  ]
  await anna.tells(ben)
  await anna.tells(carla)
  for (const member of [anna, ben, carla]) expect(await reads(member), member.name).toEqual(expected)
})

test('[LIN1] whoever does with less is told of, and whoever gives them a role again after that', async () => {
  const sets = (by: TestMember, role: 'member' | 'moderator') =>
    by.session.act((log, me) => setRole(log, me, ben.session.member, role, { random }))
  const roleLine = async () => (await reads(anna)).filter((line) => line.includes('role'))
  await sets(anna, 'moderator')
  await anna.tells(ben)
  await sets(ben, 'member')
  await ben.tells(anna)
  expect(await roleLine()).toEqual(['(Ben role Ben)'])
  await sets(anna, 'moderator')
  expect(await roleLine()).toEqual(['(Anna role Ben)'])
})

test('[LIN2] somebody who was removed cannot date back that they were', async () => {
  await carla.says('bye')
  await carla.tells(anna)
  await anna.says('before it')
  await removes(anna, carla)
  await anna.tells(ben)
  ben.clockError = -400 * 24 * 60 * 60 * 1000
  await ben.says('I knew')
  await ben.tells(anna)
  await anna.says('after it')
  const rows = await reads(anna)
  expect(rows.indexOf('(Anna removed Carla)')).toBeGreaterThan(rows.indexOf('before it'))
  expect(rows.indexOf('(Anna removed Carla)')).toBeLessThan(rows.indexOf('after it'))
})

test('[LIN3] a conversation of some tells of those who are or were in it alone', async () => {
  const two = { kind: 'channel', title: 'Two', members: [ben.session.member] } as const
  const { space } = await anna.session.act((log, me) => createSpace(log, me, two, { random }))
  await anna.says('just us', space)
  expect(await reads(anna, space)).toEqual(['just us'])
  await carla.tells(anna)
  await anna.session.act(async (log, me) =>
    setAudience(
      log,
      me,
      space,
      { add: [carla.session.member] },
      { random, held: await anna.session.held(log.state) },
    ),
  )
  await anna.session.act((log, me) => setRole(log, me, ben.session.member, 'admin', { random }))
  expect(await reads(anna, space)).toEqual(['just us', '(Anna added Carla)'])
  await removes(anna, ben)
  expect(await reads(anna, space)).toEqual(['just us', '(Anna added Carla)', '(Anna removed Ben)'])
})
