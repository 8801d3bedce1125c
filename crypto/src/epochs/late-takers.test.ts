import { expect, test } from 'vitest'
import { revokeInvitation, rotateEpoch } from '../roster/acts.ts'
import { removeMember, setRole } from '../roster/member-acts.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { rotationDue } from './rotation-due.ts'
import { safeEpoch, sendingKey, spaceKeys } from './sending.ts'

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
  const now = Date.now()
  const causeFor = ({ log, device }: Person) =>
    rotationDue(log, device.id, { now, recordsSinceRotation: 0, epochStartedAt: now })?.cause
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
