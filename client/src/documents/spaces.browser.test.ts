import { createSpace, isCliqueError, sendingKey, setAudience, systemRandom as random } from '@clique/crypto'
import type { SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
let carl: TestMember
let space: SpaceId

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  carl = await anna.invites('Carl')
  await carl.tells(anna)
  // What newcomers came by is in use by nobody after this.
  await anna.session.rotate()
  const wish = { kind: 'channel', title: 'Surprise', members: [ben.session.member] } as const
  const made = await anna.session.act((log, me) => createSpace(log, me, wish, { random }))
  space = made.space
  for (const member of [ben, carl]) await anna.tells(member)
})
afterEach(async () => {
  for (const member of [anna, ben, carl]) await member.leaves()
})

const among = (member: TestMember) => member.sees(member.session, space)

async function changes(by: TestMember, change: { add?: TestMember[]; remove?: TestMember[] }): Promise<void> {
  const { session } = by
  const ids = (members: TestMember[] = []) => members.map((one) => one.session.member)
  const wish = { add: ids(change.add), remove: ids(change.remove) }
  await session.act(async (log, me) =>
    setAudience(log, me, space, wish, { random, held: await session.held(log.state) }),
  )
}

test('[SPA1] what is written among some is read by them, and rests with nobody else', async () => {
  await anna.says('the cake is hidden', space)
  await anna.tells(ben, space)
  await ben.says('good', space)
  await ben.tells(anna, space)
  for (const member of [anna, ben])
    expect(await among(member)).toEqual(['Anna: the cake is hidden', 'Ben: good'])
  expect(anna.session.spaces).toContain(space)
  expect(carl.session.spaces).not.toContain(space)
  expect(await anna.tells(carl, space)).toMatchObject({ accepted: 0 })
  expect(await among(carl)).toEqual([])
  expect(await carl.records(space)).toEqual([])
  // The conversation of all goes on beside it, under other keys.
  await anna.says('hello')
  expect(await anna.tells(carl)).toMatchObject({ accepted: 1 })
  expect(sendingKey(anna.session.log, space)?.epoch).not.toBe(sendingKey(anna.session.log, anna.space)?.epoch)
})

test('[SPA2] somebody who is not in a space writes nothing there, and what they sign for it is nobody’s', async () => {
  await expect(carl.says('let me in', space)).rejects.toMatchObject({ code: 'not-allowed' })
  expect(await carl.records(space)).toEqual([])
})

test('[SPA3] whoever is taken out of a space reads nothing newer, and what they said before stays', async () => {
  await ben.says('before', space)
  await ben.tells(anna, space)
  await changes(anna, { add: [carl] })
  for (const member of [ben, carl]) await anna.tells(member, space)
  expect(await among(carl)).toEqual(['Ben: before'])
  await changes(anna, { remove: [ben] })
  await anna.says('after', space)
  for (const member of [ben, carl]) await anna.tells(member, space)
  for (const member of [anna, carl]) expect(await among(member)).toEqual(['Ben: before', 'Anna: after'])
  expect(await among(ben)).toEqual(['Ben: before'])
  expect(ben.session.spaces).not.toContain(space)
  await expect(ben.says('still here', space)).rejects.toMatchObject({ code: 'not-allowed' })
})

test('[SPA4] what somebody writes who has not heard that they were taken out is shown to nobody', async () => {
  await ben.says('before', space)
  await ben.tells(anna, space)
  await changes(anna, { remove: [ben] })
  await ben.says('behind your back', space)
  expect(await ben.tells(anna, space)).toMatchObject({ accepted: 0 })
  expect(await among(anna)).toEqual(['Ben: before'])
})

test('[SPA5] a removal from the clique ends all its spaces, and who writes next begins an epoch of each', async () => {
  await changes(anna, { add: [carl] })
  for (const member of [ben, carl]) await anna.tells(member, space)
  const before = sendingKey(anna.session.log, space)?.epoch
  const { removeMember } = await import('@clique/crypto')
  await anna.session.act(async (log, me) =>
    removeMember(log, me, ben.session.member, { random, held: await anna.session.held(log.state) }),
  )
  expect(sendingKey(anna.session.log, space)).toBeNull()
  await anna.says('without Ben', space)
  expect(sendingKey(anna.session.log, space)?.epoch).not.toBe(before)
  await anna.tells(carl, space)
  expect(await among(carl)).toEqual(['Anna: without Ben'])
  await anna.tells(ben, space)
  expect(await among(ben)).toEqual([])
})

test('[SPA6] whoever leaves a space chooses no key of the others, and whoever writes next does', async () => {
  await changes(anna, { add: [carl] })
  for (const member of [ben, carl]) await anna.tells(member, space)
  await changes(ben, { remove: [ben] })
  expect(ben.session.spaces).not.toContain(space)
  await ben.tells(anna, space)
  expect(sendingKey(anna.session.log, space)).toBeNull()
  await anna.says('alone with Carl', space)
  for (const member of [carl, ben]) await anna.tells(member, space)
  expect(await among(carl)).toEqual(['Anna: alone with Carl'])
  expect(await among(ben)).toEqual([])
})

test('a member who is no admin and did not make a space changes nothing but their own place in it', async () => {
  await changes(anna, { add: [carl] })
  for (const member of [ben, carl]) await anna.tells(member, space)
  await expect(changes(ben, { remove: [carl] })).rejects.toSatisfy((error) =>
    isCliqueError(error, 'not-allowed'),
  )
})
