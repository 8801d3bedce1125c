import { expect, test } from 'vitest'
import { isSameState } from '../testing/same-state.ts'
import { rootOf, Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

const leave = { type: 'leave' } as const
const rotate = { type: 'rotate-epoch', space: null } as const
const deviceStatus = (told: Told, whom: Teller, ...tellers: readonly Teller[]) =>
  told.roster(...tellers).devices.get(whom.device)?.status

/** Dora with two devices, by a link of Carl's which somebody's app closes beside that. */
function closedBeside(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const carl = told.admit(anna, 'admin')
  const invite = told.invite(carl)
  told.hear(anna, carl)
  const dora = told.join(carl, invite)
  const phone = told.add(dora)
  told.hear(dora, phone)
  told.does(anna, { type: 'close-invite', invite })
  expect(told.statusOf(dora, anna, dora)).toBe('quarantined')
  return { told, anna, dora, phone }
}

test('[ROS16] whoever leaves while they wait is out, and nobody confirms them any more', () => {
  const { told, anna, dora } = closedBeside('left while they wait')
  told.does(dora, leave)
  told.hear(anna, dora)
  expect(told.statusOf(dora, anna)).toBe('out')
  expect(told.verdict(anna, { type: 'confirm', member: dora.member })).toBe('member-not-quarantined')
})

test('[ROS16] whoever leaves beside being confirmed is out', () => {
  const { told, anna, dora } = closedBeside('left beside being confirmed')
  told.hear(anna, dora)
  told.does(anna, { type: 'confirm', member: dora.member })
  told.does(dora, leave)
  expect(told.statusOf(dora, anna, dora)).toBe('out')
})

test.each(['root', 'sibling'] as const)(
  '[ROS15] a device is out that its member’s %s removes, beside or before their being confirmed',
  (by) => {
    for (const isBeside of [true, false]) {
      const { told, anna, dora, phone } = closedBeside(`dropped by a ${by}, ${isBeside}`)
      const known = told.copy(dora)
      const lost = by === 'root' ? dora : phone
      if (by === 'root') told.does(dora, told.drop(dora, dora), rootOf(dora))
      else told.does(dora, told.drop(dora, phone))
      told.hear(anna, isBeside ? known : dora)
      told.does(anna, { type: 'confirm', member: dora.member })
      expect(told.statusOf(dora, anna, dora)).toBe('in')
      expect(deviceStatus(told, lost, anna, dora)).toBe('out')
      const seen = [...anna.seen, ...dora.seen]
      expect(isSameState(told.graph.stateAt(seen), told.graph.foldWhole(seen))).toBe(true)
    }
  },
)

test('[ROS16] [ROS15] what somebody says of themselves outlasts the confirmation that it rests on', () => {
  for (const by of ['themselves', 'root', 'sibling'] as const) {
    const { told, anna, dora } = closedBeside(`a confirmation that falls, ${by}`)
    const ben = told.admit(anna, 'admin')
    told.hear(ben, anna, dora)
    told.hear(anna, dora)
    told.does(ben, { type: 'confirm', member: dora.member })
    told.hear(dora, ben)
    const laptop = told.add(dora)
    if (by === 'themselves') told.does(dora, leave)
    else if (by === 'root') told.does(dora, told.drop(dora, dora), rootOf(dora))
    else told.does(laptop, told.drop(laptop, dora))
    told.does(anna, { type: 'confirm', member: dora.member })
    told.does(anna, { type: 'set-role', member: ben.member, role: 'member' })
    expect(told.statusOf(dora, anna, dora, laptop)).toBe(by === 'themselves' ? 'out' : 'in')
    expect(deviceStatus(told, dora, anna, dora, laptop)).toBe(by === 'themselves' ? 'in' : 'out')
  }
})

test('[ROS21] whoever leaves a space is out of it, also where somebody else had put them in beside that', () => {
  const told = new Told('left a space')
  const { anna } = told
  const [ben, dora] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.hear(anna, dora)
  const space = told.space(anna, [ben])
  told.hear(ben, anna)
  const change = { type: 'set-audience', space, add: [], remove: [] } as const
  told.does(ben, { ...change, add: [dora.member] })
  told.hear(dora, ben)
  told.does(anna, { ...change, add: [dora.member] })
  told.does(dora, { ...change, remove: [dora.member] })
  told.does(anna, { ...change, remove: [ben.member] })
  const isIn = (...tellers: readonly Teller[]) => {
    const { audience } = told.roster(...tellers).spaces.get(space) ?? {}
    return typeof audience === 'object' && audience.has(dora.member)
  }
  expect([isIn(anna), isIn(anna, dora)]).toEqual([true, false])
  const seen = [...anna.seen, ...dora.seen]
  expect(isSameState(told.graph.stateAt(seen), told.graph.foldWhole(seen))).toBe(true)
})

test('[ROS15] [ROS8] neither a lost device nor one that a copied key adds takes out another one of its member', () => {
  for (const isLost of [true, false]) {
    const told = new Told(`no word of theirs, ${isLost}`)
    const { anna } = told
    const dora = told.admit(anna)
    const phone = told.add(dora)
    told.hear(dora, phone)
    const thief = told.copy(dora)
    if (isLost) told.does(dora, told.drop(dora, dora), rootOf(dora))
    else told.does(dora, rotate)
    const device = isLost ? thief : told.add(thief)
    const drop = told.does(device, told.drop(device, phone))
    expect(deviceStatus(told, phone, device)).toBe('out')
    expect(told.hasEffect(drop, dora, device)).toBe(false)
    expect(deviceStatus(told, phone, dora, device)).toBe('in')
  }
})

test('[ROS21] leaving a space says nothing beside being taken out of it by a senior', () => {
  const told = new Told('left and taken out')
  const { anna } = told
  const dora = told.admit(anna)
  const space = told.space(anna, [dora])
  told.hear(dora, anna)
  const change = { type: 'set-audience', space, add: [], remove: [dora.member] } as const
  const end = told.does(anna, change)
  told.does(dora, change)
  const { places } = told.roster(anna, dora).spaces.get(space) ?? {}
  expect(places?.get(dora.member)?.endedBy).toEqual([end.id])
})

test('[ROS15] [ROS21] a lost device says nothing of the others, nor of a space, also where something else had let them in', () => {
  for (const isOfSpace of [true, false]) {
    const { told, anna, dora, phone } = closedBeside(`a lost one, and a confirmation, ${isOfSpace}`)
    told.hear(anna, dora)
    const thief = told.copy(phone)
    told.does(dora, told.drop(dora, phone), rootOf(dora))
    told.hear(anna, dora)
    told.does(anna, { type: 'confirm', member: dora.member })
    told.hear(dora, anna)
    const space = told.space(anna, [dora])
    told.does(thief, told.drop(thief, dora))
    expect(deviceStatus(told, dora, anna, thief)).toBe('in')
    expect(told.roster(anna, thief).spaces.get(space)?.places.get(dora.member)?.endedBy).toEqual([])
  }
})
