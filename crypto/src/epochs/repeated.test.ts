import { expect, test } from 'vitest'
import type { EpochId } from '../ids.ts'
import { deriveControlKeyId, deriveEpochKeys, epochIdOf } from '../key-schedule.ts'
import { complain, rewrap, rotateEpoch } from '../roster/acts.ts'
import type { CliqueLog } from '../roster/log.ts'
import { leaveClique } from '../roster/member-acts.ts'
import { encodeEnvelope } from '../roster/operation-codec.ts'
import { epochSignerOf, forge, forgeRotation } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { changes, creates, four } from '../testing/space-people.ts'
import { decodeItem, encodeItem, sealEnvelope } from './control-item.ts'
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
  const { commitments, space, archive: id } = info
  person.rewind(before)
  const parts: RotationPart[] = []
  const epochSigner = holder === null ? person.device.signer : epochSignerOf(holder.log, epoch)
  const repeated = await forgeRotation(
    person,
    ({ archive }) => ({ commitments, epoch, archive: { ...archive, id } }),
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
  const archive = anna.random(32)
  const { commitments, epoch } = deriveEpochKeys(secret, archive)
  const { kem } = anna.device
  const opened = async (id: EpochId) => {
    const recipient = { publicKey: kem.publicKey, keyHash: hashRecipientKey(kem.publicKey) }
    const wraps = await makeWraps(id, secret, [recipient])
    const { kind } = await openWraps({ epoch: id, archive, space: null }, wraps, [kem])
    return [kind, new KeyringDraft(emptyKeyring).addSecret(id, secret, archive)]
  }
  expect(await opened(epoch)).toEqual(['secret', true])
  const other = epochIdOf({ ...commitments, signingKey: anna.device.signer.publicKey })
  expect(await opened(other)).toEqual(['bad', false])
})

test('[EPO2] [EPO13] whoever is out of a space is given no key of it for its epoch begun again with their name', async () => {
  const { anna, ben, carl, dora } = await four(9)
  const space = await creates(carl, 'Plans', ben, dora)
  await meet(anna, ben, carl, dora)
  const before = dora.log
  const own = safeEpoch(dora.log, space)
  await changes(carl, space, { remove: [dora] })
  await meet(anna, ben, carl, dora)
  const epoch = safeEpoch(carl.log, space)
  if (epoch === null || own === null) throw new Error('there is a safe epoch')
  const item = await repeats(dora, before, epoch, carl)
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

/** Under `since-join` Ben begins an epoch beside the join of Carl, which Carl begins again with Ben's help. */
async function beside(seed: number, changes: (ben: Person, dora: Person) => Promise<void>) {
  const { anna, ben, carl, dora } = await people(seed, 'anna', 'ben', 'carl', 'dora')
  await anna.creates({ history: 'since-join' })
  for (const one of [ben, dora]) {
    await one.joins(await anna.invites(), anna.items)
    await meet(anna, one)
  }
  await meet(anna, ben, dora)
  await anna.does(rotateEpoch)
  await meet(anna, ben, dora)
  const invitation = await anna.invites()
  const items = [...anna.items]
  // Ben has not heard of the invitation: what he begins is not for whoever takes it.
  await changes(ben, dora)
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
  return { anna, ben, carl, epoch, secretOf, item: await repeats(carl, before, epoch, ben) }
}

test('[EPO7] [KEY2] under since-join an epoch that kept its archive is not begun again for somebody who is new', async () => {
  const { anna, ben, carl, item } = await beside(107, async () => undefined)
  for (const person of [carl, anna, ben]) {
    const { accepted, refused } = await person.receives(item)
    expect([accepted, refused.map(({ code }) => code)]).toEqual([[], ['rotation-archive']])
  }
})

test('[EPO2] [EPO7] under since-join nobody comes by an epoch beside their join that is begun again with their name', async () => {
  const leaves = async (ben: Person, dora: Person) => {
    await dora.does((log, me, options) => leaveClique(log, me, options))
    await meet(ben, dora)
  }
  const { anna, ben, carl, epoch, secretOf, item } = await beside(108, leaves)
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
