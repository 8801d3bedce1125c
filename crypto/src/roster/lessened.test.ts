import { expect, test } from 'vitest'
import { isSameState } from '../testing/same-state.ts'
import { Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import type { Role } from './roles.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

/** The role of one in what these have heard, which has to be the same by any way. */
function roleOf(told: Told, { member }: Teller, ...tellers: readonly Teller[]): Role | undefined {
  const ids = tellers.flatMap(({ seen }) => [...seen])
  const whole = told.graph.foldWhole(ids)
  expect(isSameState(told.graph.stateAt(ids), whole)).toBe(true)
  return whole.members.get(member)?.role
}

/** Ava is made an owner, gives Yan a role, and is removed by Anna, who has not heard of that. */
function givenInVain(
  seed: string,
  { link, given, does }: { link: Role; given: Role; does: readonly Role[] },
) {
  const told = new Told(seed)
  const { anna } = told
  const [ava, yan, zed] = [told.admit(anna, 'admin'), told.admit(anna, link), told.admit(anna)]
  told.does(anna, { type: 'set-role', member: ava.member, role: 'owner' })
  told.meet(anna, ava, yan, zed)
  told.does(ava, { type: 'set-role', member: yan.member, role: given })
  told.hear(yan, ava)
  for (const role of does) told.does(yan, { type: 'set-role', member: yan.member, role })
  const before = roleOf(told, yan, ava, yan)
  told.does(anna, told.removal(anna, ava))
  return { told, anna, ava, yan, zed, before }
}

test.each([
  { link: 'reader', given: 'owner', does: ['admin'], left: 'reader' },
  { link: 'reader', given: 'owner', does: ['admin', 'moderator'], left: 'reader' },
  { link: 'moderator', given: 'owner', does: ['admin'], left: 'moderator' },
  { link: 'moderator', given: 'owner', does: ['admin', 'member'], left: 'member' },
] as const)(
  '[ROS6] [ROS17] whoever does with less than a role that was given in vain is what they were without it ($link, $given, $does)',
  ({ link, given, does, left }) => {
    const { told, anna, ava, yan, zed, before } = givenInVain(`lessened to ${left}`, { link, given, does })
    expect(before).toBe(does.at(-1))
    const all = [anna, ava, yan]
    expect(roleOf(told, yan, ...all)).toBe(left)
    const earlier = told.does(yan, { type: 'rotate-kem', kem: told.random(40) })
    expect(told.hasEffect(earlier, ...all)).toBe(true)
    if (before !== 'member') {
      const link = told.does(yan, told.invitation({ role: 'moderator' }))
      expect(told.hasEffect(link, yan)).toBe(true)
      expect(told.hasEffect(link, ...all)).toBe(false)
    }
    told.meet(...all, zed)
    expect(told.verdict(told.copy(yan), told.removal(yan, zed))).toBe('not-allowed')
  },
)

test('[ROS17] whoever did with less has that, and what the next one gives them', () => {
  const told = new Told('lessened, and given again')
  const { anna } = told
  const [ava, yan] = [told.admit(anna, 'admin'), told.admit(anna, 'reader')]
  told.meet(anna, ava, yan)
  const give = (by: Teller, role: Role) => told.does(by, { type: 'set-role', member: yan.member, role })
  give(ava, 'admin')
  told.hear(yan, ava)
  give(yan, 'moderator')
  give(yan, 'member')
  told.meet(anna, ava, yan)
  expect(roleOf(told, yan, anna)).toBe('member')
  expect(told.hasEffect(told.does(yan, told.invitation()), yan)).toBe(true)
  give(anna, 'moderator')
  told.hear(yan, anna)
  expect(roleOf(told, yan, yan)).toBe('moderator')
  // What Ava gave is nothing to that any more.
  const early = told.copy(ava)
  told.does(anna, told.removal(anna, ava))
  give(told.rootAdds(early), 'admin')
  told.hear(yan, anna)
  expect(roleOf(told, yan, yan)).toBe('moderator')
  expect(told.hasEffect(told.does(yan, told.invitation({ role: 'moderator' })), yan)).toBe(true)
})

test.each([null, 'moderator', 'admin'] as const)(
  '[ROS17] nobody is above what took their role by doing with less than was given in vain, nor by doing so again, dated back ($0)',
  (lesser) => {
    const told = new Told(`buried by ${lesser}`)
    const { anna } = told
    const [ben, yan] = [told.admit(anna, 'admin'), told.admit(anna, 'reader')]
    const set = (by: Teller, of: Teller, role: Role) =>
      told.does(by, { type: 'set-role', member: of.member, role })
    set(anna, ben, 'owner')
    set(anna, yan, 'owner')
    told.meet(anna, ben, yan)
    const early = told.copy(yan)
    set(anna, yan, 'reader')
    told.hear(ben, anna)
    set(ben, yan, 'owner')
    told.hear(yan, ben)
    set(yan, yan, 'admin')
    told.does(anna, told.removal(anna, ben))
    const back = told.rootAdds(early)
    if (lesser !== null) set(back, yan, lesser)
    told.meet(anna, ben, yan, back)
    expect(roleOf(told, yan, anna)).toBe('reader')
    expect(told.verdict(yan, told.invitation())).toBe('not-allowed')
  },
)

test('[ROS17] whoever does with less has no more than a lesser role that was given beside that', () => {
  for (const isGivenInVain of [false, true]) {
    const told = new Told(`lessened beside ${isGivenInVain}`)
    const { anna } = told
    const [ben, ava, yan] = [told.admit(anna, 'admin'), told.admit(anna, 'admin'), told.admit(anna, 'reader')]
    const set = (by: Teller, role: Role) => told.does(by, { type: 'set-role', member: yan.member, role })
    set(anna, 'admin')
    told.meet(anna, ben, ava, yan)
    set(ava, 'moderator')
    set(anna, 'reader')
    const other = told.copy(ben)
    told.hear(other, anna)
    told.hear(yan, anna)
    if (isGivenInVain) {
      set(other, 'admin')
      told.hear(yan, other)
      set(yan, 'moderator')
    }
    told.does(anna, told.removal(anna, ben))
    expect(roleOf(told, yan, anna, ava, other, yan)).toBe('reader')
  }
})

test('[ROS17] what knew of a lesser role that somebody did with gives them more, also beside a role that knew of neither', () => {
  const told = new Told('given again beside')
  const { anna } = told
  const [ava, yan] = [told.admit(anna, 'admin'), told.admit(anna, 'admin')]
  told.meet(anna, ava, yan)
  const give = (by: Teller, role: Role) => told.does(by, { type: 'set-role', member: yan.member, role })
  give(yan, 'reader')
  give(ava, 'moderator')
  told.hear(anna, yan)
  expect(roleOf(told, yan, anna, ava)).toBe('reader')
  give(anna, 'admin')
  expect(roleOf(told, yan, anna)).toBe('admin')
  expect(roleOf(told, yan, anna, ava)).toBe('moderator')
})

test('[ROS7] [ROS17] nobody decides who came first by a link by what they did with of a role that was given in vain', () => {
  const told = new Told('settled by what was lessened')
  const { anna } = told
  const [ava, yan, ben] = [told.admit(anna, 'admin'), told.admit(anna, 'reader'), told.admit(anna)]
  told.meet(anna, ava, yan, ben)
  const invite = told.invite(ben)
  told.meet(anna, ava, yan, ben)
  told.does(ava, { type: 'set-role', member: yan.member, role: 'admin' })
  told.hear(yan, ava)
  const takers = [told.join(ben, invite), told.join(ben, invite)] as const
  told.does(yan, { type: 'set-role', member: yan.member, role: 'moderator' })
  told.hear(yan, takers[0])
  told.does(yan, rotate)
  const stands = (...tellers: readonly Teller[]) => takers.map((one) => told.statusOf(one, ...tellers))
  expect(stands(yan, ...takers)).toEqual(['in', 'quarantined'])
  told.does(anna, told.removal(anna, ava))
  expect(stands(anna, yan, ...takers)).toEqual(['quarantined', 'quarantined'])
})
