import { expect, test } from 'vitest'
import type { Operation } from '../roster/operation.ts'
import { rotationOf } from '../roster/operation.ts'
import { Told, rootOf } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import { cutOf, cutsToName } from './cuts.ts'
import { entitledRecipients } from './recipients.ts'
import { findSafeEpochs } from './sending.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

/** Whether the epoch of this operation is safe in what these have heard. */
function isSafe(told: Told, operation: Operation, ...tellers: readonly Teller[]): boolean {
  const epoch = rotationOf(operation.body)?.epoch
  return findSafeEpochs({ state: told.roster(...tellers) }).some(({ id }) => id === epoch)
}

const holdersIn = (told: Told, ...tellers: readonly Teller[]) => [
  ...entitledRecipients(told.roster(...tellers)).holders,
]

test('[EPO6] an epoch is not safe whose author did not know of somebody who is out', () => {
  const told = new Told('unknown and out')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  told.meet(anna, ben)
  const epoch = told.does(anna, rotate)
  expect(isSafe(told, epoch, anna)).toBe(true)
  const eve = told.admit(ben)
  const removal = told.does(ben, told.removal(ben, eve))
  expect(isSafe(told, epoch, anna, ben)).toBe(false)
  expect(isSafe(told, removal, anna, ben)).toBe(true)
})

test('[EPO6] an epoch that somebody has who is out is never sent under, however deep it lies', () => {
  const told = new Told('deep and unsafe')
  const { anna } = told
  const [ben, eve] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, eve)
  const removal = told.does(anna, told.removal(anna, eve))
  const deep = [ben, eve, ben, eve].map((by) => {
    told.meet(ben, eve)
    return told.does(by, rotate)
  })
  const { epochs } = told.roster(anna, ben, eve)
  const [safe, ...others] = [removal, ...deep].map(({ body }) => rotationOf(body)?.epoch)
  const depthOf = (epoch = safe) => (epoch === undefined ? 0 : (epochs.get(epoch)?.depth ?? 0))
  expect(Math.max(...others.map(depthOf))).toBe(depthOf(safe) + 3)
  expect(findSafeEpochs({ state: told.roster(anna, ben, eve) }).map(({ id }) => id)).toEqual([safe])
})

test('[EPO6] nor one whose author did not know of a device that is out, or knew it was for another reason', () => {
  const told = new Told('devices out')
  const { anna } = told
  const ben = told.admit(anna)
  told.meet(anna, ben)
  const unaware = told.does(anna, rotate)
  const second = told.add(ben)
  const copied = told.copy(second)
  told.does(second, rotate)
  told.hear(ben, second)
  const removal = told.does(ben, told.drop(ben, second))
  expect(isSafe(told, unaware, anna, ben)).toBe(false)
  expect(isSafe(told, removal, anna, ben)).toBe(true)
  // It was copied, as it turns out: Ben knew nothing of that.
  told.does(copied, rotate)
  expect(told.roster(anna, ben, copied).devices.get(second.device)?.status).toBe('forked')
  expect(isSafe(told, removal, anna, ben, copied)).toBe(false)
})

test('[EPO6] nor one whose author did not know of somebody who waits in quarantine', () => {
  const told = new Told('unknown and waiting')
  const { anna } = told
  const [ben, dora] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, dora)
  const epoch = told.does(anna, rotate)
  const invite = told.invite(ben)
  told.hear(dora, ben)
  const carl = told.join(ben, invite)
  told.does(dora, { type: 'close-invite', invite })
  expect(told.statusOf(carl, anna, carl, dora)).toBe('quarantined')
  expect(isSafe(told, epoch, anna)).toBe(true)
  expect(isSafe(told, epoch, anna, carl, dora)).toBe(false)
})

test('[EPO6] nor one that was followed by one whose holders are not all entitled', () => {
  const told = new Told('descendants')
  const { anna } = told
  const first = told.does(anna, rotate)
  const invite = told.invite(anna)
  const last = told.does(anna, { type: 'revoke-invite', invite })
  expect([first, last].map((one) => isSafe(told, one, anna))).toEqual([false, true])
  // A link that is used up needs not have been known of: whoever held what came before holds that, too.
  const taken = told.invite(anna)
  const ben = told.join(anna, taken)
  expect(isSafe(told, last, anna)).toBe(true)
  expect(isSafe(told, last, anna, ben)).toBe(false)
})

test('[EPO4] [EPO6] nor one that was begun by what has lost its effect', () => {
  const told = new Told('fallen epochs')
  const { anna } = told
  const ben = told.admit(anna, 'moderator')
  const invite = told.invite(anna)
  told.meet(anna, ben)
  told.does(anna, { type: 'set-role', member: ben.member, role: 'member' })
  const revoked = told.does(ben, { type: 'revoke-invite', invite })
  expect(isSafe(told, revoked, ben)).toBe(true)
  told.does(anna, { type: 'revoke-invite', invite })
  expect(told.hasEffect(revoked, anna, ben)).toBe(false)
  expect(isSafe(told, revoked, anna, ben)).toBe(false)
})

test('[ROS15] a device that is out is given no keys, and no more than eight are', () => {
  const told = new Told('keys of devices')
  const { anna } = told
  const second = told.add(anna)
  expect(holdersIn(told, anna)).toContain(`device:${second.device}`)
  told.does(anna, told.drop(anna, second))
  expect(holdersIn(told, anna)).not.toContain(`device:${second.device}`)
  // Beside one another more can be added than are allowed.
  const apart = Array.from({ length: 10 }, () => {
    const one = told.copy(anna)
    const { device, kem, peer } = told.makeNewcomer('device')
    told.does(one, { type: 'add-device', device, kem, peer }, rootOf(anna))
    return one
  })
  const state = told.roster(...apart)
  expect([...state.devices.values()].filter(({ status }) => status === 'in')).toHaveLength(11)
  expect(holdersIn(told, ...apart).filter((holder) => holder.startsWith('device:'))).toHaveLength(8)
})

test('[EPO11] what was cut counts again while the device is in after all', () => {
  const told = new Told('cut and in')
  const { anna } = told
  const [ben, carl, dora] = [told.admit(anna, 'admin'), told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl, dora)
  told.does(ben, told.removal(ben, carl))
  told.hear(dora, ben)
  let cuts: unknown[] = []
  for (let i = 0; i < 20 && cuts.length === 0; i++) {
    const { body } = told.does(dora, rotate)
    cuts = rotationOf(body)?.cuts.filter(({ device }) => device === carl.device) ?? []
  }
  expect(cuts).not.toEqual([])
  told.does(anna, told.removal(anna, ben))
  const state = told.roster(anna, dora)
  const [space] = state.spaces.keys()
  if (space === undefined) throw new Error('there is a space')
  expect(state.members.get(carl.member)?.status).toBe('in')
  expect(state.cuts.has(carl.device)).toBe(true)
  expect(cutOf(state, carl.device, space)).toBeNull()
})

test('[EPO11] nothing is cut of somebody who waits in quarantine', () => {
  const told = new Told('cut and waiting')
  const { anna } = told
  const invite = told.invite(anna)
  const takers = [told.join(anna, invite), told.join(anna, invite)]
  told.hear(anna, ...takers)
  expect(takers.map((one) => told.statusOf(one, anna))).toEqual(['quarantined', 'quarantined'])
  expect(cutsToName(told.roster(anna), anna.member, () => null)).toEqual([])
})
