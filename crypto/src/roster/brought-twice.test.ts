import { expect, test } from 'vitest'
import { findSafeEpochs } from '../epochs/sending.ts'
import type { DeviceId } from '../ids.ts'
import { isSameState } from '../testing/same-state.ts'
import { rootOf, Told, voiceOf } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import type { OperationAuthor } from './operation.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

function rotates(told: Told, who: Teller, times: number): void {
  for (let i = 0; i < times; i++) told.does(who, rotate)
}

type Brought = Pick<ReturnType<Told['makeNewcomer']>, 'device' | 'kem' | 'peer'>

function adds(told: Told, by: Teller, { device, kem, peer }: Brought, author: OperationAuthor): Teller {
  told.does(by, { type: 'add-device', device, kem, peer }, author)
  return { ...by, device }
}

test('[ROS22] [EPO6] of two devices each may have added the other, and whoever knows all begins an epoch', () => {
  const told = new Told('added in a circle')
  const { anna } = told
  const mal = told.admit(anna)
  told.meet(anna, mal)
  const [one, other] = [told.makeNewcomer('one'), told.makeNewcomer('other')]
  const kept = adds(told, told.copy(mal), other, rootOf(mal))
  adds(told, kept, one, voiceOf(kept))
  rotates(told, anna, 4)
  const first = told.copy(mal)
  told.hear(first, anna)
  const second = told.copy(first)
  const added = adds(told, first, one, rootOf(mal))
  told.does(anna, rotate)
  told.hear(second, anna)
  added.seen = new Set([...added.seen, ...adds(told, second, one, rootOf(mal)).seen])
  adds(told, added, other, voiceOf(added))
  told.hear(anna, added)
  told.does(anna, rotate)
  told.hear(anna, kept)
  const { devices } = told.roster(anna)
  const addedBy = (id: DeviceId) => devices.get(id)?.addedBy
  expect([addedBy(one.device), addedBy(other.device)]).toEqual([other.device, one.device])
  told.does(anna, rotate)
  expect(findSafeEpochs({ state: told.roster(anna) })).not.toEqual([])
})

test('[EPO6] [ROS17] what somebody says of themselves who was let in by nothing takes no effect, nor asks for an epoch for ever', () => {
  const told = new Told('stepped down before they were in')
  const { anna } = told
  const invite = told.invite(anna)
  const [mal, other] = [told.join(anna, invite), told.join(anna, invite)]
  const early = told.copy(mal)
  told.hear(anna, mal, other)
  told.does(anna, { type: 'confirm', member: mal.member })
  told.does(early, { type: 'set-role', member: mal.member, role: 'reader' })
  const device = told.rootAdds({ ...mal, seen: anna.seen })
  const act = told.does(device, told.invitation())
  told.hear(anna, early, device)
  expect(told.hasEffect(act, anna)).toBe(true)
  told.does(anna, rotate)
  expect(findSafeEpochs({ state: told.roster(anna) })).not.toEqual([])
})

/** Mal comes by Ben's link, and by Anna's beside that, which Anna builds on, so that it is first and comes later in the order. */
function cameTwice(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  told.meet(anna, ben)
  const links = [told.invite(ben, { role: 'admin' }), told.invite(anna, { role: 'admin', uses: 2 })] as const
  told.meet(anna, ben)
  rotates(told, anna, 6)
  const mal = told.join(ben, links[0])
  told.hear(ben, mal)
  const again = { ...mal, seen: anna.seen }
  told.does(again, { type: 'join', newcomer: mal.newcomer }, { kind: 'invitation', id: links[1] })
  told.hear(anna, again)
  told.does(anna, rotate)
  return { told, anna, ben, mal }
}

test('[ROS22] [ROS11] whoever came twice is out by a removal that had heard of one coming alone', () => {
  const { told, anna, ben, mal } = cameTwice('removed of two')
  const removal = told.does(ben, told.removal(ben, mal))
  expect(told.roster(anna, ben).members.get(mal.member)).toMatchObject({
    status: 'out',
    endedBy: [removal.id],
  })
})

test('[ROS22] [ROS17] and loses a role by a change that had', () => {
  const { told, anna, ben, mal } = cameTwice('demoted of two')
  const change = told.does(ben, { type: 'set-role', member: mal.member, role: 'reader' })
  expect(told.roster(anna, ben).members.get(mal.member)).toMatchObject({
    role: 'reader',
    demotedBy: [change.id],
  })
})

test('[ROS22] [ROS15] and a device that was added twice by a root that had heard of one adding', () => {
  const told = new Told('dropped of two')
  const { anna } = told
  const ben = told.admit(anna)
  told.meet(anna, ben)
  const early = told.copy(ben)
  rotates(told, anna, 6)
  const brought = told.makeNewcomer('device')
  const device = adds(told, early, brought, rootOf(ben))
  const late = told.copy(ben)
  told.hear(late, anna)
  adds(told, late, brought, rootOf(ben))
  told.hear(anna, late)
  told.does(anna, rotate)
  const drop = told.does(device, told.drop(device, device), rootOf(ben))
  const known = told.roster(anna, device).devices.get(device.device)
  expect(known).toMatchObject({ status: 'out', endedBy: [drop.id] })
})

test('[ROS22] nobody drops a device of somebody else that they brought for themselves', () => {
  for (const removes of [false, true]) {
    const told = new Told(`dropped by another, ${removes}`)
    const { anna } = told
    const yan = told.admit(anna, 'admin')
    const [zed, xen] = [told.admit(anna), told.admit(anna)]
    told.meet(anna, yan, xen, zed)
    const brought = told.makeNewcomer('device')
    const device = adds(told, yan, brought, voiceOf(yan))
    const early = told.copy(xen)
    told.meet(anna, device, zed)
    told.does(anna, rotate)
    const taken = adds(told, early, brought, rootOf(xen))
    told.does(taken, told.drop(taken, taken), rootOf(xen))
    if (removes) told.does(device, told.removal(device, xen))
    const known = told.roster(anna, device, zed, taken).devices.get(device.device)
    expect(known).toMatchObject({ member: yan.member, status: 'in' })
  }
})

test('[ROS22] what a device of two says of one of them asks nothing of the other one', () => {
  const told = new Told('a device of two steps down')
  const { anna } = told
  const yan = told.admit(anna, 'admin')
  told.hear(yan, anna)
  const xen = told.admit(yan)
  told.meet(anna, yan, xen)
  const start = told.copy(yan)
  const brought = told.makeNewcomer('device')
  const device = adds(told, told.copy(start), brought, rootOf(yan))
  told.does(xen, rotate)
  const other = adds(told, told.copy(xen), brought, rootOf(xen))
  told.hear(anna, other)
  told.does(anna, rotate)
  told.hear(device, other)
  told.does(device, { type: 'set-role', member: yan.member, role: 'reader' })
  told.does(start, told.removal(start, xen))
  told.hear(anna, device, start)
  expect([told.statusOf(xen, anna), told.statusOf(yan, anna)]).toEqual(['out', 'in'])
})

test('[ROS22] [ROS7] takers of another invitation with the same key do not compete with those of the first', () => {
  const told = new Told('takers of two')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const sam = told.admit(anna)
  told.meet(anna, ben, sam)
  const early = told.copy(sam)
  rotates(told, anna, 4)
  told.hear(ben, anna)
  const link = told.invitation({ uses: 1 })
  told.does(ben, link)
  const dora = told.join(ben, link.invite)
  told.does(dora, rotate)
  told.meet(anna, ben, dora)
  told.does(anna, rotate)
  const device = told.rootAdds(early)
  told.does(device, { ...link, uses: 1 })
  const friend = told.join(device, link.invite)
  expect(told.statusOf(dora, anna, ben, dora, friend)).toBe('in')
})

test('[ROS17] no role is held by what was given again by who is out, beside what is not asked', () => {
  const told = new Told('given again by a junior')
  const { anna } = told
  const link = told.invite(anna, { role: 'admin' })
  const [cy, jo] = [told.admit(anna, 'admin'), told.admit(anna, 'admin')]
  const [mal, zed] = [told.admit(anna), told.admit(anna)]
  const [sam, other] = [told.join(anna, link), told.join(anna, link)]
  told.hear(anna, sam, other)
  told.meet(anna, cy, mal, jo, zed, sam)
  told.does(jo, { type: 'confirm', member: sam.member })
  told.meet(anna, cy, mal, jo, zed, sam)
  const give = { type: 'set-role', member: mal.member, role: 'admin' } as const
  const given = told.does(cy, give)
  told.does(anna, give)
  told.does(anna, { ...give, role: 'reader' })
  const later = told.copy(anna)
  told.hear(sam, anna)
  told.does(sam, give)
  told.does(later, told.removal(later, sam))
  told.meet(later, cy, jo, zed)
  told.does(cy, rotate)
  const device = told.rootAdds({ ...mal, seen: new Set([...sam.seen, given.id]) })
  const removal = told.does(device, told.removal(device, zed))
  expect(told.hasEffect(removal, device)).toBe(true)
  expect(told.hasEffect(removal, later, cy, jo, zed, device)).toBe(false)
})

test('[ROS6] whoever is out takes the effect of nothing by a role that they took and gave again to no effect', () => {
  const told = new Told('given again to no effect')
  const { anna } = told
  const jo = told.admit(anna, 'admin')
  const [max, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, jo, max, zed)
  const give = { type: 'set-role', member: max.member, role: 'admin' } as const
  told.does(anna, give)
  told.hear(max, anna)
  told.does(anna, told.removal(anna, jo))
  told.does(jo, { ...give, role: 'reader' })
  told.does(jo, give)
  told.hear(max, jo)
  const removal = told.does(max, told.removal(max, zed))
  expect(told.hasEffect(removal, anna, jo, max)).toBe(true)
})

test('[ROS16] who leaves rests on a junior’s confirmation as on nothing, whoever takes out that junior', () => {
  const told = new Told('left, by a junior’s confirmation')
  const { anna } = told
  const invite = told.invite(anna, { role: 'admin', uses: 2 })
  const [sue, other] = [told.join(anna, invite), told.join(anna, invite)]
  const link = told.invite(sue, { role: 'admin' })
  const jo = told.join(sue, link)
  const second = told.rootAdds(sue)
  told.does(other, { type: 'leave' })
  told.hear(jo, other)
  told.does(second, { type: 'revoke-invite', invite: link })
  told.does(jo, { type: 'confirm', member: sue.member })
  const end = { ...sue, seen: jo.seen }
  told.does(end, { type: 'leave' })
  told.hear(anna, end, jo, second, other)
  expect(told.statusOf(sue, anna)).toBe('out')
})

test('[ROS14] [ROS22] a leave by a copied device of who came by another link with that key asks nothing of a senior', () => {
  const told = new Told('a copied device leaves')
  const { anna } = told
  const mal = told.admit(anna, 'admin')
  told.meet(anna, mal)
  const early = told.copy(mal)
  const link = told.invitation({ role: 'admin', uses: 3 })
  told.does(mal, link)
  const senior = told.join(mal, link.invite)
  const device = told.rootAdds(early)
  told.does(device, rotate)
  told.does(device, link)
  const junior = told.join(device, link.invite)
  const [before, copy] = [told.copy(junior), told.copy(junior)]
  told.does(junior, { type: 'leave' })
  told.does(copy, rotate)
  told.hear(senior, before)
  told.does(senior, told.removal(senior, before))
  told.hear(anna, senior, junior, copy)
  expect([senior, junior].map((one) => told.statusOf(one, anna))).toEqual(['in', 'out'])
})

test('[ROS10] [ROS2] joins that bring nobody take nobody’s place among those who are listed', () => {
  for (let seed = 0; seed < 6; seed++) {
    const told = new Told(`joins that bring nobody ${seed}`)
    const { anna } = told
    const invite = told.invite(anna, { uses: 3 })
    const mal = told.join(anna, invite)
    const again = Array.from({ length: 30 }, () => {
      told.does(anna, rotate)
      const one = { ...mal, seen: anna.seen }
      told.does(one, { type: 'join', newcomer: mal.newcomer }, { kind: 'invitation', id: invite })
      return one
    })
    told.hear(anna, mal, ...again)
    told.does(anna, rotate)
    const guest = told.join(told.copy(anna), invite)
    told.does(anna, { type: 'close-invite', invite })
    const ids = [...anna.seen, ...guest.seen]
    expect(isSameState(told.graph.stateAt(ids), told.graph.foldWhole(ids))).toBe(true)
    expect(told.statusOf(guest, anna, guest)).toBe('quarantined')
  }
})

test('[ROS12] [ROS22] whoever came twice is of two ranks, and of two who take each other out, or down, the one before is heard', () => {
  for (const isRemoval of [true, false]) {
    const told = new Told(`two ranks, ${isRemoval}`)
    const { anna } = told
    const first = told.invite(anna, { role: 'admin' })
    const ben = told.admit(anna, 'admin')
    const second = told.invite(anna, { role: 'admin' })
    told.meet(anna, ben)
    const mal = told.join(told.copy(anna), first)
    told.does(ben, rotate)
    const again = { ...mal, seen: ben.seen }
    told.does(again, { type: 'join', newcomer: mal.newcomer }, { kind: 'invitation', id: second })
    told.hear(ben, again)
    const end = (by: Teller, whom: Teller) =>
      isRemoval
        ? told.removal(by, whom)
        : ({ type: 'set-role', member: whom.member, role: 'reader' } as const)
    const byBen = end(ben, mal)
    told.hear(anna, mal)
    told.does(mal, end(mal, ben))
    told.does(anna, rotate)
    told.does(ben, byBen)
    const { members } = told.roster(anna, ben, mal)
    const how = [ben, mal].map(({ member }) => members.get(member)?.[isRemoval ? 'status' : 'role'])
    expect(how).toContain(isRemoval ? 'out' : 'reader')
  }
})
