import { expect, test } from 'vitest'
import type { Operation } from '../roster/operation.ts'
import { rotationOf } from '../roster/operation.ts'
import { Told, rootOf } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import { findSafeEpochs } from './sending.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

function isSafe(told: Told, operation: Operation, ...tellers: readonly Teller[]): boolean {
  const part = rotationOf(operation.body)
  if (part === null) return false
  return findSafeEpochs({ state: told.roster(...tellers) }, part.space).some(({ id }) => id === part.epoch)
}

test.each(['revoke-invite', 'close-invite'] as const)(
  '[EPO6] an epoch is not safe whose author had not heard of a link that has ended: %s',
  (type) => {
    const told = new Told(`a link unheard of, ${type}`)
    const { anna } = told
    const zed = told.admit(anna)
    told.meet(anna, zed)
    const invite = told.invite(anna)
    const epoch = told.does(zed, rotate)
    expect(isSafe(told, epoch, zed, anna)).toBe(true)
    told.does(anna, { type, invite })
    expect(isSafe(told, epoch, zed)).toBe(true)
    // Whoever knows the link and not its end gives it all that this epoch opens.
    expect(isSafe(told, epoch, zed, anna)).toBe(false)
    told.hear(zed, anna)
    expect(isSafe(told, told.does(zed, rotate), zed)).toBe(true)
  },
)

test('[EPO6] nor whose author had not heard that whoever let somebody in had lost the role for it', () => {
  const told = new Told('confirmed by who was no admin')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const zed = told.admit(anna)
  const invite = told.invite(anna)
  const [dora, other] = [told.join(anna, invite), told.join(anna, invite)]
  told.hear(anna, dora, other)
  told.meet(anna, ben, zed)
  told.does(ben, { type: 'confirm', member: dora.member })
  told.does(anna, { type: 'set-role', member: ben.member, role: 'member' })
  const epoch = told.does(zed, rotate)
  // As long as nobody is in by it, nothing is asked.
  expect(isSafe(told, epoch, zed, anna)).toBe(true)
  expect(told.statusOf(dora, zed, anna, ben)).toBe('quarantined')
  expect(isSafe(told, epoch, zed, anna, ben)).toBe(false)
  const aware = told.does(anna, rotate)
  expect(isSafe(told, aware, zed, anna, ben)).toBe(true)
  // Also where they have the role again since.
  told.does(anna, { type: 'set-role', member: ben.member, role: 'admin' })
  expect(isSafe(told, epoch, zed, anna, ben)).toBe(false)
})

test('[EPO13] nor one of a space, whether its author lost the role or the place for it', () => {
  for (const isRole of [true, false]) {
    const told = new Told(`put in by who might not, ${isRole}`)
    const { anna } = told
    const ben = told.admit(anna, 'admin')
    const [zed, dora] = [told.admit(anna), told.admit(anna)]
    told.meet(anna, ben, zed, dora)
    const space = told.space(anna, [ben, zed])
    told.meet(anna, ben, zed, dora)
    told.does(ben, { type: 'set-audience', space, add: [dora.member], remove: [] })
    const place = { type: 'set-audience', space, add: [], remove: [] } as const
    if (isRole) told.does(anna, { type: 'set-role', member: ben.member, role: 'member' })
    else {
      told.does(anna, { ...place, remove: [ben.member] })
      told.does(anna, { ...place, add: [ben.member] })
    }
    const epoch = told.does(zed, { type: 'rotate-epoch', space })
    const audience = told.roster(zed, anna, ben).spaces.get(space)?.audience
    expect(audience === 'everyone' || audience?.has(dora.member)).toBe(false)
    expect(isSafe(told, epoch, zed, anna, ben)).toBe(false)
    told.hear(anna, ben, zed)
    expect(isSafe(told, told.does(anna, { type: 'rotate-epoch', space }), anna)).toBe(true)
  }
})

test('[EPO6] nor whose author had not heard of all that ended the device that had added one', () => {
  const told = new Told('added by who was copied and dropped')
  const { anna } = told
  const [ben, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, zed)
  const [early, thief] = [told.copy(ben), told.copy(ben)]
  told.does(ben, rotate)
  const added = told.add(thief)
  told.hear(zed, ben, added)
  const epoch = told.does(zed, rotate)
  const statusIn = (...tellers: readonly Teller[]) =>
    told.roster(...tellers).devices.get(added.device)?.status
  expect([statusIn(zed), isSafe(told, epoch, zed)]).toEqual(['out', true])
  told.does(early, told.drop(early, ben), rootOf(ben))
  expect([statusIn(zed, early), isSafe(told, epoch, zed, early)]).toEqual(['out', false])
  told.hear(zed, early)
  expect(isSafe(told, told.does(zed, rotate), zed)).toBe(true)
})

test('[EPO6] whoever comes by what had ended asks for no epoch, by coming or by leaving', () => {
  for (const ending of ['revoked', 'maker removed'] as const) {
    const told = new Told(`by what had ended, ${ending}`)
    const { anna } = told
    const ben = told.admit(anna)
    told.hear(ben, anna)
    const maker = told.copy(ending === 'revoked' ? anna : ben)
    const invite = told.invite(ending === 'revoked' ? anna : maker)
    if (ending === 'revoked') {
      told.hear(maker, anna)
      told.does(anna, { type: 'revoke-invite', invite })
    } else told.does(anna, told.removal(anna, ben))
    const epoch = told.does(anna, rotate)
    const taker = told.join(maker, invite)
    expect(isSafe(told, epoch, anna, taker)).toBe(true)
    told.does(taker, { type: 'leave' })
    expect(isSafe(told, epoch, anna, taker)).toBe(true)
  }
})

test('[EPO13] an epoch of a space is not safe that has not heard of what took somebody out, also where that had not been put in', () => {
  const told = new Told('taken out where nothing counted')
  const { anna } = told
  const [eve, ben, carl] = [told.admit(anna, 'admin'), told.admit(anna, 'admin'), told.admit(anna, 'admin')]
  const dora = told.admit(anna)
  told.meet(anna, eve, ben, carl, dora)
  const space = told.space(anna, [eve, ben, carl])
  told.meet(anna, eve, ben, carl)
  const change = { type: 'set-audience', space, add: [], remove: [] } as const
  told.does(ben, { ...change, add: [dora.member] })
  told.hear(eve, ben)
  told.does(eve, { ...change, remove: [dora.member] })
  // Takes the effect of Ben's addition, and Carl's is beside the end.
  told.does(anna, { ...change, remove: [ben.member] })
  told.hear(carl, anna)
  told.does(carl, { ...change, add: [dora.member] })
  const epoch = told.does(anna, { type: 'rotate-epoch', space })
  expect(isSafe(told, epoch, anna)).toBe(true)
  expect(isSafe(told, epoch, anna, carl, eve)).toBe(false)
})

test('[EPO6] what a majority signed is a word of its own, whoever speaks it', () => {
  const told = new Told('removed by one, alone and with others')
  const { anna } = told
  const invite = told.invite(anna, { role: 'admin' })
  const [carl, other] = [told.join(anna, invite), told.join(anna, invite)]
  told.hear(anna, carl, other)
  const [hal, dora] = [told.admit(anna, 'admin'), told.admit(anna, 'admin')]
  const zed = told.admit(anna)
  told.meet(anna, dora, hal, zed, carl)
  const before = told.copy(anna)
  told.does(hal, { type: 'confirm', member: carl.member })
  told.meet(carl, hal, zed, dora)
  told.does(dora, rotate)
  told.meet(carl, hal, zed, dora)
  const phone = told.add(carl)
  told.does(carl, told.removal(carl, dora))
  told.hear(zed, carl)
  const epoch = told.does(zed, rotate)
  expect(isSafe(told, epoch, zed)).toBe(true)
  const signed = told.does(hal, { type: 'countersign', purpose: 'remove', member: dora.member })
  told.hear(phone, hal)
  told.does(phone, told.removal(phone, dora, [signed.id]))
  // Anna takes Hal out, who had confirmed Carl: what he said alone falls, and what both signed stands.
  told.does(before, told.removal(before, hal))
  expect([told.statusOf(dora, before, zed), told.statusOf(dora, before, phone)]).toEqual(['in', 'out'])
  expect(isSafe(told, epoch, zed, phone)).toBe(false)
})
