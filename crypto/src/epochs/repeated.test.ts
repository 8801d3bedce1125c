import { expect, test } from 'vitest'
import type { EpochId } from '../ids.ts'
import { deriveControlKeyId } from '../key-schedule.ts'
import { complain, rewrap, rotateEpoch } from '../roster/acts.ts'
import type { CliqueLog } from '../roster/log.ts'
import { encodeEnvelope } from '../roster/operation-codec.ts'
import { forge, forgeRotation } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { changes, creates, four } from '../testing/space-people.ts'
import { decodeItem, encodeItem, sealEnvelope } from './control-item.ts'
import type { RotationPart } from './rotation.ts'
import { safeEpoch } from './sending.ts'

/** An epoch that has the same id as one that `person` did not know in `before`: what it commits to is no secret. */
async function repeats(person: Person, before: CliqueLog, epoch: EpochId): Promise<Uint8Array> {
  const known = person.log
  const info = known.state.epochs.get(epoch)
  if (info === undefined) throw new Error('there is an epoch to repeat')
  const { commitments, space } = info
  person.rewind(before)
  const parts: RotationPart[] = []
  const repeated = await forgeRotation(person, () => ({ commitments, epoch }), {
    ...(space === null ? {} : { space }),
    body: (rotation) => {
      parts.push(rotation)
      return { type: 'rotate-epoch', space, rotation }
    },
  })
  const [rotation] = parts
  const { handout, keyId } = decodeItem(repeated)
  // Of the clique's it is sealed under the control key of the epoch, which everybody comes by in the end.
  const controlKey = known.keyring.epochs.get(epoch)?.controlKey
  if (rotation === undefined || handout === null) throw new Error('it is a rotation')
  if (space === null && controlKey == null) throw new Error('everybody has the control keys')
  const operation = await forge(person, { type: 'rotate-epoch', space, rotation })
  person.rewind(known)
  if (space !== null || controlKey == null) return repeated
  expect(keyId).toBe(deriveControlKeyId(epoch))
  const envelope = encodeEnvelope(operation)
  return encodeItem(sealEnvelope({ keyId, handout }, controlKey, envelope, person.random))
}

test('[EPO2] [EPO13] whoever is out of a space is not given a key of it for repeating what it commits to', async () => {
  const { anna, ben, carl, dora } = await four(9)
  const space = await creates(carl, 'Plans', ben, dora)
  await meet(anna, ben, carl, dora)
  const before = dora.log
  const own = safeEpoch(dora.log, space)
  await changes(carl, space, { remove: [dora] })
  await meet(anna, ben, carl, dora)
  const epoch = safeEpoch(carl.log, space)
  if (epoch === null || own === null) throw new Error('there is a safe epoch')
  const item = await repeats(dora, before, epoch)
  for (const person of [dora, carl, ben]) await person.receives(item)
  expect(carl.log.state.epochs.get(epoch)?.holders).toContain(`device:${dora.device.id}`)

  const asked = await dora.does((log, me, options) => complain(log, me, epoch, options))
  await carl.receives(asked.item)
  await expect(
    carl.does((log, me, options) => rewrap(log, me, asked.operation.id, options)),
  ).rejects.toMatchObject({ code: 'not-allowed' })
  // Nor of what was for her, as long as she is out.
  const late = await dora.does((log, me, options) => complain(log, me, own, options))
  await carl.receives(late.item)
  await expect(
    carl.does((log, me, options) => rewrap(log, me, late.operation.id, options)),
  ).rejects.toMatchObject({ code: 'not-allowed' })
  // Nor once she is in again, of what was not for her.
  await changes(ben, space, { add: [dora] })
  await meet(ben, carl, dora)
  await expect(
    carl.does((log, me, options) => rewrap(log, me, asked.operation.id, options)),
  ).rejects.toMatchObject({ code: 'not-allowed' })
})

test('[EPO2] [EPO7] under since-join nobody comes by an epoch beside their join by repeating what it commits to', async () => {
  const { anna, ben, carl } = await people(107, 'anna', 'ben', 'carl')
  await anna.creates({ history: 'since-join' })
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  await anna.does(rotateEpoch)
  await meet(anna, ben)
  const invitation = await anna.invites()
  const items = [...anna.items]
  // Ben has not heard of the invitation: what he begins is not for whoever takes it.
  const { log } = ben
  await ben.does(rotateEpoch)
  const epoch = safeEpoch(ben.log)
  if (epoch === null) throw new Error('there is a safe epoch')
  expect(log.state.epochs.has(epoch)).toBe(false)
  await carl.joins(invitation, items)
  const before = carl.log
  await meet(anna, ben, carl)
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl)
  expect(carl.log.state.epochs.has(epoch)).toBe(true)
  const secretOf = () => carl.log.keyring.epochs.get(epoch)?.contentRoot ?? null
  expect(secretOf()).toBe(null)

  const item = await repeats(carl, before, epoch)
  for (const person of [carl, anna, ben]) await person.receives(item)
  expect(anna.log.state.epochs.get(epoch)?.holders).toContain(`device:${carl.device.id}`)
  const asked = await carl.does((current, me, options) => complain(current, me, epoch, options))
  await anna.receives(asked.item)
  await expect(
    anna.does((current, me, options) => rewrap(current, me, asked.operation.id, options)),
  ).rejects.toMatchObject({ code: 'not-allowed' })
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl)
  expect(secretOf()).toBe(null)
})
