import { expect, test } from 'vitest'
import { rootOf, Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

/** Everybody hears of everything, and builds on it. */
function settle(told: Told, all: readonly Teller[]): void {
  for (const one of all) {
    told.meet(...all)
    told.does(one, rotate)
  }
  told.meet(...all)
}

/** Adds a device by somebody's root, with the keys that it has. */
function addAgain(told: Told, device: Teller, by: Teller): Teller {
  const again = told.copy(by)
  const known = told.roster(device).devices.get(device.device)
  if (known === undefined) throw new Error('a device that is known')
  const { kem, peer } = known
  told.does(again, { type: 'add-device', device: device.device, kem, peer }, rootOf(by))
  return again
}

test('[ROS22] whoever joins again by the link that they took, dated back, undoes nothing of what they did since', () => {
  for (const end of ['in', 'left', 'removed']) {
    const told = new Told(`joined twice, ${end}`)
    const { anna } = told
    const carl = told.admit(anna)
    const invite = told.invite(anna, { role: 'admin' })
    const early = told.copy(anna)
    told.does(anna, rotate)
    const zed = told.admit(anna)
    const ben = told.join(anna, invite)
    told.meet(anna, ben, carl, zed)
    told.does(ben, told.removal(ben, zed))
    const dora = told.admit(ben)
    const all = [anna, ben, carl, dora]
    settle(told, all)
    if (end === 'left') told.does(ben, { type: 'leave' })
    if (end === 'removed') told.does(anna, told.removal(anna, ben))
    told.meet(anna, carl, ben)
    told.does(carl, rotate)
    const again = { ...ben, seen: early.seen }
    told.does(again, { type: 'join', newcomer: ben.newcomer }, { kind: 'invitation', id: invite })
    const statuses = [ben, zed, dora].map((one) => told.statusOf(one, ...all, again))
    expect(statuses).toEqual([end === 'in' ? 'in' : 'out', 'out', 'in'])
    // Whoever has heard of both says which came first by nothing that they do from now on.
    told.hear(anna, ...all, again)
    told.does(anna, rotate)
    told.does(carl, rotate)
    expect([zed, dora].map((one) => told.statusOf(one, ...all))).toEqual(['out', 'in'])
  }
})

test('[ROS22] nor whoever has their root add a device again, dated back', () => {
  const told = new Told('added twice')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const [carl, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl, zed)
  const early = told.copy(ben)
  told.does(ben, rotate)
  const second = told.add(ben)
  told.does(second, told.removal(second, zed))
  const dora = told.admit(second)
  const all = [anna, ben, carl, second, dora]
  settle(told, all)
  told.does(ben, { type: 'set-role', member: ben.member, role: 'member' })
  const again = addAgain(told, second, early)
  expect([zed, dora].map((one) => told.statusOf(one, ...all, again))).toEqual(['out', 'in'])
})

test('[ROS22] nobody takes a member’s place by a copy of their device’s key', () => {
  const told = new Told('a device of two')
  const { anna } = told
  const thief = told.admit(anna)
  told.hear(thief, anna)
  const early = told.copy(thief)
  told.does(anna, rotate)
  told.does(anna, rotate)
  const ben = told.admit(anna, 'admin')
  const [carl, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl, zed)
  told.does(ben, told.removal(ben, zed))
  const all = [anna, ben, carl]
  settle(told, all)
  const again = addAgain(told, ben, early)
  expect([ben, zed].map((one) => told.statusOf(one, ...all, again))).toEqual(['in', 'out'])
  expect(told.roster(...all, again).devices.get(ben.device)?.member).toBe(ben.member)
  // Whom the thief lets in knows of nothing else, and says nothing of whom the others had built on.
  told.admit(again)
  const friend = told.admit(again)
  told.does(friend, rotate)
  expect(told.roster(...all, friend).devices.get(ben.device)?.member).toBe(ben.member)
})

test('[ROS22] whom a thief lets in beside it says nothing of whose a device is, where juniors alone had built on the other', () => {
  const told = new Told('made up beside it')
  const { anna } = told
  const thief = told.admit(anna)
  told.hear(thief, anna)
  const early = told.copy(thief)
  told.does(anna, rotate)
  told.does(anna, rotate)
  const carl = told.admit(anna)
  const ben = told.admit(anna)
  told.hear(carl, anna)
  told.does(carl, rotate)
  const again = addAgain(told, ben, early)
  const friend = told.admit(again)
  told.does(friend, rotate)
  expect(told.roster(anna, carl, friend).devices.get(ben.device)?.member).toBe(ben.member)
})

test('[ROS22] whoever has a link makes no other one of it that takes out who came by it', () => {
  const told = new Told('a link of two')
  const { anna } = told
  const sam = told.admit(anna)
  told.hear(sam, anna)
  const early = told.copy(sam)
  const ben = told.admit(anna, 'admin')
  const zed = told.admit(anna)
  told.meet(anna, ben, sam, zed)
  const link = told.invitation({ uses: 3 })
  told.does(ben, link)
  const dora = told.join(ben, link.invite)
  const all = [anna, ben, dora, zed]
  settle(told, all)
  told.does(anna, told.removal(anna, sam))
  settle(told, all)
  const device = told.rootAdds(early)
  told.does(device, { ...link, uses: 1 })
  expect(told.statusOf(dora, ...all, device)).toBe('in')
  // Not by whom they let in beside it either.
  const friend = told.admit(device)
  told.does(friend, rotate)
  expect(told.statusOf(dora, ...all, friend)).toBe('in')
})

test('[ROS22] of two that brought the same, that counts on which the more senior had built', () => {
  const told = new Told('built on by two')
  const { anna } = told
  const [ben, carl] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, carl)
  const invite = told.invite(anna, { uses: 2 })
  const [one, other] = [told.copy(anna), told.copy(anna)]
  // What Carl has seen is shorter by one.
  told.does(other, rotate)
  const dora = told.join(one, invite)
  const again = { ...dora, seen: other.seen }
  told.does(again, { type: 'join', newcomer: dora.newcomer }, { kind: 'invitation', id: invite })
  told.hear(carl, dora)
  const act = told.does(carl, rotate)
  expect(told.hasEffect(act, carl, again)).toBe(true)
  const since = () => told.roster(carl, ben, again).members.get(dora.member)?.since
  const first = since()
  told.hear(ben, again)
  told.does(ben, rotate)
  expect(since()).not.toBe(first)
})
