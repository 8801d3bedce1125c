import type { MemberId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { actsFor } from './person-acts.ts'
import type { MayRemove, PersonView, Signing } from './person-view.ts'

const nothing = {
  mayConfirm: false,
  mayRemove: { kind: 'no', reason: 'not-in' } as MayRemove,
  roles: [] as PersonView['roles'],
  mayRecover: null,
  leaving: null,
}
const acts = (may: Partial<PersonView>) => actsFor({ ...nothing, ...may } as PersonView)

const carla = { id: 'c' as MemberId, name: 'Carla', me: false }
const signing = (signed: Partial<Signing>): Signing => ({
  needed: 3,
  signed: [carla],
  mine: false,
  counts: true,
  enough: false,
  ...signed,
})

test('who may do nothing is offered nothing', () => {
  expect(acts({})).toEqual([])
})

test('an admin is offered what admins do, the gentle before the hard', () => {
  expect(acts({ mayConfirm: true, roles: ['member'], mayRemove: { kind: 'alone' } })).toEqual([
    'confirm',
    'role',
    'remove',
  ])
  expect(acts({ leaving: 'last-admin', roles: ['member'] })).toEqual(['role', 'leave'])
})

test('a decision of several is signed until mine is the last signature, which carries it out', () => {
  const removal = (signed: Partial<Signing>) =>
    acts({ mayRemove: { kind: 'with-others', ...signing(signed) } })
  expect(removal({})).toEqual(['sign-removal'])
  expect(removal({ mine: true })).toEqual([])
  expect(removal({ counts: false })).toEqual([])
  expect(removal({ enough: true })).toEqual(['remove'])
  expect(removal({ enough: true, mine: true })).toEqual(['remove'])
  expect(acts({ mayRecover: signing({}) })).toEqual(['sign-recovery'])
  expect(acts({ mayRecover: signing({ enough: true }) })).toEqual(['recover'])
})
