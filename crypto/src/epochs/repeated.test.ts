import { expect, test } from 'vitest'
import type { EpochId } from '../ids.ts'
import { openInvitationPackage } from '../invitations/invitation-package.ts'
import { deriveControlKeyId, deriveEpochKeys, epochIdOf } from '../key-schedule.ts'
import { complain, rewrap, rotateEpoch } from '../roster/acts.ts'
import type { CliqueLog } from '../roster/log.ts'
import { rotationOf } from '../roster/operation.ts'
import { restoreLog } from '../roster/receive.ts'
import { encodeEnvelope } from '../roster/operation-codec.ts'
import { epochSignerOf, forge, forgeRotation } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { changes, creates, four } from '../testing/space-people.ts'
import { decodeItem, encodeItem, openEnvelope, sealEnvelope } from './control-item.ts'
import { emptyKeyring, KeyringDraft } from './keyring.ts'
import { hashRecipientKey } from './recipients.ts'
import type { RotationPart } from './rotation.ts'
import { safeEpoch } from './sending.ts'
import { makeWraps, openWraps } from './wraps.ts'

/**
 * An epoch that has the same id as one that `person` did not know in `before`: what it commits to is no secret. `holder`
 * makes the epoch's key sign it.
 */
async function repeats(
  person: Person,
  before: CliqueLog,
  epoch: EpochId,
  holder: Person | null,
): Promise<Uint8Array> {
  const known = person.log
  const info = known.state.epochs.get(epoch)
  if (info === undefined) throw new Error('there is an epoch to repeat')
  const { space } = info
  const begun = known.operations.get(info.operation)
  const part = begun === undefined ? null : rotationOf(begun.body)
  if (part === null) throw new Error('an operation began it')
  const { commitments, recipientCount, recipientsHash } = part
  person.rewind(before)
  const parts: RotationPart[] = []
  const epochSigner = holder === null ? person.device.signer : epochSignerOf(holder.log, epoch)
  const repeated = await forgeRotation(
    person,
    ({ archive }) => ({
      commitments,
      epoch,
      recipientCount,
      recipientsHash,
      archive: { ...archive, id: part.archive.id, entries: [] },
    }),
    {
      epochSigner,
      ...(space === null ? {} : { space }),
      body: (rotation) => {
        parts.push(rotation)
        return { type: 'rotate-epoch', space, rotation }
      },
    },
  )
  const [rotation] = parts
  const { handout, keyId } = decodeItem(repeated)
  // Of the clique's it is sealed under the control key of the epoch, which everybody comes by in the end.
  const controlKey = known.keyring.epochs.get(epoch)?.controlKey
  if (rotation === undefined || handout === null) throw new Error('it is a rotation')
  if (space === null && controlKey == null) throw new Error('everybody has the control keys')
  const signers = [person.device.signer, epochSigner]
  const operation = await forge(person, { type: 'rotate-epoch', space, rotation }, {}, signers)
  person.rewind(known)
  if (space !== null || controlKey == null) return repeated
  expect(keyId).toBe(deriveControlKeyId(epoch))
  const envelope = encodeEnvelope(operation)
  return encodeItem(sealEnvelope({ keyId, handout }, controlKey, envelope, person.random))
}

test('[EPO15] nobody repeats an epoch whose key they do not hold, of a space or of the clique, and taints it', async () => {
  const { anna, ben, carl, dora } = await four(11)
  const space = await creates(carl, 'Plans', ben, dora)
  await meet(anna, ben, carl, dora)
  const before = dora.log
  await changes(carl, space, { remove: [dora] })
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  await changes(ben, space, { add: [anna] })
  await meet(anna, ben, carl, dora)
  for (const owner of [space, anna.conversation]) {
    const epoch = safeEpoch(carl.log, owner)
    if (epoch === null) throw new Error('there is a safe epoch')
    const { hash } = carl.log.state
    for (let i = 0; i < 2; i++) {
      const item = await repeats(dora, before, epoch, null)
      for (const person of [carl, ben]) {
        const { accepted, refused } = await person.receives(item)
        expect([accepted, refused.map(({ code }) => code)]).toEqual([[], ['operation-signature']])
      }
    }
    expect(carl.log.state.hash).toBe(hash)
    expect([carl, ben].map(({ log }) => safeEpoch(log, owner))).toEqual([epoch, epoch])
  }
})

test('[EPO15] [EPO2] a secret whose signing key is not that of the epoch opens no wrap, and is not kept', async () => {
  const { anna } = await people(12, 'anna')
  const secret = anna.random(32)
  const terms = anna.random(32)
  const { commitments, epoch } = deriveEpochKeys(secret, terms)
  const { kem } = anna.device
  const opened = async (id: EpochId) => {
    const recipient = { publicKey: kem.publicKey, keyHash: hashRecipientKey(kem.publicKey) }
    const wraps = await makeWraps(id, secret, [recipient])
    const { kind } = await openWraps({ epoch: id, terms, space: null }, wraps, [kem])
    return [kind, new KeyringDraft(emptyKeyring).addSecret(id, secret, terms)]
  }
  expect(await opened(epoch)).toEqual(['secret', true])
  const other = epochIdOf({ ...commitments, signingKey: anna.device.signer.publicKey })
  expect(await opened(other)).toEqual(['bad', false])
})

/** Nobody takes a rotation. */
async function refuse(item: Uint8Array, ...all: readonly Person[]): Promise<void> {
  for (const person of all) {
    const { accepted, refused } = await person.receives(item)
    expect([accepted, refused.map(({ code }) => code)]).toEqual([[], ['rotation-recipients']])
  }
}

test('[EPO2] [EPO13] [KEY2] nobody begins an epoch of a space again for whoever is out of it, who is given no key of it', async () => {
  const { anna, ben, carl, dora } = await four(9)
  const space = await creates(carl, 'Plans', ben, dora)
  await meet(anna, ben, carl, dora)
  const before = dora.log
  const own = safeEpoch(dora.log, space)
  await changes(carl, space, { remove: [dora] })
  await meet(anna, ben, carl, dora)
  const epoch = safeEpoch(carl.log, space)
  if (epoch === null || own === null) throw new Error('there is a safe epoch')
  await refuse(await repeats(dora, before, epoch, carl), dora, carl, ben)
  expect(carl.log.state.epochs.get(epoch)?.holders).not.toContain(`device:${dora.device.id}`)

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

test('[EPO2] [EPO7] [KEY2] under since-join nobody begins an epoch beside a join again for whoever is new', async () => {
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

  await refuse(await repeats(carl, before, epoch, ben), carl, anna, ben)
  const asked = await carl.does((current, me, options) => complain(current, me, epoch, options))
  await anna.receives(asked.item)
  await expect(
    anna.does((current, me, options) => rewrap(current, me, asked.operation.id, options)),
  ).rejects.toMatchObject({ code: 'not-allowed' })
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl)
  expect(secretOf()).toBe(null)
})

test('[EPO12] [KEY2] nor without somebody who is new, as of before they came: what was for them stays so', async () => {
  const { anna, ben, carl } = await people(109, 'anna', 'ben', 'carl')
  await anna.creates({ history: 'since-join' })
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  const before = ben.log
  await carl.joins(await anna.invites(), anna.items)
  await meet(anna, ben, carl)
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl)
  const epoch = safeEpoch(anna.log)
  if (epoch === null) throw new Error('there is a safe epoch')
  await refuse(await repeats(ben, before, epoch, anna), ben, anna, carl)
  expect(safeEpoch(carl.log)).toBe(epoch)
  expect(carl.log.state.epochs.get(epoch)?.named).toContain(`device:${carl.device.id}`)
})

test('[ITM2] whoever has a link alone seals no answer to a complaint anew with something else in the clear', async () => {
  const { anna, ben, carl } = await people(145, 'anna', 'ben', 'carl')
  await anna.creates()
  for (const one of [ben, carl]) {
    await one.joins(await anna.invites(), anna.items)
    await anna.receives(...one.items)
  }
  await meet(anna, ben, carl)
  const link = await anna.invites()
  await meet(anna, ben, carl)
  const epoch = safeEpoch(anna.log)
  if (epoch === null) throw new Error('there is a safe epoch')
  const complaint = await ben.does((log, me, options) => complain(log, me, epoch, options))
  await carl.receives(complaint.item)
  const answer = await carl.does((log, me, options) => rewrap(log, me, complaint.operation.id, options))
  const opened = await openInvitationPackage(link.secret, link.package)
  const items = [...anna.items, ...ben.items, ...carl.items]
  const outsider = await restoreLog(anna.log.clique, items, [opened.keys.kem])
  const whole = decodeItem(answer.item)
  const key = outsider.log.keyring.controlKeys.get(whole.keyId)
  if (key === undefined || whole.handout === null) throw new Error('a link gives the control keys')
  const handout = { ...whole.handout, terms: carl.random(32) }
  const sealed = sealEnvelope({ keyId: whole.keyId, handout }, key, openEnvelope(whole, key), carl.random)
  const { accepted, refused } = await anna.receives(complaint.item, encodeItem(sealed))
  expect([accepted.length, refused.map(({ code }) => code)]).toEqual([1, ['item-format']])
  expect((await anna.receives(answer.item)).accepted).toHaveLength(1)
})
