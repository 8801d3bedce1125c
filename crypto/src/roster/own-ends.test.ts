import { expect, test } from 'vitest'
import { rootOf, Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

const rotate = { type: 'rotate-epoch', space: null } as const
const leave = { type: 'leave' } as const

/** Ben, a member, lets Carl in, whom Anna makes an admin, and who removes Zed and lets Dora in. */
function grown(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const ben = told.admit(anna)
  told.hear(ben, anna)
  const joined = told.copy(ben)
  const invite = told.invite(ben, { uses: 2 })
  const invited = told.copy(ben)
  const carl = told.join(ben, invite)
  told.meet(anna, ben, carl)
  told.does(anna, { type: 'set-role', member: carl.member, role: 'admin' })
  const zed = told.admit(anna)
  told.meet(ben, carl, anna)
  told.does(carl, told.removal(carl, zed))
  const dora = told.admit(carl)
  told.meet(anna, ben, carl, dora)
  told.does(anna, rotate)
  told.hear(ben, anna)
  told.does(ben, rotate)
  const statuses = (by: Teller) => [carl, zed, dora].map((one) => told.statusOf(one, anna, ben, by))
  return { told, anna, ben, joined, invited, invite, statuses }
}

/** Ben is an admin, Carl and Zed are members, and all have heard of it. */
function family(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const [carl, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl, zed)
  return { told, anna, ben, carl, zed, early: told.copy(ben) }
}

test('[ROS15] whoever takes their device out by the root, dated back, undoes nothing that came of their invitation', () => {
  for (const isGone of [false, true]) {
    const { told, anna, ben, joined, statuses } = grown(`root drops ${isGone}`)
    if (isGone) told.does(ben, leave)
    told.hear(anna, ben)
    told.does(anna, rotate)
    told.does(joined, told.drop(joined, ben), rootOf(ben))
    expect(statuses(joined)).toEqual(['in', 'out', 'in'])
  }
})

test('[ROS7] nor by a new device of theirs that takes the link back, dated back', () => {
  for (const isGone of [false, true]) {
    const { told, anna, ben, invited, invite, statuses } = grown(`root revokes ${isGone}`)
    if (isGone) told.does(ben, leave)
    told.hear(anna, ben)
    told.does(anna, rotate)
    const device = told.rootAdds(invited)
    told.does(device, { type: 'revoke-invite', invite })
    expect(statuses(device)).toEqual(['in', 'out', 'in'])
  }
})

test('[ROS7] what others built on a join is nothing to whoever takes the link back and had not', () => {
  const { told, anna, ben, carl } = family('taken back in time')
  const invite = told.invite(ben)
  const thief = told.join(ben, invite)
  const act = told.does(thief, rotate)
  told.hear(anna, thief)
  told.does(anna, rotate)
  told.does(ben, { type: 'revoke-invite', invite })
  expect(told.statusOf(thief, anna, ben, carl)).toBe('out')
  expect(told.hasEffect(act, anna, ben)).toBe(false)
})

test('[ROS15] what a device did that its root takes out without knowing of it falls, unless somebody else built on it', () => {
  const { told, anna, ben, carl, zed, early } = family('stolen')
  told.does(ben, told.removal(ben, carl))
  told.hear(anna, ben)
  told.does(anna, rotate)
  told.does(ben, told.removal(ben, zed))
  told.does(early, told.drop(early, ben), rootOf(ben))
  expect(told.roster(anna, ben, early).devices.get(ben.device)?.status).toBe('out')
  expect([carl, zed].map((one) => told.statusOf(one, anna, ben, early))).toEqual(['out', 'in'])
})

test('[ROS15] where it took a role, somebody who had that role', () => {
  const { told, anna, ben, carl, zed, early } = family('stolen from an admin')
  told.does(ben, told.removal(ben, carl))
  const space = told.does(ben, told.invitation())
  told.hear(zed, ben)
  told.does(zed, rotate)
  told.does(early, told.drop(early, ben), rootOf(ben))
  expect(told.statusOf(carl, anna, ben, zed, early)).toBe('in')
  expect(told.hasEffect(space, anna, ben, zed, early)).toBe(true)
})

test('[ROS15] whoever has handed on and left, or stepped down, does not take that back by a root', () => {
  for (const isGone of [true, false]) {
    const told = new Told(`handed on ${isGone}`)
    const { anna } = told
    const [ben, carl] = [told.admit(anna), told.admit(anna)]
    told.meet(anna, ben, carl)
    const early = told.copy(anna)
    told.does(anna, { type: 'set-role', member: ben.member, role: 'admin' })
    told.does(anna, isGone ? leave : { type: 'set-role', member: anna.member, role: 'member' })
    told.meet(anna, ben, carl)
    told.does(ben, rotate)
    told.does(carl, rotate)
    const before = told.copy(carl)
    told.does(early, told.drop(early, anna), rootOf(anna))
    expect(told.roster(before, ben, early).members.get(ben.member)?.role).toBe('admin')
  }
})

test('[ROS15] a device goes with the one that had added it, and what others built on of it stays', () => {
  const { told, anna, ben, carl, zed, early } = family('added by one that goes')
  const second = told.add(ben)
  const third = told.add(second)
  told.does(third, told.removal(third, carl))
  told.hear(anna, third)
  told.does(anna, rotate)
  told.does(third, told.removal(third, zed))
  told.does(early, told.drop(early, ben), rootOf(ben))
  const { devices } = told.roster(anna, third, early)
  expect([ben, second, third].map(({ device }) => devices.get(device)?.status)).toEqual(['out', 'out', 'out'])
  expect([carl, zed].map((one) => told.statusOf(one, anna, third, early))).toEqual(['out', 'in'])
})

test('[ROS8] [ROS15] nor does a device that a copied key adds do anything, though its root took neither out', () => {
  const { told, anna, ben, early } = family('added by a copy')
  told.does(ben, rotate)
  const second = told.add(early)
  const act = told.does(second, rotate)
  expect(told.hasEffect(act, second)).toBe(true)
  expect(told.hasEffect(act, anna, ben, second)).toBe(false)
})

test('[ROS15] a removal of its own member takes what a device had added with it, too', () => {
  const { told, anna, ben, carl, early } = family('added by somebody removed')
  const second = told.add(ben)
  told.does(second, told.removal(second, carl))
  told.hear(carl, second)
  const zed = told.copy(anna)
  told.does(anna, told.removal(anna, ben))
  told.does(early, told.drop(early, ben), rootOf(ben))
  told.hear(zed, second)
  told.does(zed, rotate)
  expect(told.statusOf(carl, anna, second, early)).toBe('in')
})

test('[ROS16] whoever has left does nothing more, dated back, by a new device or by the old one', () => {
  for (const isNew of [true, false]) {
    const { told, anna, ben, carl, early } = family(`left ${isNew}`)
    told.does(ben, rotate)
    told.does(ben, leave)
    told.hear(anna, ben)
    told.does(anna, rotate)
    const back = isNew ? told.rootAdds(early) : early
    const removal = told.does(back, told.removal(back, carl))
    expect(told.statusOf(carl, anna, back)).toBe('in')
    expect(told.hasEffect(removal, anna, back)).toBe(false)
    const state = told.roster(anna, back)
    expect(state.devices.get(ben.device)?.status).toBe(isNew ? 'in' : 'forked')
    expect(state.members.get(ben.member)?.status).toBe('out')
    told.hear(anna, back)
    told.does(anna, rotate)
    expect(told.hasEffect(removal, anna)).toBe(false)
  }
})

test('[ROS16] a leave that is dated back undoes nothing that others built on', () => {
  const { told, anna, ben, carl, zed, early } = family('left long ago')
  told.does(ben, told.removal(ben, carl))
  told.hear(zed, ben)
  told.does(zed, rotate)
  const back = told.rootAdds(early)
  told.does(back, leave)
  expect([ben, carl].map((one) => told.statusOf(one, anna, zed, back))).toEqual(['out', 'out'])
})

test('[ROS16] whoever is out, or was given something by it, is no witness of what somebody did beside their leaving', () => {
  const { told, anna, ben, carl, zed, early } = family('two who left')
  const old = told.copy(zed)
  told.does(ben, leave)
  told.does(zed, leave)
  told.hear(anna, ben, zed)
  const [back, friend] = [told.rootAdds(early), told.rootAdds(old)]
  told.does(back, told.removal(back, carl))
  told.does(back, { type: 'set-role', member: zed.member, role: 'admin' })
  told.hear(friend, back)
  told.does(friend, rotate)
  expect(told.statusOf(carl, anna, back, friend)).toBe('in')
  expect(told.roster(anna, back, friend).members.get(zed.member)?.role).toBe('member')
})

test('[ROS16] a leave stands beside the loss of the device that said so, and beside another leave', () => {
  const { told, anna, ben, early } = family('left by a lost device')
  const second = told.add(ben)
  told.does(ben, leave)
  const left = told.copy(ben)
  told.does(second, leave)
  told.does(early, told.drop(early, ben), rootOf(ben))
  expect(told.statusOf(ben, anna, left, early)).toBe('out')
  expect(told.statusOf(ben, anna, left, second)).toBe('out')
})

test('[ROS17] whoever has stepped down removes nobody any more, dated back', () => {
  const { told, anna, ben, carl, zed, early } = family('stepped down')
  told.does(ben, { type: 'set-role', member: ben.member, role: 'member' })
  told.hear(anna, ben)
  told.does(anna, rotate)
  const back = told.rootAdds(early)
  told.does(back, told.removal(back, carl))
  const invite = told.does(back, told.invitation())
  expect(told.statusOf(carl, anna, back)).toBe('in')
  expect(told.hasEffect(invite, anna, back)).toBe(true)
  told.hear(zed, back)
  told.does(zed, rotate)
  expect(told.statusOf(carl, zed, back)).toBe('out')
  expect(told.statusOf(carl, anna, zed, back)).toBe('out')
})

test('[ROS16] whoever has left takes back nothing that they had vouched for, where others had built on that', () => {
  const { told, anna, ben, carl, zed, early } = family('a witness who leaves')
  const view = told.copy(zed)
  told.does(ben, leave)
  const back = told.rootAdds(early)
  const removal = told.does(back, told.removal(back, carl))
  told.hear(zed, back)
  told.does(zed, rotate)
  const gone = told.rootAdds(view)
  told.does(gone, leave)
  expect(told.hasEffect(removal, anna, ben, zed)).toBe(true)
  expect(told.hasEffect(removal, anna, ben, zed, gone)).toBe(false)
  told.hear(anna, ben, zed)
  told.does(anna, rotate)
  expect(told.hasEffect(removal, anna, ben, zed, gone)).toBe(true)
})

test('[ROS16] whom somebody put in a space that they made is a witness that they made it', () => {
  const { told, anna, ben, carl, early } = family('a space of two')
  const before = told.copy(carl)
  const space = told.space(ben, [carl])
  told.hear(carl, ben)
  const act = told.does(carl, { type: 'rotate-epoch', space })
  told.does(carl, rotate)
  const back = told.rootAdds(early)
  told.does(back, leave)
  expect(told.hasEffect(act, anna, before, carl, back)).toBe(true)
})

test('[ROS17] a step down holds beside the loss of the device that said so where others had heard of it', () => {
  const { told, anna, ben, carl, early } = family('stepped down and lost')
  told.does(ben, { type: 'set-role', member: ben.member, role: 'member' })
  told.hear(anna, ben)
  told.does(anna, rotate)
  const back = told.rootAdds(early)
  const removal = told.does(back, told.removal(back, carl))
  told.does(early, told.drop(early, ben), rootOf(ben))
  expect(told.hasEffect(removal, anna, back, early)).toBe(false)
})

test('[ROS17] and whoever knew of it, where it had no effect, takes no role by a device that they add there', () => {
  const { told, anna, ben, carl, early } = family('stepped down, known and lost')
  told.does(ben, { type: 'set-role', member: ben.member, role: 'member' })
  const known = told.copy(ben)
  told.hear(anna, ben)
  told.does(anna, rotate)
  told.does(early, told.drop(early, ben), rootOf(ben))
  told.hear(known, early)
  expect(told.roster(known).members.get(ben.member)?.role).toBe('admin')
  const back = told.rootAdds(known)
  told.does(back, told.removal(back, carl))
  expect(told.statusOf(carl, anna, back)).toBe('in')
})

test('[ROS16] nor is a leave a witness', () => {
  const { told, anna, ben, carl, zed, early } = family('leaving as a witness')
  const old = told.copy(zed)
  told.does(ben, leave)
  told.hear(anna, ben)
  told.does(anna, rotate)
  const back = told.rootAdds(early)
  const removal = told.does(back, told.removal(back, carl))
  const friend = told.rootAdds(old)
  told.hear(friend, back)
  told.does(friend, leave)
  expect(told.hasEffect(removal, anna, back, friend)).toBe(false)
})

test('[ROS17] unless the device that said so was out', () => {
  const { told, anna, ben, carl, early } = family('stepped down by a thief')
  const thief = told.copy(ben)
  const safe = told.rootAdds(early)
  told.does(thief, { type: 'set-role', member: ben.member, role: 'member' })
  told.does(safe, told.drop(safe, ben), rootOf(ben))
  told.does(safe, told.removal(safe, carl))
  expect(told.statusOf(carl, anna, thief, safe)).toBe('out')
})

test('[ROS7] [ROS15] who came first by a link stays in though who had seen it leaves as of before, if others had built on that', () => {
  const told = new Told('a new device had seen who came first')
  const { anna } = told
  const ben = told.admit(anna)
  const early = told.copy(ben)
  const invite = told.invite(anna)
  const first = told.join(anna, invite)
  const second = told.join(anna, invite)
  told.hear(ben, first)
  told.add(ben)
  const device = told.rootAdds(early)
  told.does(device, leave)
  expect(told.statusOf(first, ben, second)).toBe('in')
  expect(told.statusOf(first, ben, second, device)).toBe('quarantined')
  told.hear(anna, ben, second)
  told.does(anna, rotate)
  expect(told.statusOf(first, anna, device)).toBe('in')
  expect(told.statusOf(second, anna, device)).toBe('quarantined')
})

test('[ROS7] [ROS15] so it does for whoever is spared by it as their link is closed', () => {
  const told = new Told('a new device had seen who came before the end')
  const { anna } = told
  const ben = told.admit(anna)
  const early = told.copy(ben)
  const invite = told.invite(anna)
  const guest = told.join(anna, invite)
  told.does(anna, { type: 'close-invite', invite })
  told.hear(ben, guest)
  told.add(ben)
  const device = told.rootAdds(early)
  told.does(device, leave)
  expect(told.statusOf(guest, anna, ben)).toBe('in')
  expect(told.statusOf(guest, anna, ben, device)).toBe('quarantined')
  told.hear(anna, ben)
  told.does(anna, rotate)
  expect(told.statusOf(guest, anna, device)).toBe('in')
})

test('[ROS7] [ROS15] and for whoever came by a link of theirs that they take back, dated back, as they leave', () => {
  const told = new Told('a new device had seen who came by it')
  const { anna } = told
  const ben = told.admit(anna)
  told.hear(ben, anna)
  const invite = told.invite(ben)
  const early = told.copy(ben)
  const guest = told.join(ben, invite)
  told.hear(ben, guest)
  told.add(ben)
  told.hear(anna, ben)
  told.does(anna, rotate)
  const device = told.rootAdds(early)
  told.does(device, { type: 'revoke-invite', invite })
  told.does(device, leave)
  expect(told.statusOf(guest, anna, device)).toBe('in')
})

test('[ROS16] who is in a space by somebody is a witness all the same, whoever had let that one in leaves dated back', () => {
  const told = new Told('a witness in a space')
  const { anna } = told
  const ben = told.admit(anna)
  const early = told.copy(ben)
  told.hear(ben, anna)
  const carl = told.admit(ben)
  told.meet(anna, ben, carl)
  told.does(anna, rotate)
  told.hear(carl, anna)
  const space = told.space(carl, [anna])
  const leaver = told.add(carl)
  told.hear(carl, leaver)
  const act = told.does(carl, rotate)
  told.does(leaver, leave)
  told.hear(anna, carl)
  told.does(anna, { type: 'rotate-epoch', space })
  expect(told.hasEffect(act, anna, leaver)).toBe(true)
  const device = told.rootAdds(early)
  told.does(device, leave)
  expect(told.hasEffect(act, anna, leaver, device)).toBe(true)
})
