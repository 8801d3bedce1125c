import { expect, test } from 'vitest'
import { maxAcknowledged, mayAcknowledge, orderAcknowledgements, toAcknowledge } from './acknowledgements.ts'
import { bytesToId } from './ids.ts'
import type { DeviceId, RecordId } from './ids.ts'
import { rotateEpoch } from './roster/acts.ts'
import { removeMember } from './roster/member-acts.ts'
import { meet, people } from './testing/people.ts'
import type { Person } from './testing/people.ts'

const record = (n: number): RecordId => bytesToId('record', new Uint8Array(32).fill(n))
const stranger = bytesToId('device', new Uint8Array(32).fill(9))

/** Anna let in Ben and Carl, and Ben has let in Dora. */
async function clique(seed: number) {
  const all = await people(seed, 'anna', 'ben', 'carl', 'dora')
  const { anna, ben, carl, dora } = all
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  await carl.joins(await anna.invites(), anna.items)
  await meet(anna, carl, ben)
  await dora.joins(await ben.invites(), ben.items)
  await meet(ben, dora, anna, carl)
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  return all
}

const idOf = ({ device }: Person): DeviceId => device.id

test('[CHN11] acknowledged is what is held of others beyond what was acknowledged before', async () => {
  const { anna, ben, carl, dora } = await clique(50)
  const held = [
    { device: idOf(anna), sequence: 9, record: record(1) },
    { device: idOf(ben), sequence: 4, record: record(2) },
    { device: idOf(carl), sequence: 2, record: record(3) },
    { device: idOf(dora), sequence: 7, record: record(4) },
    { device: stranger, sequence: 1, record: record(5) },
  ]
  const said = new Map([
    [idOf(ben), 4],
    [idOf(dora), 6],
  ])
  const { state } = anna.log
  expect(toAcknowledge(state, anna.conversation, idOf(anna), held, said)).toEqual([held[2], held[3]])
  // The furthest behind first.
  expect(toAcknowledge(state, anna.conversation, idOf(anna), held, new Map())).toEqual([
    held[3],
    held[1],
    held[2],
  ])
})

test('[CHN11] nobody acknowledges own devices, strangers, or who is known to be out', async () => {
  const { anna, ben, carl } = await clique(51)
  const { state } = anna.log
  expect(mayAcknowledge(state, anna.conversation, idOf(anna), idOf(anna))).toBe(false)
  expect(mayAcknowledge(state, anna.conversation, idOf(anna), stranger)).toBe(false)
  expect(mayAcknowledge(state, anna.conversation, stranger, idOf(anna))).toBe(false)
  expect(mayAcknowledge(state, anna.conversation, idOf(anna), idOf(ben))).toBe(true)
  await anna.does((log, me, options) => removeMember(log, me, ben.root.id, options))
  expect(mayAcknowledge(anna.log.state, anna.conversation, idOf(anna), idOf(ben))).toBe(false)
  expect(mayAcknowledge(carl.log.state, anna.conversation, idOf(carl), idOf(ben))).toBe(true)
})

test('[CHN11] one record acknowledges a limited number, and the next ones the rest', async () => {
  const { anna } = await clique(52)
  const { state } = anna.log
  const like = state.devices.get(idOf(anna))
  if (like === undefined) throw new Error('a device')
  const others = Array.from({ length: maxAcknowledged + 5 }, (_, n) => {
    const device = bytesToId('device', new Uint8Array(32).fill(n + 20))
    return { device, sequence: 1, record: record(n) }
  })
  const [member] = [...state.members.keys()].filter((id) => id !== like.member)
  if (member === undefined) throw new Error('a member')
  const devices = new Map([
    ...state.devices,
    ...others.map(({ device: id }) => [id, { ...like, id, member }] as const),
  ])
  const first = toAcknowledge({ ...state, devices }, anna.conversation, idOf(anna), others, new Map())
  expect(first).toHaveLength(maxAcknowledged)
  const said = new Map(first.map(({ device, sequence }) => [device, sequence]))
  const rest = toAcknowledge({ ...state, devices }, anna.conversation, idOf(anna), others, said)
  expect(new Set([...first, ...rest])).toEqual(new Set(others))
})

test('[CHN12] the senior is heard first, whom the member let in comes last, own devices never', async () => {
  const { anna, ben, carl, dora } = await clique(53)
  const heard = (of: Person, ...by: Person[]) =>
    orderAcknowledgements(
      anna.log.state,
      idOf(of),
      by.map((one) => ({ by: idOf(one), record: record([anna, ben, carl, dora].indexOf(one)) })),
    ).map((said) => said.record)
  // By rank Dora, whom Ben let in, comes before Carl.
  expect(heard(anna, carl, dora, ben)).toEqual([record(1), record(3), record(2)])
  expect(heard(ben, dora, carl, anna)).toEqual([record(0), record(2), record(3)])
  expect(heard(carl, dora, ben, carl)).toEqual([record(1), record(3)])
  expect(orderAcknowledgements(anna.log.state, idOf(carl), [{ by: stranger, record: record(7) }])).toEqual([])
})

test('[CHN12] the order does not depend on the order in which they came', async () => {
  const { anna, ben, carl, dora } = await clique(54)
  const by = [anna, carl, dora].map((one, n) => ({ by: idOf(one), record: record(n) }))
  const ordered = orderAcknowledgements(anna.log.state, idOf(ben), by)
  expect(orderAcknowledgements(dora.log.state, idOf(ben), by.toReversed())).toEqual(ordered)
})
