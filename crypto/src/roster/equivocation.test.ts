import { expect, test } from 'vitest'
import { cutOf } from '../epochs/cuts.ts'
import type { HeldRecords } from '../epochs/cuts.ts'
import { bytesToId } from '../ids.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { rotateEpoch } from './acts.ts'
import { addDevice, removeDevice, removeMember } from './member-acts.ts'

const statusOf = (by: Person, whom: Person) => by.log.state.members.get(whom.root.id)?.status

/** Anna admits Ben as an admin, who admits Carl, on whom Anna builds. `early`: Anna's log before Ben did anything. */
async function settled(seed: number) {
  const { anna, ben, carl, dora } = await people(seed, 'anna', 'ben', 'carl', 'dora')
  await anna.creates()
  await dora.joins(await anna.invites(), anna.items)
  await anna.receives(...dora.items)
  await ben.joins(await anna.invites({ role: 'admin' }), anna.items)
  await meet(anna, ben, dora)
  const early = { anna: anna.log, ben: ben.log }
  await carl.joins(await ben.invites(), ben.items)
  await meet(anna, ben, carl, dora)
  await anna.does(rotateEpoch)
  await dora.receives(...anna.items)
  await dora.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  return { anna, ben, carl, dora, early }
}

test('[ROS8] a copied key that says something else about long ago stops its device, not what was built on since', async () => {
  const { anna, ben, carl, dora, early } = await settled(81)
  const twin = await rotateEpoch(early.ben, ben.device, { random: ben.random })
  await anna.receives(twin.item)
  await dora.receives(twin.item)
  expect(anna.log.state.devices.get(ben.device.id)).toMatchObject({ status: 'forked' })
  expect(anna.log.state.devices.get(ben.device.id)?.proof).toContain(twin.operation.id)
  expect([statusOf(anna, carl), statusOf(dora, carl)]).toEqual(['in', 'in'])
  expect(dora.log.state.hash).toBe(anna.log.state.hash)
})

test('[ROS8] a fork that shows later and lies earlier brings nothing back that the first one took away', async () => {
  const { anna, ben, eve } = await people(85, 'anna', 'ben', 'eve')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await anna.receives(...ben.items)
  const first = ben.log
  await ben.does(rotateEpoch)
  const second = ben.log
  await ben.does((log, me, options) => addDevice(log, me, eve.device, options))
  const twin = await rotateEpoch(second, ben.device, { random: ben.random })
  await anna.receives(...ben.items, twin.item)
  // Anna builds on both, and knows that they are two.
  await anna.does(rotateEpoch)
  const added = () => anna.log.state.devices.get(eve.device.id)?.status
  expect(added()).toBe('out')
  const earlier = await rotateEpoch(first, ben.device, { random: ben.random })
  await anna.receives(earlier.item)
  expect(anna.log.state.devices.get(ben.device.id)?.proof).toContain(earlier.operation.id)
  expect(added()).toBe('out')
})

test('[ROS12] an old stolen key of the founder cannot undo what others did since by removing them long ago', async () => {
  const { anna, ben, carl, dora, early } = await settled(82)
  const removal = await removeMember(early.anna, anna.device, ben.root.id, { random: anna.random })
  await dora.receives(removal.item)
  await dora.does(rotateEpoch)
  await carl.receives(...dora.items)
  // It stands, as every removal does, and its author is out; but Carl, whom Ben let in after it, is still here.
  expect(dora.log.state.devices.get(anna.device.id)?.status).toBe('forked')
  expect([statusOf(dora, ben), statusOf(dora, carl)]).toEqual(['out', 'in'])
  expect(dora.log.state.members.get(ben.root.id)?.isBarred).toBe(false)
  expect(carl.log.state.hash).toBe(dora.log.state.hash)
})

test('[EPO11] a removal names how far the records of every device that it removes count, as long as it does', async () => {
  const { anna, ben, carl } = await people(83, 'anna', 'ben', 'carl')
  await anna.creates()
  for (const one of [ben, carl]) {
    await one.joins(await anna.invites({ role: 'admin' }), anna.items)
    await anna.receives(...one.items)
  }
  await meet(anna, ben, carl)
  const record = bytesToId('record', anna.random(32))
  const held: HeldRecords = () => ({ sequence: 4, id: record })
  const space = anna.conversation
  const { item } = await ben.does((log, me, options) =>
    removeMember(log, me, carl.root.id, { ...options, held }),
  )
  expect(cutOf(ben.log.state, carl.device.id, space)).toEqual({ sequence: 4, records: new Set([record]) })
  // Beside it Anna removes Ben, and what Ben did has no effect.
  await anna.does((log, me, options) => removeMember(log, me, ben.root.id, { ...options, held }))
  await anna.receives(item)
  expect(cutOf(anna.log.state, ben.device.id, space)?.sequence).toBe(4)
  expect([statusOf(anna, carl), cutOf(anna.log.state, carl.device.id, space)]).toEqual(['in', null])
})

test('[EPO11] the removal of an own device names its records too', async () => {
  const { anna, ben } = await people(84, 'anna', 'ben')
  await anna.creates()
  await anna.does((log, me, options) => addDevice(log, me, ben.device, options))
  const record = bytesToId('record', anna.random(32))
  const held: HeldRecords = () => ({ sequence: 2, id: record })
  await anna.does((log, me, options) => removeDevice(log, me, ben.device.id, { ...options, held }))
  expect(cutOf(anna.log.state, ben.device.id, anna.conversation)?.records).toEqual(new Set([record]))
})
