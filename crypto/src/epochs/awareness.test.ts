import { expect, test } from 'vitest'
import type { Operation, RosterBody } from '../roster/operation.ts'
import { rotationOf } from '../roster/operation.ts'
import { Told, rootOf } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import { findSafeEpochs } from './sending.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

/** Whether the epoch of this operation is safe in what these have heard. */
function isSafe(told: Told, operation: Operation, ...tellers: readonly Teller[]): boolean {
  const part = rotationOf(operation.body)
  if (part === null) return false
  return findSafeEpochs({ state: told.roster(...tellers) }, part.space).some(({ id }) => id === part.epoch)
}

/** Anna and an admin remove Dora, neither having heard of the other. */
function removedTwice(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const carl = told.admit(anna, 'admin')
  const dora = told.admit(anna)
  told.meet(anna, ben, carl, dora)
  const earlier = told.copy(carl)
  const first = told.does(carl, told.removal(carl, dora))
  const second = told.does(anna, told.removal(anna, dora))
  return { told, anna, ben, carl, earlier, dora, first, second }
}

test('[EPO6] an epoch is not safe whose author did not know of every removal: who undoes one may not know of the other', () => {
  const { told, anna, ben, carl, dora, first, second } = removedTwice('removed twice')
  expect(isSafe(told, first, carl)).toBe(true)
  expect(isSafe(told, first, carl, anna)).toBe(false)
  expect(isSafe(told, second, carl, anna)).toBe(false)
  // Ben removes Carl and has heard of no removal of Dora; and whoever hears of that and of Carl's leads her back.
  told.does(ben, told.removal(ben, carl))
  const other = told.copy(ben)
  told.hear(other, carl)
  expect(told.hasEffect(first, other)).toBe(false)
  expect(told.statusOf(dora, other)).toBe('in')
  // One rotation by somebody who has heard of both is enough.
  const eve = told.copy(anna)
  told.hear(eve, carl)
  const both = told.does(eve, rotate)
  expect(isSafe(told, both, eve)).toBe(true)
})

test('[EPO6] nor whose author did not know of every removal of a device', () => {
  const told = new Told('device removed twice')
  const { anna } = told
  const ben = told.admit(anna)
  const [second, third] = [told.add(ben), told.add(ben)]
  told.meet(anna, ben, second, third)
  const removal = told.does(ben, told.drop(ben, second))
  const other = told.does(third, told.drop(third, second))
  expect(isSafe(told, removal, ben)).toBe(true)
  expect([removal, other].map((one) => isSafe(told, one, ben, third))).toEqual([false, false])
  told.hear(ben, third)
  const both = told.does(ben, rotate)
  expect(isSafe(told, both, ben)).toBe(true)
})

test('[EPO6] [ROS16] nor whose author did not know of the leaving of whoever is removed: who undoes the removal may not know of it', () => {
  const told = new Told('left and removed')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const dora = told.admit(anna)
  told.meet(anna, ben, dora)
  const earlier = told.copy(dora)
  const removal = told.does(anna, told.removal(anna, dora))
  told.does(ben, told.removal(ben, dora))
  const leave = told.does(dora, { type: 'leave' })
  expect(isSafe(told, removal, anna)).toBe(true)
  expect(told.hasEffect(leave, anna, dora)).toBe(false)
  expect(isSafe(told, removal, anna, dora)).toBe(false)
  told.hear(anna, ben, dora)
  expect(told.roster(anna).members.get(dora.member)?.endedBy).toContain(leave.id)
  const all = told.does(anna, rotate)
  expect(isSafe(told, all, anna)).toBe(true)
  // And of that one is enough, however often they say it.
  const copies = sayAgain(told, earlier, () => ({ type: 'leave' }))
  expect(isSafe(told, all, anna, ...copies)).toBe(true)
})

test('[ROS16] whoever leaves is out, and nobody waits for them, also where nothing has let them in', () => {
  const told = new Told('left from nowhere')
  const { anna } = told
  const ben = told.admit(anna)
  told.meet(anna, ben)
  const early = told.copy(ben)
  told.does(anna, told.removal(anna, ben))
  const dora = told.admit(early)
  expect(told.statusOf(dora, anna, dora)).toBe('quarantined')
  const leave = told.does(dora, { type: 'leave' })
  const member = told.roster(anna, dora).members.get(dora.member)
  expect([member?.status, member?.endedBy]).toEqual(['out', [leave.id]])
})

/** Copies of a device that each say the same, from what it had heard before, under numbers of their own. */
function sayAgain(told: Told, before: Teller, body: (copy: Teller) => RosterBody, times = 3): Teller[] {
  return Array.from({ length: times }, (_, at) => {
    const copy = told.copy(before)
    for (let i = 0; i <= at; i++) told.does(copy, { type: 'rotate-kem', kem: told.random(40) })
    told.does(copy, body(copy))
    return copy
  })
}

test('[EPO6] of the removals by somebody who is out one is enough, however often they date others back', () => {
  const { told, anna, ben, carl, earlier, dora, second } = removedTwice('said again')
  told.does(carl, { type: 'leave' })
  told.hear(anna, carl)
  const epoch = told.does(anna, rotate)
  // By devices that he adds as of then, so that none of them is copied.
  const copies = [1, 2, 3].map(() => {
    const device = told.add(told.copy(earlier), rootOf(earlier))
    told.does(device, told.removal(device, dora))
    return device
  })
  // Ben has not heard that Carl left, so what he builds on stands.
  told.hear(ben, ...copies)
  told.does(ben, { type: 'rotate-kem', kem: told.random(40) })
  expect(told.roster(anna, ben).members.get(dora.member)?.endedBy).toHaveLength(5)
  expect(isSafe(told, epoch, anna, ben)).toBe(true)
  expect(isSafe(told, second, anna, ben)).toBe(false)
})

test('[EPO6] nor does who has left have epochs begun by leaving again and again', () => {
  const told = new Told('left again')
  const { anna } = told
  const ben = told.admit(anna)
  told.meet(anna, ben)
  const earlier = told.copy(ben)
  told.does(ben, { type: 'leave' })
  told.hear(anna, ben)
  const epoch = told.does(anna, rotate)
  const copies = sayAgain(told, earlier, () => ({ type: 'leave' }))
  expect(told.roster(anna, ...copies).members.get(ben.member)?.endedBy).toHaveLength(4)
  expect(isSafe(told, epoch, anna, ...copies)).toBe(true)
})

test('[EPO6] of the removals by a copied device one is enough, but none of its member besides', () => {
  const told = new Told('copied and said again')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const dora = told.admit(anna)
  told.meet(anna, ben, dora)
  const second = told.add(ben)
  told.hear(anna, second)
  const copies = sayAgain(told, second, (copy) => told.removal(copy, dora), 5)
  told.hear(anna, ...copies.slice(0, 2))
  const epoch = told.does(anna, rotate)
  const state = told.roster(anna, ...copies)
  expect(state.devices.get(second.device)?.status).toBe('forked')
  expect(state.members.get(dora.member)?.endedBy).toHaveLength(5)
  expect(isSafe(told, epoch, anna, ...copies)).toBe(true)
  told.does(ben, told.removal(ben, dora))
  expect(isSafe(told, epoch, anna, ...copies, ben)).toBe(false)
})

test('[EPO6] who waits by a link of somebody who left has no epochs begun by their leaving again and again', () => {
  const told = new Told('link of who left')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  told.meet(anna, ben)
  const invite = told.invite(ben)
  const carl = told.join(ben, invite)
  const earlier = told.copy(ben)
  told.does(ben, { type: 'leave' })
  told.hear(anna, ben, carl)
  expect(told.statusOf(carl, anna)).toBe('quarantined')
  const epoch = told.does(anna, rotate)
  expect(isSafe(told, epoch, anna)).toBe(true)
  const copies = sayAgain(told, earlier, () => ({ type: 'leave' }))
  const [copy] = copies
  if (copy === undefined) throw new Error('said again')
  // That the device was copied ends the link, too, and is so once.
  expect(told.statusOf(carl, anna, copy)).toBe('quarantined')
  told.hear(anna, copy)
  const next = told.does(anna, rotate)
  expect(isSafe(told, next, anna, ...copies)).toBe(true)
})

test('[EPO13] an epoch of a space is not safe whose author did not know of all that took somebody out of it', () => {
  const told = new Told('out of a space twice')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const dora = told.admit(anna)
  told.meet(anna, ben, dora)
  const space = told.space(anna, [ben, dora])
  told.meet(anna, ben, dora)
  const remove = { type: 'set-audience', space, add: [], remove: [dora.member] } as const
  const first = told.does(ben, remove)
  const second = told.does(anna, remove)
  expect(isSafe(told, first, ben)).toBe(true)
  expect([first, second].map((one) => isSafe(told, one, anna, ben))).toEqual([false, false])
  told.hear(anna, ben)
  const both = told.does(anna, { type: 'rotate-epoch', space })
  expect(isSafe(told, both, anna)).toBe(true)
})

test('[EPO13] of what somebody took out of a space says who is out one is enough', () => {
  const told = new Told('out of a space again')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const [dora, fay] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, dora, fay)
  const space = told.space(anna, [ben, dora])
  told.meet(anna, ben, dora, fay)
  const earlier = told.copy(ben)
  const remove = { type: 'set-audience', space, add: [], remove: [dora.member] } as const
  told.does(ben, remove)
  told.does(ben, { type: 'leave' })
  told.hear(anna, ben)
  const epoch = told.does(anna, { type: 'rotate-epoch', space })
  const copies = sayAgain(told, earlier, () => remove)
  // Fay has not heard that Ben left, so what she builds on stands.
  told.hear(fay, ...copies)
  told.does(fay, { type: 'rotate-kem', kem: told.random(40) })
  const places = told.roster(anna, fay).spaces.get(space)?.places
  expect(places?.get(dora.member)?.endedBy).toHaveLength(4)
  expect(isSafe(told, epoch, anna, fay)).toBe(true)
})
