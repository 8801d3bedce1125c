import { complain, rotationOf } from '@clique/crypto'
import type { SpaceId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { hashRecipientKey, wrapTag } from '../../../crypto/src/epochs/recipients.ts'
import { forgeRotation } from '../../../crypto/src/testing/forge.ts'
import { meet } from '../../../crypto/src/testing/people.ts'
import type { Person } from '../../../crypto/src/testing/people.ts'
import { creates, four } from '../../../crypto/src/testing/space-people.ts'
import { findUnserved } from './complaints.ts'

/** A rotation of somebody whose wrap to one device does not open, and what that device says of it. */
async function wrapsBadly(author: Person, victim: Person, space?: SpaceId): Promise<void> {
  const item = await forgeRotation(author, () => ({}), {
    ...(space === undefined ? {} : { space }),
    wraps: (wraps, epoch) => {
      const tag = wrapTag(epoch, hashRecipientKey(victim.device.kem.publicKey)).join()
      return wraps.map((one) => (one.tag.join() === tag ? { ...one, wrapped: new Uint8Array(1168) } : one))
    },
  })
  const { badWraps } = await victim.receives(item)
  const [epoch] = badWraps
  if (epoch === undefined) throw new Error('the wrap does not open')
  await author.receives(item)
  author.items.push(item)
  await victim.does((log, me, options) => complain(log, me, epoch, options))
}

test('[DTY5] the next epoch of the clique is begun for a complaint about one of the clique, and never for one of a space', async () => {
  const { anna, ben, carl, dora } = await four(101)
  const space = await creates(carl, 'Plans', dora)
  await meet(anna, ben, carl, dora)
  await wrapsBadly(carl, dora, space)
  await meet(anna, ben, carl, dora)
  expect(anna.log.state.complaints.size).toBe(1)
  expect(findUnserved(anna.log, anna.root.id)).toEqual([])

  await wrapsBadly(carl, dora)
  await meet(anna, ben, carl, dora)
  expect(anna.log.state.complaints.size).toBe(2)
  expect(findUnserved(anna.log, anna.root.id)).toEqual([dora.device.id])
  expect(findUnserved(carl.log, carl.root.id)).toEqual([])
  expect(
    [...anna.log.operations.values()].filter(({ body }) => rotationOf(body)?.space === space),
  ).toHaveLength(2)
})
