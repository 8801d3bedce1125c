import { beforeEach, expect, test } from 'vitest'
import { makeRotation } from '../epochs/rotate.ts'
import { safeEpoch, sendingKey } from '../epochs/sending.ts'
import { generateKemPair } from '../hpke.ts'
import { bytesToId } from '../ids.ts'
import { signerFromSeed } from '../signature.ts'
import { today } from '../testing/people.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { rotateEpoch } from './acts.ts'
import type { DeviceKeys } from './acts.ts'
import {
  addDevice,
  confirmMember,
  countersign,
  countersignsFor,
  leaveClique,
  recoverClique,
  removeDevice,
  removeMember,
  rotateKem,
  setRole,
} from './member-acts.ts'
import type { Role } from './roles.ts'

let anna: Person
let ben: Person
let carl: Person
let dora: Person

beforeEach(async () => {
  ;({ anna, ben, carl, dora } = await people(71, 'anna', 'ben', 'carl', 'dora'))
  await anna.creates()
})

async function admit(person: Person, role: Role = 'member', by: Person = anna): Promise<void> {
  await person.joins(await by.invites({ role }), by.items)
  await by.receives(...person.items)
}

async function secondDevice(person: Person): Promise<DeviceKeys> {
  const signer = signerFromSeed(person.random(32))
  const id = bytesToId('device', signer.publicKey)
  return { id, signer, kem: await generateKemPair(person.random), peer: `12D3KooW${person.name}2` }
}

const remove = (target: Person, countersigns: Parameters<typeof removeMember>[3]['countersigns'] = []) =>
  ((log, me, options) =>
    removeMember(log, me, target.root.id, { ...options, countersigns })) satisfies Parameters<
    Person['does']
  >[0]

const signFor = (target: Person, purpose: 'remove' | 'recover' = 'remove') =>
  ((log, me, options) => countersign(log, me, purpose, target.root.id, options)) satisfies Parameters<
    Person['does']
  >[0]

const statusOf = (by: Person, whom: Person) => by.log.state.members.get(whom.root.id)?.status
const roleOf = (by: Person, whom: Person) => by.log.state.members.get(whom.root.id)?.role

test('[ROS11] the same operation removes somebody and gives the others new keys', async () => {
  await admit(ben)
  await admit(carl)
  await meet(anna, ben, carl)
  const before = sendingKey(ben.log, ben.conversation)
  const { item } = await anna.does(remove(ben))
  await carl.receives(item)
  expect(statusOf(carl, ben)).toBe('out')
  expect(sendingKey(carl.log, carl.conversation)).toEqual(sendingKey(anna.log, anna.conversation))
  expect(sendingKey(carl.log, carl.conversation)).not.toEqual(before)
  // The control chain does not lead there either: all that Ben ever held opens nothing of it.
  const { accepted, badWraps } = await ben.receives(item)
  expect([accepted, badWraps]).toEqual([[], []])
  await expect(carl.does(remove(ben))).rejects.toMatchObject({ code: 'member-out' })
})

test('[ROS11] an admin removes those below by rank, and nobody above or beside', async () => {
  await admit(ben, 'admin')
  await admit(carl, 'admin')
  await meet(anna, ben, carl)
  await expect(ben.does(remove(anna))).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(carl.does(remove(ben))).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(ben.does(remove(ben))).rejects.toMatchObject({ code: 'not-allowed' })
  await ben.does(remove(carl))
  expect(statusOf(ben, carl)).toBe('out')
})

test('[ROS12] two admins apart remove each other: the senior one holds, in whatever order it is heard', async () => {
  await admit(ben, 'admin')
  await admit(carl, 'admin')
  await admit(dora)
  await meet(anna, ben, carl, dora)
  const bens = await ben.does(remove(carl))
  const carls = await carl.does(setRoleOf(dora, 'reader'))
  await dora.receives(carls.item, bens.item)
  await anna.receives(bens.item, carls.item)
  expect(statusOf(anna, carl)).toBe('out')
  // What Carl did beside his removal has no effect.
  expect([roleOf(anna, dora), roleOf(dora, dora)]).toEqual(['member', 'member'])
  expect(dora.log.state.hash).toBe(anna.log.state.hash)
})

const setRoleOf = (target: Person, role: Role) =>
  ((log, me, options) => setRole(log, me, target.root.id, role, options)) satisfies Parameters<
    Person['does']
  >[0]

test('[ROS12] what was dated back before a removal never counts', async () => {
  await admit(ben, 'admin')
  await admit(carl)
  await meet(anna, ben, carl)
  await anna.does(remove(ben))
  const { item } = await ben.does(remove(carl))
  await carl.receives(...anna.items, item)
  await anna.receives(item)
  // Ben's epoch leaves Carl out, so it is Anna's next one that leads him there.
  await anna.does(rotateEpoch)
  await carl.receives(...anna.items)
  expect([statusOf(anna, carl), statusOf(carl, carl)]).toEqual(['in', 'in'])
  expect(anna.log.state.hash).toBe(carl.log.state.hash)
})

test('[ROS12] rights that came from a junior end a membership, but what was done beside that stands', async () => {
  await admit(ben)
  await admit(carl)
  await admit(dora)
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  await dora.does(signFor(ben, 'recover'))
  await meet(ben, carl, dora)
  await ben.does((log, me, options) =>
    recoverClique(log, me, ben.root.id, countersignsFor(log, 'recover', ben.root.id), options),
  )
  // Ben is senior to Carl, but is an admin only because of Dora, who is not.
  const removal = await ben.does(remove(carl))
  const { operation, item } = await carl.does(rotateEpoch)
  await anna.receives(...ben.items, ...dora.items, removal.item, item)
  expect(statusOf(anna, carl)).toBe('out')
  expect(anna.log.state.members.get(carl.root.id)?.isBarred).toBe(false)
  expect(anna.log.graph.countingAt(anna.log.state.heads)).toContain(operation.id)
})

test('[ROS12] a demotion takes back what was done beside it with the greater role, and nothing else', async () => {
  await admit(ben, 'admin')
  await admit(carl)
  await meet(anna, ben, carl)
  await anna.does(setRoleOf(ben, 'member'))
  const removal = await ben.does(remove(carl))
  const rotation = await ben.does(rotateEpoch)
  await anna.receives(removal.item, rotation.item)
  expect(statusOf(anna, carl)).toBe('in')
  expect(roleOf(anna, ben)).toBe('member')
  expect(anna.log.graph.countingAt(anna.log.state.heads)).toContain(rotation.operation.id)
})

test('[ROS13] whom nobody is above is removed by a majority, and by nothing less', async () => {
  await admit(ben)
  await admit(carl)
  await admit(dora)
  await meet(anna, ben, carl, dora)
  await ben.does(signFor(anna))
  await expect(ben.does(signFor(anna))).rejects.toMatchObject({ code: 'countersign-repeated' })
  await carl.does(signFor(anna))
  await meet(ben, carl, dora)
  const two = countersignsFor(dora.log, 'remove', anna.root.id)
  expect(two).toHaveLength(2)
  const [one] = two
  if (one === undefined) throw new Error('Ben has signed')
  await expect(dora.does(remove(anna, [one]))).rejects.toMatchObject({ code: 'not-allowed' })
  // Anna, who has not heard of it, removes one of them beside it: too late.
  const late = await anna.does(remove(carl))
  const { item } = await dora.does(remove(anna, two))
  await ben.receives(item, late.item)
  expect([statusOf(ben, anna), statusOf(ben, carl)]).toEqual(['out', 'in'])
})

test('[ROS13] countersigns for something else, or of whom nobody knows, do not help', async () => {
  await admit(ben)
  await admit(carl)
  await meet(anna, ben, carl)
  await ben.does(signFor(carl))
  await ben.does(signFor(anna, 'recover'))
  await meet(anna, ben, carl)
  for (const wrong of [...carl.log.state.countersigns.keys(), carl.log.state.heads[0]]) {
    if (wrong === undefined) throw new Error('there are heads')
    await expect(carl.does(remove(anna, [wrong]))).rejects.toMatchObject({ code: 'countersign-unknown' })
  }
})

test('[ROS14] who came by somebody who was removed beside it waits until an admin has looked', async () => {
  await admit(ben, 'admin')
  await meet(anna, ben)
  const removal = await anna.does(remove(ben))
  await carl.joins(await ben.invites(), ben.items)
  await anna.receives(...carl.items)
  expect(statusOf(anna, carl)).toBe('quarantined')
  const confirm = await anna.does((log, me, options) => confirmMember(log, me, carl.root.id, options))
  await carl.receives(removal.item, confirm.item)
  expect(statusOf(carl, carl)).toBe('in')
  expect(sendingKey(carl.log, carl.conversation)).toEqual(sendingKey(anna.log, anna.conversation))
  await carl.does(rotateEpoch)
  await expect(
    anna.does((log, me, options) => confirmMember(log, me, carl.root.id, options)),
  ).rejects.toMatchObject({ code: 'member-not-quarantined' })
})

test('[ROS14] the old link of a removed member lets nobody in and is given no keys', async () => {
  const link = await anna.invites({ uses: 3 })
  await ben.joins(link, anna.items)
  await anna.receives(...ben.items)
  const early = [...anna.items]
  const { operation, item } = await anna.does(remove(ben))
  const holders = anna.log.state.epochs.get(
    anna.log.state.epochHeads[0] ?? bytesToId('epoch', anna.random(32)),
  )
  expect(holders?.operation).toBe(operation.id)
  expect([...(holders?.holders ?? [])].filter((holder) => holder.startsWith('invite:'))).toEqual([])
  // Somebody Ben gave the link to, who dates back.
  await carl.joins(link, early)
  await anna.receives(...carl.items)
  expect(statusOf(anna, carl)).toBe('quarantined')
  await dora.joins(link, [...early, item], today).then(
    () => expect.unreachable('the link has ended'),
    (error: unknown) => expect(error).toMatchObject({ code: expect.stringMatching(/^invite-/) }),
  )
})

test('[ROS15] own devices are added and removed by their member alone', async () => {
  await admit(ben, 'admin')
  await meet(anna, ben)
  const second = await secondDevice(ben)
  await ben.does((log, me, options) => addDevice(log, me, second, options))
  await anna.receives(...ben.items)
  expect(anna.log.state.devices.get(second.id)).toMatchObject({ status: 'in', member: ben.root.id })
  await expect(
    anna.does((log, me, options) => removeDevice(log, me, second.id, options)),
  ).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(anna.does((log, me, options) => addDevice(log, me, second, options))).rejects.toMatchObject({
    code: 'device-known',
  })
  await ben.does((log, me, options) => removeDevice(log, me, second.id, options))
  await anna.receives(...ben.items)
  expect(anna.log.state.devices.get(second.id)?.status).toBe('out')
  expect(safeEpoch(anna.log)).toBe(anna.log.state.epochHeads[0])
})

test('[ROS15] two own devices that remove each other are both out until the root adds another', async () => {
  await admit(ben)
  const second = await secondDevice(ben)
  const { log } = await ben.does((own, me, options) => addDevice(own, me, second, options))
  const { random } = ben
  const one = await removeDevice(log, ben.device, second.id, { random })
  const other = await removeDevice(log, second, ben.device.id, { random })
  await anna.receives(...ben.items, one.item, other.item)
  const statuses = [ben.device.id, second.id].map((id) => anna.log.state.devices.get(id)?.status)
  expect(statuses).toEqual(['out', 'out'])
  expect(safeEpoch(anna.log)).toBeNull()
  await anna.does(rotateEpoch)
  const third = await secondDevice(ben)
  const restored = await addDevice(anna.log, ben.root, third, { random })
  await anna.receives(restored.item)
  expect(anna.log.state.devices.get(third.id)?.status).toBe('in')
})

test('[ROS15] what a device did beside its removal by the root never counts, beside that by a sibling it does', async () => {
  await admit(ben)
  const second = await secondDevice(ben)
  const { log } = await ben.does((own, me, options) => addDevice(own, me, second, options))
  const { random } = ben
  const stolen = await rotateEpoch(log, second, { random })
  for (const [keys, counts] of [
    [ben.device, true],
    [ben.root, false],
  ] as const) {
    const removal = await removeDevice(log, keys, second.id, { random })
    const { graph } = log
    const both = [stolen.operation.id, removal.operation.id]
    expect(graph.countingAt(both).has(stolen.operation.id)).toBe(counts)
    expect(graph.stateAt(both).devices.get(second.id)?.status).toBe('out')
  }
})

test('[ROS15] a KEM key is replaced by its own device, and what was wrapped to the old one still opens', async () => {
  await admit(ben)
  const fresh = await generateKemPair(ben.random)
  await ben.does((log, me, options) => rotateKem(log, me, fresh, options))
  await anna.receives(...ben.items)
  expect(anna.log.state.devices.get(ben.device.id)?.kem).toEqual(fresh.publicKey)
  const made = await makeRotation({
    past: anna.log.state,
    after: anna.log.state,
    graph: anna.log.graph,
    keyring: anna.log.keyring,
    renewCapability: false,
    random: anna.random,
  })
  expect(made.part.recipientCount).toBe(4)
  await anna.does(rotateEpoch)
  expect(safeEpoch(anna.log)).not.toBeNull()
})

test('[ROS16] who leaves is out, and the others choose the next key', async () => {
  await admit(ben)
  await admit(carl)
  await meet(anna, ben, carl)
  await ben.does(leaveClique)
  await anna.receives(...ben.items)
  expect(statusOf(anna, ben)).toBe('out')
  expect(sendingKey(anna.log, anna.conversation)).toBeNull()
  await anna.does(rotateEpoch)
  expect(sendingKey(anna.log, anna.conversation)).not.toBeNull()
  await expect(ben.does(rotateEpoch)).rejects.toMatchObject({ code: 'operation-author-out' })
  // One who left may still be removed, so that nothing they dated back counts.
  await anna.does(remove(ben))
  expect(anna.log.state.members.get(ben.root.id)?.isBarred).toBe(true)
})

test('[ROS17] roles are given by admins to those below, never more than they have, and anybody may do with less', async () => {
  await admit(ben, 'admin')
  await admit(carl)
  await meet(anna, ben, carl)
  await expect(carl.does(setRoleOf(ben, 'reader'))).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(ben.does(setRoleOf(carl, 'owner'))).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(carl.does(setRoleOf(carl, 'admin'))).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(ben.does(setRoleOf(carl, 'member'))).rejects.toMatchObject({ code: 'role-unchanged' })
  await ben.does(setRoleOf(carl, 'admin'))
  await ben.does(setRoleOf(ben, 'moderator'))
  expect([roleOf(ben, ben), roleOf(ben, carl)]).toEqual(['moderator', 'admin'])
  await expect(ben.does(remove(carl))).rejects.toMatchObject({ code: 'not-allowed' })
})

test('[ROS17] of roles that were given beside one another the lesser one holds', async () => {
  await admit(ben, 'admin')
  await admit(carl)
  await meet(anna, ben, carl)
  const up = await anna.does(setRoleOf(carl, 'moderator'))
  const down = await ben.does(setRoleOf(carl, 'reader'))
  await carl.receives(up.item, down.item)
  await anna.receives(down.item)
  expect([roleOf(carl, carl), roleOf(anna, carl)]).toEqual(['reader', 'reader'])
})

test('[ROS18] a clique whose only admin is lost names another: a majority, or the most senior with one other', async () => {
  await admit(ben)
  await admit(carl)
  await admit(dora)
  await meet(anna, ben, carl, dora)
  const { eva } = await people(72, 'eva')
  await admit(eva)
  await meet(anna, ben, carl, dora, eva)
  const recover = (target: Person, by: Person) =>
    by.does((log, me, options) =>
      recoverClique(log, me, target.root.id, countersignsFor(log, 'recover', target.root.id), options),
    )
  await expect(recover(ben, ben)).rejects.toMatchObject({ code: 'not-allowed' })
  await dora.does(signFor(carl, 'recover'))
  await carl.receives(...dora.items)
  await expect(recover(carl, carl)).rejects.toMatchObject({ code: 'not-allowed' })
  await ben.does(signFor(carl, 'recover'))
  await carl.receives(...ben.items)
  await recover(carl, carl)
  expect(roleOf(carl, carl)).toBe('admin')
  // Anna was not lost after all, and has the last word.
  await meet(anna, carl)
  await anna.does(setRoleOf(carl, 'member'))
  expect(roleOf(anna, carl)).toBe('member')
})
