import { expect, test } from 'vitest'
import { bytesToId } from '../ids.ts'
import type { DeviceId, RecordId } from '../ids.ts'
import { rotateEpoch } from '../roster/acts.ts'
import { addDevice, removeDevice, removeMember } from '../roster/member-acts.ts'
import { forgeRotation, verdictOfItem } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { cutOf, cutsToName, raisesIn } from './cuts.ts'
import type { HeldRecords } from './cuts.ts'

const record = (n: number): RecordId => bytesToId('record', new Uint8Array(32).fill(n))

/** Four people; the copied device of one of them has said two things, and everybody knows. */
async function withFork(seed: number) {
  const all = await people(seed, 'anna', 'ben', 'carl', 'mallory')
  const { anna, ben, carl, mallory } = all
  await anna.creates()
  for (const other of [ben, carl, mallory]) {
    await other.joins(await anna.invites(), anna.items)
    await meet(anna, other)
  }
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl, mallory)
  const before = mallory.log
  await mallory.does(rotateEpoch)
  mallory.rewind(before)
  await mallory.does(rotateEpoch)
  await meet(anna, ben, carl, mallory)
  expect(anna.log.state.devices.get(mallory.device.id)?.status).toBe('forked')
  return all
}

/** Of the conversation; nothing of the other space. */
function holding({ conversation }: Person, sequence: number): HeldRecords {
  return (_, space) => (space === conversation ? { sequence, id: record(sequence) } : null)
}

function rotates(person: Person, sequence: number) {
  return person.does((log, me, options) =>
    rotateEpoch(log, me, { ...options, held: holding(person, sequence) }),
  )
}

const of = (person: Person, device: DeviceId) => cutOf(person.log.state, device, person.conversation)

/** As somebody sees it to whom the records say that all who raised a cut had acknowledged what they name. */
const believing = ({ log, conversation }: Person, device: DeviceId, who: readonly Person[]) =>
  cutOf(log.state, device, conversation, ({ by }) => who.some((one) => one.device.id === by))

test('[EPO11] the first rotation after a device is out names what its author holds, and others raise it', async () => {
  const { anna, ben, carl, mallory } = await withFork(40)
  const { id } = mallory.device
  expect(of(anna, id)).toBe(null)
  const { operation } = await rotates(anna, 7)
  expect(operation.body).toMatchObject({ rotation: { cuts: [{ device: id }, { device: id }] } })
  expect(of(anna, id)).toEqual({ sequence: 7, records: new Set([record(7)]) })

  // Beside it, by somebody who holds less, and after it by one who holds more.
  await rotates(ben, 3)
  await meet(anna, ben, carl)
  expect(of(ben, id)?.sequence).toBe(7)
  await rotates(ben, 5)
  expect(of(ben, id)?.sequence).toBe(7)
  await rotates(carl, 9)
  await meet(anna, ben, carl)
  for (const one of [anna, ben, carl]) {
    expect(believing(one, id, [carl])).toEqual({ sequence: 9, records: new Set([record(9)]) })
    expect(one.log.state.hash).toBe(anna.log.state.hash)
  }
})

test('[EPO11] [EPO14] who raises a cut without having acknowledged that record raises nothing, and hinders nobody', async () => {
  const { anna, ben, carl, mallory } = await withFork(44)
  const { id } = mallory.device
  await rotates(anna, 7)
  await meet(anna, ben, carl)
  await rotates(carl, 2_000)
  await meet(anna, ben, carl)
  for (const one of [anna, ben, carl]) {
    expect(of(one, id)).toEqual({ sequence: 7, records: new Set([record(7)]) })
    expect(raisesIn(one.log.state, one.conversation)).toMatchObject([{ by: carl.device.id, sequence: 2_000 }])
  }
  await rotates(ben, 9)
  await meet(anna, ben, carl)
  expect(believing(anna, id, [ben])).toEqual({ sequence: 9, records: new Set([record(9)]) })
  expect(believing(anna, id, [ben, carl])?.sequence).toBe(2_000)
})

test('[EPO11] a removal names first, whatever was said of that device before', async () => {
  const { anna, ben, mallory } = await withFork(45)
  const { id } = mallory.device
  await rotates(ben, 3)
  await meet(anna, ben)
  const held = holding(anna, 8)
  await anna.does((log, me, options) => removeMember(log, me, mallory.root.id, { ...options, held }))
  await meet(anna, ben)
  for (const one of [anna, ben]) expect(of(one, id)?.sequence).toBe(8)
})

test('[EPO11] who holds nothing says so, and two who name another record for one number both hold', async () => {
  const { anna, ben, mallory } = await withFork(41)
  const { id } = mallory.device
  await anna.does((log, me, options) => rotateEpoch(log, me, { ...options, held: () => null }))
  expect(of(anna, id)).toEqual({ sequence: 0, records: new Set() })
  await rotates(ben, 4)
  const other: HeldRecords = () => ({ sequence: 4, id: record(99) })
  await anna.does((log, me, options) => rotateEpoch(log, me, { ...options, held: other }))
  await meet(anna, ben)
  const both = { sequence: 4, records: new Set([record(4), record(99)]) }
  for (const one of [anna, ben]) expect(believing(one, id, [anna, ben])).toEqual(both)
})

test('[EPO11] a cut of who is in, of oneself, of no space, or lower than before is refused', async () => {
  const { anna, ben, mallory } = await withFork(42)
  const { id: device } = mallory.device
  const space = anna.conversation
  await rotates(anna, 7)
  await meet(anna, ben)
  const cut = { device, space, sequence: 8, record: record(8) }
  const nowhere = bytesToId('space', new Uint8Array(16))
  const wrong = [
    { ...cut, device: anna.device.id },
    { ...cut, device: bytesToId('device', new Uint8Array(32).fill(1)) },
    { ...cut, space: nowhere },
    { ...cut, sequence: 7 },
    { ...cut, sequence: 6 },
  ]
  for (const one of wrong) {
    const item = await forgeRotation(ben, () => ({ cuts: [one] }))
    expect(await verdictOfItem(anna, item)).toBe('rotation-cuts')
  }
  for (const cuts of [[cut, cut], [{ ...cut, sequence: 0 }], [{ ...cut, record: null }]]) {
    const item = await forgeRotation(ben, () => ({ cuts }))
    expect(await verdictOfItem(anna, item)).toBe('operation-format')
  }
  const { item: opening, invite } = await ben.invites()
  await anna.receives(opening)
  const open = ben.log.state.invitations.get(invite)
  if (open === undefined) throw new Error('an invitation')
  const invitations = new Map(ben.log.state.invitations).set(invite, { ...open, status: 'closed' })
  const closing = await forgeRotation(ben, () => ({ cuts: [cut] }), {
    after: { ...ben.log.state, invitations },
    body: (rotation) => ({ type: 'close-invite', invite, rotation }),
  })
  expect(await verdictOfItem(anna, closing)).toBe('rotation-cuts')
  expect(await verdictOfItem(anna, await forgeRotation(ben, () => ({ cuts: [cut] })))).toBe('accepted')
  expect(cutsToName(anna.log.state, ben.root.id, holding(ben, 8), { by: ben.device.id })).toEqual([])
  expect(cutsToName(anna.log.state, mallory.root.id, holding(mallory, 9))).toEqual([])
})

test('[EPO11] of an own device that is out a later rotation says nothing', async () => {
  const { anna, ben, eva } = await people(43, 'anna', 'ben', 'eva')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await anna.receives(...ben.items)
  await anna.does((log, me, options) => addDevice(log, me, eva.device, options))
  await anna.does((log, me, options) => removeDevice(log, me, eva.device.id, options))
  await ben.receives(...anna.items)
  const cut = { device: eva.device.id, space: anna.conversation, sequence: 1, record: record(1) }
  expect(await verdictOfItem(ben, await forgeRotation(anna, () => ({ cuts: [cut] })))).toBe('rotation-cuts')
  expect(await verdictOfItem(anna, await forgeRotation(ben, () => ({ cuts: [cut] })))).toBe('accepted')
})
