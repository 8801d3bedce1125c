import { expect, test } from 'vitest'
import { revokeInvitation, rotateEpoch } from '../roster/acts.ts'
import {
  confirmMember,
  countersign,
  countersignsFor,
  leaveClique,
  recoverClique,
  removeMember,
  setRole,
} from '../roster/member-acts.ts'
import { meet, people, today } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { findUnsettled, rotationDue } from './rotation-due.ts'
import { safeEpoch, sendingKey, spaceKeys } from './sending.ts'

const causeFor = ({ log, device }: Person) =>
  rotationDue(log, device.id, { now: today, recordsSinceRotation: 0, epochStartedAt: today })?.cause

const statusOf = (person: Person, other: Person) => person.log.state.members.get(other.root.id)?.status

test('[EPO6] whoever took a link that had no use left may be let in by who heard of them first, so nothing is sent that knew of others alone', async () => {
  const all = await people(11, 'anna', 'ben', 'carl', 'dora', 'xara', 'kim', 'eve')
  const { anna, ben, carl, dora, xara, kim, eve } = all
  await anna.creates()
  for (const one of [ben, carl, dora]) {
    await one.joins(await anna.invites({ role: 'admin' }), anna.items)
    await meet(anna, one)
  }
  await meet(anna, ben, carl, dora)
  const invitation = await anna.invites()
  await meet(anna, ben, carl, dora)
  const early = [...anna.items]
  for (const one of [xara, kim, eve]) await one.joins(invitation, early)

  await dora.receives(...xara.items, ...kim.items)
  expect([statusOf(dora, xara), statusOf(dora, kim)]).toEqual(['quarantined', 'quarantined'])
  await dora.does(rotateEpoch)
  const epoch = safeEpoch(dora.log)
  const told = [...dora.items]
  await carl.receives(...eve.items)
  await carl.does(rotateEpoch)
  await ben.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  await dora.receives(...ben.items, ...eve.items)
  expect(statusOf(dora, eve)).toBe('out')
  const key = spaceKeys(dora.log, dora.conversation)
  const sealed = [...key.values()].find((one) => one.epoch === epoch)

  // Carl has not heard of the end, and hands Eve what Dora began.
  await carl.receives(...xara.items, ...kim.items, ...told)
  expect(statusOf(carl, eve)).toBe('in')
  await carl.does(rotateEpoch)
  await eve.receives(...carl.items)
  expect(sealed && spaceKeys(eve.log, eve.conversation).has(sealed.keyId)).toBe(true)
  // Only under what Ben began with the end, which Carl can hand to nobody who is out by it.
  const current = sendingKey(dora.log, dora.conversation)
  expect(current?.epoch).not.toBe(epoch)
  await carl.receives(...ben.items)
  expect(statusOf(carl, eve)).toBe('out')
  await carl.does(rotateEpoch)
  await eve.receives(...carl.items, ...ben.items, ...dora.items)
  expect(current && spaceKeys(eve.log, eve.conversation).has(current.keyId)).toBe(false)
})

test('[EPO6] each further taker of a used-up link has to be answered by a rotation, until one of them is removed', async () => {
  const { anna, kim, xara, eve } = await people(12, 'anna', 'kim', 'xara', 'eve')
  await anna.creates()
  const invitation = await anna.invites()
  const early = [...anna.items]
  await kim.joins(invitation, early)
  await meet(anna, kim)
  await anna.does(rotateEpoch)
  for (const one of [xara, eve]) await one.joins(invitation, early)

  await anna.receives(...xara.items)
  expect(statusOf(anna, xara)).toBe('quarantined')
  expect(safeEpoch(anna.log)).toBe(null)
  await anna.does((log, me, options) => removeMember(log, me, xara.root.id, options))
  const epoch = safeEpoch(anna.log)
  expect(epoch).not.toBe(null)
  await anna.receives(...eve.items)
  expect(statusOf(anna, eve)).not.toBe('in')
  expect(safeEpoch(anna.log)).toBe(epoch)
})

test('[EPO9] [ROS7] who came by a link is settled by whoever might have let them in, and is their duty alone', async () => {
  const { anna, rae, ben } = await people(13, 'anna', 'rae', 'ben')
  await anna.creates()
  await rae.joins(await anna.invites({ role: 'reader' }), anna.items)
  await meet(anna, rae)
  await anna.does(rotateEpoch)
  await meet(anna, rae)
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, rae, ben)
  expect([causeFor(anna), causeFor(rae)]).toEqual(['settle-join', undefined])
  await rae.does(rotateEpoch)
  await meet(anna, rae, ben)
  expect(causeFor(anna)).toBe('settle-join')
  await anna.does(rotateEpoch)
  await meet(anna, rae, ben)
  expect([causeFor(anna), causeFor(rae)]).toEqual([undefined, undefined])
})

test.each([
  ['lost', 'admin', 'reader'],
  ['got', 'reader', 'admin'],
] as const)(
  '[EPO9] [ROS7] whoever %s the role beside what they built has settled nobody',
  async (_, had, has) => {
    const { anna, cara, ben } = await people(14, 'anna', 'cara', 'ben')
    await anna.creates()
    await cara.joins(await anna.invites({ role: had }), anna.items)
    await meet(anna, cara)
    await anna.does(rotateEpoch)
    const link = await anna.invites()
    await meet(anna, cara)
    await ben.joins(link, anna.items)
    await meet(cara, ben)
    await cara.does(rotateEpoch)
    await meet(cara, ben)
    await anna.does((log, me, options) => setRole(log, me, cara.root.id, has, options))
    await meet(anna, cara, ben)
    await ben.does(rotateEpoch)
    await meet(anna, cara, ben)
    const now = Date.now()
    const cause = () =>
      rotationDue(anna.log, anna.device.id, { now, recordsSinceRotation: 0, epochStartedAt: now })?.cause
    expect(cause()).toBe('settle-join')
    await anna.does(rotateEpoch)
    expect(cause()).toBe(undefined)
  },
)

test('[EPO9] [ROS14] whoever was confirmed has nothing to settle', async () => {
  const { anna, zoe, ben, carl } = await people(15, 'anna', 'zoe', 'ben', 'carl')
  await anna.creates()
  await zoe.joins(await anna.invites({ role: 'admin' }), anna.items)
  await meet(anna, zoe)
  await anna.does(rotateEpoch)
  const link = await anna.invites()
  const early = [...anna.items]
  for (const one of [ben, carl]) await one.joins(link, early)
  await meet(anna, zoe, ben, carl)
  expect([statusOf(anna, ben), statusOf(anna, carl)]).toEqual(['quarantined', 'quarantined'])
  await anna.does(rotateEpoch)
  await meet(anna, zoe)
  await zoe.does((log, me, options) => confirmMember(log, me, ben.root.id, options))
  await zoe.does(rotateEpoch)
  await meet(anna, zoe)
  expect([statusOf(anna, ben), causeFor(anna)]).toEqual(['in', undefined])
})

test('[EPO9] [ROS7] whose word rests on a junior’s does not begin one epoch after the other to settle somebody', async () => {
  const all = await people(16, 'anna', 'ben', 'cleo', 'mia', 'max', 'dan')
  const { anna, ben, cleo, mia, max, dan } = all
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  const link = await anna.invites()
  const early = [...anna.items]
  await cleo.joins(await anna.invites(), anna.items)
  await meet(anna, ben, cleo)
  for (const one of [mia, max]) await one.joins(link, early)
  await meet(anna, ben, cleo, mia, max)
  await anna.does(rotateEpoch)
  await anna.does(leaveClique)
  await meet(anna, ben, cleo)
  await cleo.does(rotateEpoch)
  const other = ben.root.id
  await cleo.does((log, me, options) => countersign(log, me, 'recover', other, options))
  await meet(ben, cleo)
  const signs = countersignsFor(ben.log, 'recover', other)
  await ben.does((log, me, options) => recoverClique(log, me, other, signs, options))
  await ben.does((log, me, options) => confirmMember(log, me, mia.root.id, options))
  await ben.does(rotateEpoch)
  await meet(anna, ben, cleo, mia)
  await dan.joins(await mia.invites(), mia.items)
  await meet(mia, dan)
  await mia.does(rotateEpoch)
  expect(findUnsettled(mia.log).map(({ member }) => member)).toContain(dan.root.id)
  expect(causeFor(mia)).toBe(undefined)
})

test('[EPO9] [ROS7] nobody is settled by a leave', async () => {
  const { anna, ben, carl } = await people(17, 'anna', 'ben', 'carl')
  await anna.creates()
  await ben.joins(await anna.invites({ role: 'admin' }), anna.items)
  await meet(anna, ben)
  await anna.does(rotateEpoch)
  await meet(anna, ben)
  await carl.joins(await anna.invites(), anna.items)
  await ben.receives(...anna.items, ...carl.items)
  await ben.does(leaveClique)
  await meet(ben, carl)
  await carl.does(rotateEpoch)
  await anna.receives(...ben.items, ...carl.items)
  expect(causeFor(anna)).toBe('settle-join')
})
