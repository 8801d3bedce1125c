import { expect, test } from 'vitest'
import { capabilities, capability } from '../epochs/sending.ts'
import { meet, people } from '../testing/people.ts'
import { rotateEpoch } from './acts.ts'
import { isCapabilityExposed } from './knowing.ts'
import { removeMember } from './member-acts.ts'

test('[EPO5] an admin who was removed brings no capability of their own into force, dated back', async () => {
  const { anna, ben, carl } = await people(91, 'anna', 'ben', 'carl')
  await anna.creates()
  await ben.joins(await anna.invites({ role: 'admin' }), anna.items)
  await anna.receives(...ben.items)
  await carl.joins(await anna.invites(), anna.items)
  await meet(anna, ben, carl)
  await anna.does((log, me, options) =>
    removeMember(log, me, ben.root.id, { ...options, renewCapability: true }),
  )
  // Ben has not heard of it, or does as if: twice, so that his is the newer one.
  for (let i = 0; i < 2; i++) {
    await ben.does((log, me, options) => rotateEpoch(log, me, { ...options, renewCapability: true }))
  }
  expect(capability(ben.log).generation).toBeGreaterThan(capability(anna.log).generation)
  await carl.receives(...anna.items, ...ben.items)
  await carl.does(rotateEpoch)
  expect(capability(carl.log)).toEqual(capability(anna.log))
  expect(capabilities(carl.log)[0]).toEqual(capability(anna.log))
  expect(isCapabilityExposed(carl.log)).toBe(false)
})
