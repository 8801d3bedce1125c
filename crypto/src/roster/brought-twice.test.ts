import { expect, test } from 'vitest'
import { findSafeEpochs } from '../epochs/sending.ts'
import type { DeviceId } from '../ids.ts'
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

test('[ROS22] [ROS12] whoever was put out before makes no link of somebody’s again, nor silences who had built on it', () => {
  for (const isBuiltOn of [false, true]) {
    const told = new Told(`a link again, by who is out, ${isBuiltOn}`)
    const { anna } = told
    const mal = told.admit(anna, 'admin')
    const [ben, carl] = [told.admit(anna), told.admit(anna)]
    told.meet(anna, ben, carl, mal)
    const early = told.copy(mal)
    told.does(anna, told.removal(anna, mal))
    told.meet(anna, ben, carl)
    told.does(ben, rotate)
    const link = told.invitation({ uses: 3 })
    told.does(ben, link)
    const dora = told.join(ben, link.invite)
    told.hear(carl, dora)
    if (isBuiltOn) told.does(carl, rotate)
    const device = told.rootAdds(early)
    told.does(device, { ...link, uses: 1 })
    told.does(device, told.removal(device, carl))
    expect(told.statusOf(dora, anna, ben, carl, dora, device)).toBe('in')
  }
})

test('[ROS17] no role is held by what was given again by who is out, beside what is not asked', () => {
  const told = new Told('given again by a junior')
  const { anna } = told
  const link = told.invite(anna, { role: 'admin' })
  const cy = told.admit(anna, 'admin')
  const mal = told.admit(anna)
  const [jo, zed] = [told.admit(anna, 'admin'), told.admit(anna)]
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
