import { expect, test } from 'vitest'
import { bytesToId } from '../ids.ts'
import type { DeviceId, RecordId, SpaceId } from '../ids.ts'
import { rotateEpoch } from '../roster/acts.ts'
import { rotationOf } from '../roster/operation.ts'
import { addDevice, leaveClique, removeDevice, removeMember } from '../roster/member-acts.ts'
import { setAudience } from '../roster/space-acts.ts'
import { spaceIdOf } from '../roster/spaces.ts'
import { forgeRotation, verdictOfItem } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { changes, creates } from '../testing/space-people.ts'
import { Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import { cutAllowance, cutOf, cutsToName, raisesIn } from './cuts.ts'
import type { HeldRecords } from './cuts.ts'
import { maxCuts } from './rotation-codec.ts'

const record = (n: number): RecordId => bytesToId('record', new Uint8Array(32).fill(n % 251))
const absurd = 1_000_000

const holding =
  (sequence: number): HeldRecords =>
  () => ({ sequence, id: record(sequence) })

const rotates = (person: Person, sequence: number, space: SpaceId | null = null) =>
  person.does((log, me, options) => rotateEpoch(log, me, { ...options, space, held: holding(sequence) }))

const lies = (person: Person, device: DeviceId, space: SpaceId, sequence = absurd) =>
  forgeRotation(person, () => ({ cuts: [{ device, space, sequence, record: record(sequence) }] }))

const limit = (person: Person, device: DeviceId, space = person.conversation) =>
  cutOf(person.log.state, device, space)?.sequence

/** Anna the founder, Ben and Mallory members, Dora whom Mallory let in, and Eva, who came last. Mallory leaves. */
async function without(seed: number) {
  const all = await people(seed, 'anna', 'ben', 'mallory', 'dora', 'eva')
  const { anna, ben, mallory, dora, eva } = all
  await anna.creates()
  for (const [by, other] of [
    [anna, ben],
    [anna, mallory],
    [mallory, dora],
    [anna, eva],
  ] as const) {
    await by.receives(...anna.items)
    await other.joins(await by.invites(), by.items)
    await meet(anna, by, other)
  }
  const everybody = [anna, ben, mallory, dora, eva]
  await anna.does(rotateEpoch)
  await meet(...everybody)
  await mallory.does(leaveClique)
  await meet(...everybody)
  return { ...all, others: [anna, ben, dora, eva], id: mallory.device.id }
}

test('[EPO16] a first cut beyond what there can be is lowered by whoever goes before its author, and not by others', async () => {
  const { anna, ben, eva, others, id } = await without(60)
  const space = anna.conversation
  // A member, of what everybody is to see: nobody holds that record.
  expect(await verdictOfItem(eva, await lies(eva, id, space))).toBe('accepted')
  await meet(...others, eva)
  expect(limit(anna, id)).toBe(absurd)
  await rotates(ben, 5)
  await meet(...others)
  for (const one of others) expect(limit(one, id)).toBe(5)
  // What Eva named counts no more than what raises a cut, and hinders no raise.
  expect(raisesIn(anna.log.state, space)).toMatchObject([{ sequence: absurd }])
  expect(await verdictOfItem(eva, await lies(eva, id, space, 4))).toBe('rotation-cuts')
  await rotates(eva, 6)
  await meet(...others)
  const believing = cutOf(anna.log.state, id, space, ({ sequence }) => sequence === 6)
  expect([limit(anna, id), believing?.sequence]).toEqual([5, 6])
  for (const one of others) expect(one.log.state.hash).toBe(ben.log.state.hash)
})

test('[EPO16] whom the owner of a device let in comes after others, whatever the ranks', async () => {
  const { dora, eva, others, id } = await without(61)
  const [dorasRank, evasRank] = [dora, eva].map(({ log, root }) => log.state.members.get(root.id)?.rank)
  expect((dorasRank ?? [])[0]).toBeLessThan((evasRank ?? [])[0] ?? 0)
  const space = eva.conversation
  expect(await verdictOfItem(dora, await lies(dora, id, space))).toBe('accepted')
  await meet(...others)
  await rotates(eva, 5)
  await meet(...others)
  for (const one of others) expect(limit(one, id)).toBe(5)
  expect(await verdictOfItem(dora, await lies(dora, id, space, 4))).toBe('rotation-cuts')
})

test('[EPO16] in whatever order first cuts beside each other come, the word of the one who goes before holds', async () => {
  const { anna, ben, dora, eva, others, id } = await without(62)
  await rotates(eva, 9)
  await rotates(ben, 4)
  const high = await lies(dora, id, anna.conversation)
  await dora.receives(high)
  await meet(...others)
  for (const one of others) expect(limit(one, id)).toBe(4)
  await rotates(anna, 4)
  await meet(...others)
  for (const one of others) {
    expect(limit(one, id)).toBe(4)
    expect(one.log.state.hash).toBe(anna.log.state.hash)
  }
})

test('[EPO16] a device lowers what names more than it can have missed, and nothing else', async () => {
  const { anna, ben, eva, others, id } = await without(63)
  await rotates(eva, 100)
  await meet(...others)
  const named = (person: Person, held: number) =>
    cutsToName(person.log.state, person.root.id, holding(held), { by: person.device.id }).filter(
      ({ space }) => space === person.conversation,
    )
  expect(named(ben, 100 - cutAllowance)).toEqual([])
  expect(named(ben, 99 - cutAllowance)).toMatchObject([{ device: id, sequence: 99 - cutAllowance }])
  const blind: HeldRecords = () => undefined
  expect(cutsToName(ben.log.state, ben.root.id, blind, { by: ben.device.id })).toEqual([])
  expect(named(eva, 0)).toEqual([])
  expect(named(anna, 101)).toMatchObject([{ sequence: 101 }])
})

test('[EPO16] somebody’s word about an own device goes first while they are in, and last when they are out', async () => {
  const { anna, ben, eva } = await people(64, 'anna', 'ben', 'eva')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  await ben.does((log, me, options) => addDevice(log, me, eva.device, options))
  await ben.does((log, me, options) =>
    removeDevice(log, me, eva.device.id, { ...options, held: holding(absurd) }),
  )
  await meet(anna, ben)
  const { id } = eva.device
  expect(limit(anna, id)).toBe(absurd)
  expect(await verdictOfItem(anna, await lies(anna, id, anna.conversation, 5))).toBe('rotation-cuts')
  await anna.does((log, me, options) => removeMember(log, me, ben.root.id, { ...options, held: holding(5) }))
  expect(limit(anna, id)).toBe(5)
  expect(limit(anna, ben.device.id)).toBe(5)
})

test('[EPO16] who may take somebody out goes before others in the space, and each end begins anew', async () => {
  const { anna, ben, mallory, dora, eva } = await people(65, 'anna', 'ben', 'mallory', 'dora', 'eva')
  await anna.creates()
  for (const other of [ben, mallory, dora, eva]) {
    await other.joins(await anna.invites(), anna.items)
    await meet(anna, other)
  }
  const everybody = [anna, ben, mallory, dora, eva]
  await anna.does(rotateEpoch)
  await meet(...everybody)
  // Dora makes a space. Ben is senior to her, and cannot take anybody out of it.
  const space = await creates(dora, 'Plans', ben, mallory, eva)
  await meet(...everybody)
  const { id } = mallory.device
  await mallory.does(leaveClique)
  await meet(...everybody)
  await anna.does(rotateEpoch)
  await meet(...everybody)
  await rotates(ben, absurd, space)
  await meet(anna, ben, dora, eva)
  expect(limit(dora, id, space)).toBe(absurd)
  await rotates(dora, 3, space)
  await meet(anna, ben, dora, eva)
  for (const one of [anna, ben, dora, eva]) expect(limit(one, id, space)).toBe(3)

  // Eva goes, comes again and goes again: what was said of the first time does not hold for the second.
  for (const sequence of [4, 20]) {
    if (sequence === 20) await changes(dora, space, { add: [eva] })
    const held = holding(sequence)
    await dora.does((log, me, options) =>
      setAudience(log, me, space, { remove: [eva.root.id] }, { ...options, held }),
    )
    await meet(anna, ben, dora)
    for (const one of [anna, ben, dora]) expect(limit(one, eva.device.id, space)).toBe(sequence)
  }
})

test('[EPO11] a rotation with more cuts than it holds names those of whom it removes, then first ones in turns, and the next the rest', () => {
  const told = new Told('too many cuts')
  const { anna } = told
  const [ben, carl, dora] = [told.admit(anna), told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl, dora)
  const opens = (teller: Teller): void => {
    const salt = told.random(16)
    const naming = { kind: 'channel', salt, members: null } as const
    const tip = told.roster(teller).tips.get(teller.device)
    const author = { kind: 'device', id: teller.device } as const
    const sequence = (tip?.sequence ?? 0) + 1
    const header = { clique: told.graph.clique, author, sequence, previous: null, parents: [] }
    told.does(teller, { type: 'create-space', space: spaceIdOf(header, naming), ...naming, title: 'One' })
  }
  for (const teller of [anna, ben, carl]) for (let i = 0; i < 31; i++) opens(teller)
  told.meet(anna, ben, carl, dora)
  told.does(carl, { type: 'leave' })
  told.does(dora, { type: 'leave' })
  told.meet(anna, ben, carl, dora)
  const spaces = told.roster(anna).spaces.size
  expect(3 * spaces).toBeGreaterThan(maxCuts)

  const cutsBy = ({ body }: ReturnType<Told['does']>) => rotationOf(body)?.cuts ?? []
  const removal = cutsBy(told.does(anna, told.removal(anna, ben)))
  const of = (cuts: typeof removal, { device }: Teller) => cuts.filter((cut) => cut.device === device)
  expect(removal).toHaveLength(maxCuts)
  expect(of(removal, ben)).toHaveLength(spaces)
  expect(of(removal, carl)).toHaveLength(Math.ceil((maxCuts - spaces) / 2))
  expect(of(removal, dora)).toHaveLength(Math.floor((maxCuts - spaces) / 2))
  // What raises a cut comes after every first one, however many of them could be raised.
  const known = told.roster(anna)
  const more: HeldRecords = (_, __, naming) => ({ sequence: naming === 'raise' ? absurd : 1, id: record(1) })
  const named = cutsToName(known, anna.member, more, { by: anna.device })
  expect(named).toHaveLength(maxCuts)
  expect(named.filter(({ sequence }) => sequence === 1)).toHaveLength(3 * spaces - maxCuts)
  const next = cutsBy(told.does(anna, { type: 'rotate-epoch', space: null }))
  const state = told.roster(anna)
  for (const { device } of [ben, carl, dora])
    for (const space of state.spaces.keys()) expect(cutOf(state, device, space)).not.toBeNull()
  const left = 3 * spaces - maxCuts
  expect(next.filter(({ device }) => device !== ben.device).length).toBeGreaterThanOrEqual(left)
})
