import { beforeEach, expect, test } from 'vitest'
import { toHex } from '../bytes.ts'
import { safeEpoch } from '../epochs/sending.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { revokeInvitation, rotateEpoch } from './acts.ts'
import { retiredKemKeys } from './kem-keys.ts'
import { removeMember } from './member-acts.ts'

let anna: Person
let ben: Person
let carl: Person
let dora: Person

beforeEach(async () => {
  ;({ anna, ben, carl, dora } = await people(82, 'anna', 'ben', 'carl', 'dora'))
  await anna.creates()
  for (const one of [ben, carl]) {
    await one.joins(await anna.invites(), anna.items)
    await anna.receives(...one.items)
  }
  await meet(anna, ben, carl)
})

const retired = (by: Person, of = by) => retiredKemKeys(by.log, of.device.id).map(toHex)
const kemOf = (person: Person) =>
  toHex(person.log.state.devices.get(person.device.id)?.kem ?? new Uint8Array())

/** Somebody signs something on all that they know. */
const speaks = (person: Person) => person.does(rotateEpoch)

test('[KEM6] an epoch begun by somebody who missed two renewals opens with the half that they knew', async () => {
  await anna.renewsKem()
  await anna.renewsKem()
  await ben.receives(...anna.items)
  const { item } = await speaks(carl)
  const { badWraps } = await anna.receives(item)
  expect(badWraps).toEqual([])
  const theirs = safeEpoch(carl.log)
  expect(theirs).not.toBeNull()
  expect(anna.log.keyring.epochs.get(theirs!)?.secret).toEqual(carl.log.keyring.epochs.get(theirs!)?.secret)
})

test('[KEM7] a key is retired when the last operation of everybody else builds on its successor', async () => {
  const first = kemOf(anna)
  await anna.renewsKem()
  await meet(anna, ben, carl)
  // They know, but nothing that they signed says so.
  expect(retired(anna)).toEqual([])
  await speaks(ben)
  await meet(anna, ben, carl)
  expect(retired(anna)).toEqual([])
  await speaks(carl)
  await meet(anna, ben, carl)
  expect(retired(anna)).toEqual([first])
  expect([retired(ben, anna), retired(ben)]).toEqual([[first], []])
})

test('[KEM7] who is silent keeps alive what they knew and all that came after', async () => {
  const first = kemOf(anna)
  await anna.renewsKem()
  const second = kemOf(anna)
  await meet(anna, ben, carl)
  await speaks(carl)
  await anna.renewsKem()
  await meet(anna, ben, carl)
  await speaks(ben)
  await meet(anna, ben, carl)
  expect(retired(anna)).toEqual([first])
  // What Carl heard of later does not count before he says so: he may begin an epoch from in between.
  await speaks(carl)
  await meet(anna, ben, carl)
  expect(retired(anna)).toEqual([first, second])
})

test('[KEM7] who is out counts no more', async () => {
  const first = kemOf(anna)
  await anna.renewsKem()
  await meet(anna, ben)
  await speaks(ben)
  await meet(anna, ben)
  expect(retired(anna)).toEqual([])
  await anna.does((log, me, options) => removeMember(log, me, carl.root.id, options))
  expect(retired(anna)).toEqual([first])
})

test('[KEM7] an invitation that is open counts from where it was made', async () => {
  const first = kemOf(anna)
  const invitation = await anna.invites()
  await anna.renewsKem()
  await meet(anna, ben, carl)
  for (const one of [ben, carl]) await speaks(one)
  await meet(anna, ben, carl)
  expect(retired(anna)).toEqual([])
  const [id] = [...anna.log.state.invitations.values()].filter(({ status }) => status === 'open')
  const revoked = (person: Person) =>
    person.does((log, me, options) => revokeInvitation(log, me, id!.id, options))
  const before = anna.log
  const mailbox = [...anna.items]
  await revoked(anna)
  expect(retired(anna)).toEqual([first])

  anna.rewind(before)
  await dora.joins(invitation, mailbox)
  await anna.receives(...dora.items)
  // The join is on all that lay in the mailbox, the renewal too.
  expect(retired(anna)).toEqual([first])
})

test('[KEM7] somebody who never heard of the device keeps all of its keys alive', async () => {
  await dora.joins(await anna.invites(), anna.items)
  await meet(anna, dora)
  const first = kemOf(dora)
  await dora.renewsKem()
  await ben.receives(...anna.items, ...dora.items)
  await speaks(ben)
  await meet(anna, ben, dora)
  await speaks(anna)
  await meet(anna, ben, dora)
  expect(carl.log.state.devices.has(dora.device.id)).toBe(false)
  expect(retired(dora)).toEqual([])
  await meet(anna, carl)
  await speaks(carl)
  await meet(dora, carl)
  expect(retired(dora)).toEqual([first])
})

test('[KEM7] who waits in quarantine counts: in their own eyes they may be in', async () => {
  const invitation = await anna.invites()
  const mailbox = [...anna.items]
  const { erik } = await people(83, 'erik')
  for (const one of [dora, erik]) await one.joins(invitation, mailbox)
  await anna.receives(...dora.items, ...erik.items)
  const waiting = [dora, erik].filter(
    (one) => anna.log.state.members.get(one.root.id)?.status === 'quarantined',
  )
  expect(waiting).not.toEqual([])
  await speaks(anna)
  const first = kemOf(anna)
  await anna.renewsKem()
  await meet(anna, ben, carl)
  for (const one of [ben, carl]) await speaks(one)
  await meet(anna, ben, carl)
  expect(retired(anna)).toEqual([])
  for (const one of waiting)
    await anna.does((log, me, options) => removeMember(log, me, one.root.id, options))
  expect(retired(anna)).toEqual([first])
})
