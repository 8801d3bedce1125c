import { expect, test } from 'vitest'
import { meet, people } from '../testing/people.ts'
import { closeInvitation, revokeInvitation, rotateEpoch } from './acts.ts'
import { isCapabilityExposed } from './knowing.ts'
import { removeMember } from './member-acts.ts'

test('[DTY9] whoever is out has the newest capability until there is another: a device, or a link that was taken back', async () => {
  const { anna, ben } = await people(31, 'anna', 'ben')
  await anna.creates()
  const renews = () =>
    anna.does((log, me, options) => rotateEpoch(log, me, { ...options, renewCapability: true }))
  const isExposed = () => isCapabilityExposed(anna.log)

  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  const [taken, over] = [await anna.invites(), await anna.invites()]
  await anna.does(rotateEpoch)
  expect(isExposed()).toBe(false)
  await anna.does((log, me, options) => closeInvitation(log, me, over.invite, options))
  expect(isExposed()).toBe(false)
  await anna.does((log, me, options) => revokeInvitation(log, me, taken.invite, options))
  expect(isExposed()).toBe(true)
  await renews()
  expect(isExposed()).toBe(false)

  await anna.does((log, me, options) => removeMember(log, me, ben.root.id, options))
  expect(isExposed()).toBe(true)
  await renews()
  expect(isExposed()).toBe(false)
})
