import { beforeEach, expect, test } from 'vitest'
import { forgeRotation, verdictOf, verdictOfItem, forge } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { rotateEpoch } from './acts.ts'
import { countersign, countersignsFor, leaveClique, recoverClique, removeMember } from './member-acts.ts'
import type { CountersignPurpose } from './operation.ts'
import type { Role } from './roles.ts'
import { lastOperationsOf } from './standing.ts'

const crowd = ['one', 'two', 'three', 'four', 'five', 'six'] as const

let anna: Person
let mallory: Person
let ben: Person
let carl: Person
let dora: Person
let madeUp: Person[]

beforeEach(async () => {
  ;({ anna, mallory, ben, carl, dora } = await people(91, 'anna', 'mallory', 'ben', 'carl', 'dora'))
  madeUp = Object.values(await people(92, ...crowd))
  await anna.creates()
})

async function admit(person: Person, role: Role = 'member'): Promise<void> {
  await person.joins(await anna.invites({ role }), anna.items)
  await anna.receives(...person.items)
}

/** The founder builds on everybody who is there, and everybody hears of it. */
async function settle(...others: readonly Person[]): Promise<void> {
  await meet(anna, ...others)
  await anna.does(rotateEpoch)
  await meet(anna, ...others)
}

const remove = (by: Person, target: Person) =>
  by.does((log, me, options) => {
    const countersigns = countersignsFor(log, 'remove', target.root.id)
    return removeMember(log, me, target.root.id, { ...options, countersigns })
  })

const recover = (by: Person, target: Person = by) =>
  by.does((log, me, options) =>
    recoverClique(log, me, target.root.id, countersignsFor(log, 'recover', target.root.id), options),
  )

const sign = (by: Person, purpose: CountersignPurpose, target: Person) =>
  by.does((log, me, options) => countersign(log, me, purpose, target.root.id, options))

const statusOf = (by: Person, whom: Person) => by.log.state.members.get(whom.root.id)?.status
const roleOf = (by: Person, whom: Person) => by.log.state.members.get(whom.root.id)?.role

/** Out of everybody's sight: lets in people who are none, who all sign. */
async function stuff(by: Person, fakes: readonly Person[], purpose: CountersignPurpose, target: Person) {
  const link = await by.invites({ uses: fakes.length, role: roleOf(by, by) === 'admin' ? 'admin' : 'member' })
  const before = [...by.items]
  for (const fake of fakes) await fake.joins(link, before)
  await by.receives(...fakes.flatMap(({ items }) => items))
  await by.does(rotateEpoch)
  for (const fake of fakes) await fake.receives(...by.items)
  for (const fake of fakes) await by.receives((await sign(fake, purpose, target)).item)
}

/** What one who holds all of this says to the removal, whose author's own device would not have made it. */
async function verdictOfRemoval(judge: Person, author: Person, target: Person) {
  const { state } = author.log
  const member = state.members.get(target.root.id)
  if (member === undefined) throw new Error('the target is known')
  await judge.receives(...author.items)
  const item = await forgeRotation(author, () => ({}), {
    body: (rotation) => ({
      type: 'remove-member',
      member: member.id,
      last: lastOperationsOf(state, member),
      countersigns: countersignsFor(author.log, 'remove', member.id),
      rotation,
    }),
  })
  return verdictOfItem(judge, item)
}

async function verdictOfRecovery(judge: Person, author: Person) {
  await judge.receives(...author.items)
  const countersigns = countersignsFor(author.log, 'recover', author.root.id)
  const operation = await forge(author, { type: 'recover', member: author.root.id, countersigns })
  return verdictOf(judge, author, operation)
}

test('[ROS13] a removed member cannot depose the founder with a majority made up and dated back', async () => {
  for (const one of [mallory, carl, dora]) await admit(one)
  await settle(mallory, carl, dora)
  // Mallory has not heard of it, and goes on at her own next number: her device has not forked.
  const { item } = await anna.does((log, me, options) => removeMember(log, me, mallory.root.id, options))
  await carl.receives(item)
  await stuff(mallory, madeUp, 'remove', anna)
  expect(countersignsFor(mallory.log, 'remove', anna.root.id)).toHaveLength(crowd.length)
  await expect(remove(mallory, anna)).rejects.toMatchObject({ code: 'not-allowed' })
  expect(await verdictOfRemoval(carl, mallory, anna)).toBe('not-allowed')
  expect([statusOf(carl, anna), statusOf(carl, mallory)]).toEqual(['in', 'out'])
})

test('[ROS13] nor does it help to be in, with one true member besides', async () => {
  for (const one of [mallory, carl, dora]) await admit(one)
  await settle(mallory, carl, dora)
  await sign(carl, 'remove', anna)
  await mallory.receives(...carl.items)
  await stuff(mallory, madeUp, 'remove', anna)
  await expect(remove(mallory, anna)).rejects.toMatchObject({ code: 'not-allowed' })
  // A third true signature is more than half of the four.
  await sign(dora, 'remove', anna)
  await mallory.receives(...dora.items)
  await remove(mallory, anna)
  expect(statusOf(mallory, anna)).toBe('out')
})

test('[ROS13] an admin cannot depose the founder with admins made up and dated back', async () => {
  await admit(mallory, 'admin')
  for (const one of [carl, dora]) await admit(one)
  await settle(mallory, carl, dora)
  await anna.does((log, me, options) => removeMember(log, me, mallory.root.id, options))
  await stuff(mallory, madeUp, 'remove', anna)
  await expect(remove(mallory, anna)).rejects.toMatchObject({ code: 'not-allowed' })
  await carl.receives(...anna.items)
  expect(await verdictOfRemoval(carl, mallory, anna)).toBe('not-allowed')
})

test('[ROS13] an admin cannot make a majority by removing the others first, out of sight', async () => {
  await admit(mallory, 'admin')
  for (const one of [ben, carl, dora]) await admit(one)
  await settle(mallory, ben, carl, dora)
  for (const one of [carl, dora]) {
    await mallory.does((log, me, options) => removeMember(log, me, one.root.id, options))
  }
  await ben.receives(...mallory.items)
  await sign(ben, 'remove', anna)
  await mallory.receives(...ben.items)
  await expect(remove(mallory, anna)).rejects.toMatchObject({ code: 'not-allowed' })
})

test('[ROS13] who has left is not counted any more, and who came unseen is not yet', async () => {
  for (const one of [mallory, carl, dora]) await admit(one)
  await settle(mallory, carl, dora)
  await admit(ben)
  await mallory.receives(...anna.items, ...ben.items)
  await mallory.does(rotateEpoch)
  await meet(mallory, ben, carl, dora)
  await sign(ben, 'remove', anna)
  await sign(carl, 'remove', anna)
  await meet(mallory, ben, carl, dora)
  // Two of four.
  await expect(remove(mallory, anna)).rejects.toMatchObject({ code: 'not-allowed' })
  await dora.does(leaveClique)
  await mallory.receives(...dora.items)
  await remove(mallory, anna)
  expect(statusOf(mallory, anna)).toBe('out')
})

test('[ROS13] a founder who has built on nobody is removed by nobody', async () => {
  await mallory.joins(await anna.invites({ uses: 3 }), anna.items)
  await anna.receives(...mallory.items)
  await stuff(mallory, madeUp, 'remove', anna)
  await expect(remove(mallory, anna)).rejects.toMatchObject({ code: 'not-allowed' })
})

test('[ROS18] a removed member does not become an admin by a majority made up and dated back', async () => {
  for (const one of [carl, mallory, dora]) await admit(one)
  await settle(carl, mallory, dora)
  const { item } = await anna.does((log, me, options) => removeMember(log, me, mallory.root.id, options))
  await carl.receives(item)
  await stuff(mallory, madeUp, 'recover', mallory)
  await expect(recover(mallory)).rejects.toMatchObject({ code: 'not-allowed' })
  expect(await verdictOfRecovery(carl, mallory)).toBe('not-allowed')
})

test('[ROS18] the most senior member does not become an admin with somebody they made up, dated back or not', async () => {
  for (const one of [mallory, carl, dora]) await admit(one)
  await settle(mallory, carl, dora)
  const { item } = await anna.does((log, me, options) => removeMember(log, me, mallory.root.id, options))
  await carl.receives(item)
  await stuff(mallory, madeUp.slice(0, 1), 'recover', mallory)
  await expect(recover(mallory)).rejects.toMatchObject({ code: 'not-allowed' })
  expect(await verdictOfRecovery(carl, mallory)).toBe('not-allowed')
  // With somebody whom the founder knew it is what the rule is for.
  await sign(dora, 'recover', mallory)
  await mallory.receives(...dora.items)
  await recover(mallory)
  expect(roleOf(mallory, mallory)).toBe('admin')
})

test('[ROS18] where the only admin has left, those whom they knew name another', async () => {
  for (const one of [ben, carl, dora]) await admit(one)
  await settle(ben, carl, dora)
  await anna.does(leaveClique)
  await ben.receives(...anna.items)
  await ben.does(rotateEpoch)
  await carl.receives(...ben.items)
  await sign(carl, 'recover', ben)
  await ben.receives(...carl.items)
  await recover(ben)
  expect(roleOf(ben, ben)).toBe('admin')
})

test('[ROS18] what somebody had known who is out for good makes no admin: another is named before', async () => {
  for (const one of [ben, carl, dora]) await admit(one)
  await settle(ben, carl, dora)
  for (const one of [carl, dora]) await sign(one, 'remove', anna)
  await sign(carl, 'recover', ben)
  await ben.receives(...carl.items, ...dora.items)
  const before = ben.log
  await remove(ben, anna)
  await expect(recover(ben)).rejects.toMatchObject({ code: 'not-allowed' })
  ben.rewind(before)
  await recover(ben)
  await remove(ben, anna)
  expect([roleOf(ben, ben), statusOf(ben, anna)]).toEqual(['admin', 'out'])
})
