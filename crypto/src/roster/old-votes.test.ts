import { expect, test } from 'vitest'
import { rootOf, Told, voiceOf } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

/** Another device of somebody, added to what was known `early`; by the root, or by their device as it was. */
function deviceAt(told: Told, early: Teller, by: 'root' | 'device'): Teller {
  const { device, kem, peer } = told.makeNewcomer('device')
  const added = { ...early, device }
  const author = by === 'root' ? rootOf(early) : voiceOf(early)
  told.does(added, { type: 'add-device', device, kem, peer }, author)
  return added
}

/** Ben and Carl were two of three once, and have gone on with everybody since. */
function grown(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const [ben, carl] = [told.admit(anna), told.admit(anna)]
  told.does(anna, rotate)
  told.meet(anna, ben, carl)
  const early = { ben: told.copy(ben), carl: told.copy(carl) }
  const others = [told.admit(anna), told.admit(anna), told.admit(anna)]
  for (const one of [ben, carl]) {
    told.hear(one, anna)
    told.does(one, rotate)
    told.hear(anna, one)
  }
  return { told, anna, ben, carl, others, early }
}

test('[ROS13] a majority of long ago is not one by devices that roots add to what was known then', () => {
  const { told, anna, early } = grown('roots of long ago')
  const [ben, carl] = [deviceAt(told, early.ben, 'root'), deviceAt(told, early.carl, 'root')]
  for (const one of [ben, carl]) told.does(anna, told.removal(anna, one))
  const { id } = told.does(carl, { type: 'countersign', purpose: 'remove', member: anna.member })
  told.hear(ben, carl)
  expect(told.verdict(ben, told.removal(ben, anna, [id]))).toBe('not-allowed')
})

test('[ROS18] nor does a recovery of long ago take signatures of such devices', () => {
  const { told, anna, ben, early } = grown('recovered long ago')
  const [one, other] = [deviceAt(told, early.ben, 'root'), deviceAt(told, early.carl, 'root')]
  const recovery = { type: 'countersign', purpose: 'recover', member: ben.member } as const
  const { id } = told.does(other, recovery)
  told.hear(one, other)
  const body = { type: 'recover', member: ben.member, countersigns: [id] } as const
  expect(told.verdict(one, body)).toBe('not-allowed')
  expect(told.roster(anna, one).members.get(ben.member)?.role).toBe('member')
})

test('[ROS12] a device that a copied key adds makes no removal strong', () => {
  const { told, anna, others, early } = grown('copies add devices')
  const [ben, carl] = [deviceAt(told, early.ben, 'device'), deviceAt(told, early.carl, 'device')]
  const { id } = told.does(carl, { type: 'countersign', purpose: 'remove', member: anna.member })
  told.hear(ben, carl)
  told.does(ben, told.removal(ben, anna, [id]))
  // As with the copied keys themselves: it ends a membership, and takes nothing back.
  expect(told.statusOf(anna, anna, ben)).toBe('out')
  expect(others.map((one) => told.statusOf(one, anna, ben))).toEqual(['in', 'in', 'in'])
})

test('[ROS13] who has got another device since votes by that one, where the one before has added it', () => {
  const { told, anna, ben, carl, others } = grown('new devices')
  for (const one of [ben, carl, ...others]) told.hear(one, anna)
  const [one, another] = [told.add(ben), told.add(carl)]
  const third = others[0] === undefined ? another : told.add(others[0])
  const body = { type: 'countersign', purpose: 'remove', member: anna.member } as const
  const signed = [another, third].map((by) => told.does(by, body).id)
  const fourth = others[1] === undefined ? [] : [told.does(others[1], body).id]
  told.hear(one, another, third, ...others)
  told.does(one, told.removal(one, anna, [...signed, ...fourth].toSorted()))
  expect(told.statusOf(anna, anna, one)).toBe('out')
})
