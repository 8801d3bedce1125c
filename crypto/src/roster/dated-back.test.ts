import { expect, test } from 'vitest'
import { isSameState } from '../testing/same-state.ts'
import { rootOf, Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import { maxLine } from './limits.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

test('[ROS7] a moderator who had built on a join does not end it, dated back, by taking back the link', () => {
  const told = new Told('a link taken back by a junior')
  const { anna } = told
  const invite = told.invite(anna)
  const mo = told.admit(anna, 'moderator')
  told.hear(mo, anna)
  const early = told.copy(mo)
  const sue = told.join(anna, invite)
  told.meet(anna, mo, sue)
  told.does(mo, rotate)
  expect(told.verdict(told.copy(mo), told.removal(mo, sue))).toBe('not-allowed')
  const device = told.rootAdds(early)
  told.does(device, { type: 'revoke-invite', invite })
  expect(told.statusOf(sue, anna, sue, device)).toBe('out')
  expect(told.statusOf(sue, anna, sue, mo, device)).toBe('in')
})

test('[ROS21] whoever takes themselves out of a space, dated back, takes out nobody whom others had built on', () => {
  const told = new Told('out of a space as of before')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const [carl, dora] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl, dora)
  const space = told.space(anna, [ben, carl])
  told.meet(anna, ben, carl, dora)
  const early = told.copy(ben)
  told.does(ben, { type: 'set-audience', space, add: [dora.member], remove: [] })
  const isIn = () => {
    const audience = told.roster(anna, ben, carl, device).spaces.get(space)?.audience
    return audience !== undefined && audience !== 'everyone' && audience.has(dora.member)
  }
  const device = told.rootAdds(early)
  told.does(device, { type: 'set-audience', space, add: [], remove: [ben.member] })
  expect(isIn()).toBe(false)
  told.hear(carl, ben)
  told.does(carl, { type: 'rotate-epoch', space })
  expect(isIn()).toBe(true)
})

test('[ROS16] whoever has a device added twice leaves by it all the same', () => {
  const told = new Told('a device added twice leaves')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const carl = told.admit(anna)
  told.meet(anna, ben, carl)
  const early = told.copy(ben)
  const device = told.rootAdds(early)
  const known = told.roster(device).devices.get(device.device)
  if (known === undefined) throw new Error('it was added')
  const other = told.copy(early)
  told.does(other, rotate)
  const { kem, peer } = known
  told.does(other, { type: 'add-device', device: device.device, kem, peer }, rootOf(early))
  told.hear(device, other)
  told.does(device, { type: 'leave' })
  told.hear(anna, device)
  told.does(anna, rotate)
  told.hear(carl, anna)
  told.does(carl, rotate)
  const back = told.rootAdds(early)
  told.does(back, told.removal(back, carl))
  expect(told.statusOf(carl, anna, carl, back)).toBe('in')
})

test('[ROS15] [ROS16] an end takes nothing that was done knowing of it, where it had no effect', () => {
  const told = new Told('known and without effect')
  const { anna } = told
  const carl = told.admit(anna, 'admin')
  told.hear(carl, anna)
  const second = told.add(carl)
  told.hear(carl, second)
  const invite = told.invite(carl)
  const early = told.copy(carl)
  const mal = told.join(carl, invite)
  told.hear(anna, mal)
  told.does(anna, rotate)
  // Beside Mal's coming the device is lost that had made the link; so Mal waits, and their root's word is for that device alone.
  told.does(early, told.drop(early, carl), rootOf(carl))
  const dropped = told.copy(mal)
  const drop = told.does(dropped, told.drop(dropped, mal), rootOf(mal))
  told.hear(second, early, mal)
  told.does(second, { type: 'confirm', member: mal.member })
  told.hear(mal, second)
  const phone = told.add(mal)
  told.hear(phone, dropped)
  const act = told.does(phone, rotate)
  expect(told.hasEffect(drop, phone)).toBe(false)
  // Anna had built on the coming: so the root's word counts after all, and takes nothing of what came later.
  expect(told.hasEffect(drop, phone, anna)).toBe(true)
  expect(told.hasEffect(act, phone, anna)).toBe(true)
})

test('[ROS2] [ROS17] whose role was given again by two, of whom one had not heard that it was taken, acts by it in any set', () => {
  for (const isOwn of [true, false]) {
    const told = new Told(`given again, ${isOwn}`)
    const { anna } = told
    const [carl, hal] = [told.admit(anna, 'admin'), told.admit(anna, 'admin')]
    const [ben, zed] = [told.admit(anna), told.admit(anna)]
    told.meet(anna, carl, ben, zed, hal)
    const side = told.copy(hal)
    const give = { type: 'set-role', member: ben.member, role: 'admin' } as const
    told.does(carl, give)
    told.hear(ben, carl)
    told.does(isOwn ? ben : carl, { ...give, role: 'member' })
    told.meet(carl, ben)
    told.does(carl, give)
    told.does(anna, give)
    told.meet(anna, carl, ben, zed)
    told.does(anna, rotate)
    told.meet(anna, ben, carl, zed)
    const removal = told.does(ben, told.removal(ben, zed))
    told.does(carl, rotate)
    const all = [...ben.seen, ...carl.seen]
    expect(isSameState(told.graph.stateAt(all), told.graph.foldWhole(all))).toBe(true)
    told.does(side, { type: 'rotate-kem', kem: told.random(40) })
    expect(told.hasEffect(removal, ben, carl, side)).toBe(true)
    expect(told.statusOf(zed, ben, carl, side)).toBe('out')
  }
})

test('[ROS17] but not where what gave it again is undone', () => {
  const told = new Told('given again by who is out')
  const { anna } = told
  const [dave, carl] = [told.admit(anna, 'admin'), told.admit(anna, 'admin')]
  const [ben, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, dave, carl, ben, zed)
  const give = { type: 'set-role', member: ben.member, role: 'admin' } as const
  told.does(anna, give)
  told.does(dave, give)
  told.does(anna, { ...give, role: 'member' })
  told.hear(carl, anna)
  told.does(carl, give)
  told.hear(ben, carl, dave)
  const removal = told.does(ben, told.removal(ben, zed))
  expect(told.hasEffect(removal, ben)).toBe(true)
  // Dave had heard of nothing that took it, so what he gave holds beside nothing that gave it again.
  told.does(anna, told.removal(anna, carl))
  expect(told.roster(ben, anna).members.get(ben.member)?.role).toBe('member')
  expect(told.hasEffect(removal, ben, anna)).toBe(false)
})

test('[ROS15] devices are added one by another so often and no further; the root begins another line', () => {
  const told = new Told('a long line')
  const { anna } = told
  let last = anna
  for (let i = 0; i < maxLine - 1; i++) {
    const next = told.add(last)
    told.does(next, told.drop(next, last))
    last = next
  }
  const { device, kem, peer } = told.makeNewcomer('device')
  const add = { type: 'add-device', device, kem, peer } as const
  expect(told.verdict(told.copy(last), add)).toBe('too-many-devices')
  expect(told.verdict(told.copy(last), add, rootOf(anna))).toBe('accepted')
})

test.each(['never', 'no longer'] as const)(
  '[ROS7] nobody decides who came first by a link, dated back, who might %s let them in',
  (when) => {
    const told = new Told(`settled dated back, ${when}`)
    const { anna } = told
    const mal = told.admit(anna, when === 'never' ? 'member' : 'admin')
    told.hear(mal, anna)
    const ben = told.admit(anna, 'admin')
    const invite = told.invite(anna, { role: 'admin' })
    const [carl, dora] = [told.join(anna, invite), told.join(anna, invite)]
    const early = { ...mal, seen: dora.seen }
    told.hear(ben, carl)
    told.does(ben, rotate)
    told.meet(anna, ben, carl, dora)
    if (when === 'no longer') told.does(anna, { type: 'set-role', member: mal.member, role: 'reader' })
    told.does(anna, rotate)
    const stands = (...tellers: readonly Teller[]) =>
      [carl, dora].map((one) => told.statusOf(one, ...tellers))
    expect(stands(anna)).toEqual(['in', 'quarantined'])
    const device = told.rootAdds(early)
    told.does(device, rotate)
    expect(stands(anna, device)).toEqual(['in', 'quarantined'])
  },
)
