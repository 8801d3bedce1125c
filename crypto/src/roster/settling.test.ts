import { expect, test } from 'vitest'
import { isSameState } from '../testing/same-state.ts'
import { Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

/** How those who took a link stand, which has to be the same by any way. */
function stands(told: Told, takers: readonly Teller[], ...tellers: readonly Teller[]) {
  const ids = tellers.flatMap(({ seen }) => [...seen])
  const whole = told.graph.foldWhole(ids)
  expect(isSameState(told.graph.stateAt(ids), whole)).toBe(true)
  return takers.map(({ member }) => whole.members.get(member)?.status)
}

/** Ben's role was taken and given again, and Eve, who is junior to him, has heard of neither. */
function givenAgain(seed: string, lesser: 'member' | 'reader') {
  const told = new Told(seed)
  const { anna } = told
  const zed = told.admit(anna)
  const [ben, eve] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, zed, ben, eve)
  const early = told.copy(eve)
  told.does(anna, { type: 'set-role', member: ben.member, role: lesser })
  told.does(anna, { type: 'set-role', member: ben.member, role: 'admin' })
  told.meet(anna, zed, ben)
  return { told, anna, ben, zed, early }
}

test.each([
  ['admin', 'member'],
  ['member', 'reader'],
] as const)(
  '[ROS7] [ROS2] whose role was given again settles who came first by a link for %s',
  (role, lesser) => {
    const { told, anna, ben, early } = givenAgain(`settled again, ${role}`, lesser)
    const invite = told.invite(anna, { role })
    const takers = [told.join(anna, invite), told.join(anna, invite)] as const
    told.hear(ben, takers[0])
    told.does(ben, rotate)
    const all = [anna, ben, ...takers]
    expect(stands(told, takers, ...all)).toEqual(['in', 'quarantined'])
    // What is dated back to before that takes nothing.
    const device = told.rootAdds(early)
    told.does(device, rotate)
    expect(stands(told, takers, ...all, device)).toEqual(['in', 'quarantined'])
  },
)

test('[ROS7] [ROS14] whose role was given again spares who came by a link that was closed beside it', () => {
  const { told, anna, ben, zed, early } = givenAgain('spared again', 'reader')
  const invite = told.invite(anna)
  told.meet(anna, zed, ben)
  const carl = told.join(anna, invite)
  told.hear(ben, carl)
  told.does(ben, rotate)
  told.does(zed, { type: 'close-invite', invite })
  const all = [anna, ben, zed, carl]
  expect(stands(told, [carl], ...all)).toEqual(['in'])
  const device = told.rootAdds(early)
  told.does(device, rotate)
  expect(stands(told, [carl], ...all, device)).toEqual(['in'])
})

test.each(['was given in vain', 'they gave up'] as const)(
  '[ROS7] [ROS17] nobody decides who came first by a link, dated back, by a role that %s',
  (how) => {
    const told = new Told(`a role that ${how}`)
    const { anna } = told
    const ben = told.admit(anna, 'admin')
    const mal = told.admit(anna, how === 'they gave up' ? 'admin' : 'member')
    const fred = told.admit(anna, 'admin')
    const invite = told.invite(anna, { role: 'admin' })
    told.meet(anna, ben, mal, fred)
    const takers = [told.join(anna, invite), told.join(anna, invite)] as const
    const [earlyBen, earlyMal] = [told.copy(ben), told.copy(mal)]
    if (how === 'they gave up') told.does(mal, { type: 'set-role', member: mal.member, role: 'member' })
    else told.does(anna, told.removal(anna, ben))
    told.meet(anna, mal, fred)
    told.hear(fred, takers[0])
    told.does(fred, rotate)
    const all = [anna, mal, fred, ...takers]
    expect(stands(told, takers, ...all)).toEqual(['in', 'quarantined'])
    if (how === 'was given in vain') {
      const copy = told.rootAdds(earlyBen)
      told.does(copy, { type: 'set-role', member: mal.member, role: 'admin' })
      told.hear(earlyMal, copy)
    }
    told.hear(earlyMal, takers[1])
    const device = told.rootAdds(earlyMal)
    told.does(device, rotate)
    expect(stands(told, takers, ...all, device)).toEqual(['in', 'quarantined'])
  },
)

test('[ROS14] [ROS17] whoever stepped down brings nobody in, dated back, by a link of theirs that was closed since', () => {
  const told = new Told('spared after stepping down')
  const { anna } = told
  const mal = told.admit(anna, 'admin')
  told.hear(mal, anna)
  const invite = told.invite(mal, { role: 'admin' })
  told.hear(anna, mal)
  const early = told.copy(mal)
  told.does(mal, { type: 'set-role', member: mal.member, role: 'member' })
  told.hear(anna, mal)
  told.does(anna, { type: 'close-invite', invite })
  told.does(anna, rotate)
  told.hear(mal, anna)
  const friend = told.join(early, invite)
  expect(stands(told, [friend], anna, mal, friend)).toEqual(['quarantined'])
  told.hear(early, friend)
  const device = told.rootAdds(early)
  told.does(device, rotate)
  expect(stands(told, [friend], anna, mal, friend, device)).toEqual(['quarantined'])
})

test('[ROS7] [ROS17] whoever stepped down beside what they built has settled somebody where others built on that', () => {
  const told = new Told('settled before stepping down')
  const { anna } = told
  const fred = told.admit(anna, 'admin')
  const zed = told.admit(anna)
  const invite = told.invite(anna, { role: 'admin' })
  told.meet(anna, fred, zed)
  const takers = [told.join(anna, invite), told.join(anna, invite)] as const
  const second = told.add(fred)
  told.hear(second, takers[0])
  told.does(second, rotate)
  told.does(fred, { type: 'set-role', member: fred.member, role: 'member' })
  const all = [anna, fred, second, ...takers]
  expect(stands(told, takers, ...all)).toEqual(['quarantined', 'quarantined'])
  told.hear(zed, second)
  told.does(zed, rotate)
  expect(stands(told, takers, ...all, zed)).toEqual(['in', 'quarantined'])
})

test('[ROS7] whoever has their role by a junior’s word settles nobody above that one', () => {
  const told = new Told('a role by a junior')
  const { anna } = told
  const rae = told.admit(anna, 'reader')
  const invite = told.invite(anna)
  const [cleo, ben] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, rae, cleo, ben)
  const takers = [told.join(anna, invite), told.join(anna, invite)] as const
  const sign = { type: 'countersign', purpose: 'recover', member: rae.member } as const
  const signs = [cleo, ben].map((one) => told.does(one, sign).id)
  told.meet(rae, cleo, ben)
  told.does(rae, { type: 'recover', member: rae.member, countersigns: signs })
  told.hear(rae, takers[0])
  told.does(rae, rotate)
  const all = [anna, rae, ...takers]
  expect(stands(told, takers, ...all)).toEqual(['quarantined', 'quarantined'])
  told.hear(anna, takers[0])
  told.does(anna, rotate)
  expect(stands(told, takers, ...all)).toEqual(['in', 'quarantined'])
})
