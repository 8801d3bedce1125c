import { expect, test } from 'vitest'
import { toHex } from './bytes.ts'
import { bytesToId, isId, makeSpaceId } from './ids.ts'
import * as keys from './key-schedule.ts'
import { mailboxIdOf } from './mailbox-name.ts'
import { signerFromSeed } from './signature.ts'
import { codeThrown } from './testing/damage.ts'
import { seededRandom } from './testing/seeded.ts'

const random = seededRandom('keys')
const space = makeSpaceId(random)
const terms = random(32)

test('[KEY1] everything that follows from an epoch secret is different from everything else', () => {
  const [first, second] = [keys.deriveEpochKeys(random(32), terms), keys.deriveEpochKeys(random(32), terms)]
  const other = makeSpaceId(random)
  const all = [first, second].flatMap((epoch) => [
    epoch.epoch,
    epoch.controlKeyId,
    ...[epoch.controlKey, epoch.contentRoot, epoch.archiveWrapKey, epoch.signingSeed].map(toHex),
    toHex(keys.deriveGateKey(epoch.contentRoot)),
    ...[space, other].flatMap((place) => {
      const made = keys.deriveSpaceKeys(epoch.contentRoot, epoch.epoch, place)
      return [
        made.keyId,
        toHex(made.recordKey),
        toHex(made.mailboxSeed),
        made.liveRoom,
        made.livePassword,
        mailboxIdOf(signerFromSeed(made.mailboxSeed).publicKey),
      ]
    }),
  ])
  expect(new Set(all).size).toBe(all.length)
})

test('[KEY1] the same secret gives the same keys, and a secret is 32 bytes', async () => {
  const secret = random(32)
  expect(keys.deriveEpochKeys(secret, terms)).toEqual(keys.deriveEpochKeys(secret.slice(), terms))
  expect(await codeThrown(() => keys.deriveEpochKeys(new Uint8Array(31), terms))).toBe('key-invalid')
})

test('[KEY1] a signing key that somebody named is not kept for the right one', () => {
  const [secret, wrong, other] = [random(32), random(32), random(32)]
  const [ofWrong, ofOther] = [wrong, other].map((key) => keys.deriveEpochKeys(secret, terms, null, key))
  expect(ofWrong?.commitments.signingKey).toEqual(wrong)
  expect(ofOther?.commitments.signingKey).toEqual(other)
  const right = keys.deriveEpochKeys(secret, terms)
  expect(right).toEqual(keys.deriveEpochKeys(secret.slice(), terms))
  expect([ofWrong?.epoch, ofOther?.epoch]).not.toContain(right.epoch)
  expect(keys.deriveEpochKeys(secret, terms, null, wrong.slice()).epoch).toBe(right.epoch)
})

test('[KEY2] the epoch id commits to control key and content root, each of which is checked alone', () => {
  const epoch = keys.deriveEpochKeys(random(32), terms)
  expect(isId('epoch', epoch.epoch)).toBe(true)
  expect(keys.epochIdOf(epoch.commitments)).toBe(epoch.epoch)
  expect(keys.isControlKeyOf(epoch.commitments, epoch.controlKey)).toBe(true)
  expect(keys.isContentRootOf(epoch.commitments, epoch.contentRoot)).toBe(true)
  expect(keys.isControlKeyOf(epoch.commitments, epoch.contentRoot)).toBe(false)
  expect(keys.isContentRootOf(epoch.commitments, random(32))).toBe(false)
  const { control, content, ...rest } = epoch.commitments
  expect(keys.epochIdOf({ control: content, content: control, ...rest })).not.toBe(epoch.epoch)
  for (const half of ['control', 'content'] as const) {
    expect(keys.epochIdOf({ ...epoch.commitments, [half]: random(32) })).not.toBe(epoch.epoch)
  }
})

test('[KEY2] [EPO15] the epoch id commits to the key that signs what begins the epoch, which follows from its secret', () => {
  const [epoch, other] = [keys.deriveEpochKeys(random(32), terms), keys.deriveEpochKeys(random(32), terms)]
  const { signingKey } = epoch.commitments
  expect(signerFromSeed(epoch.signingSeed).publicKey).toEqual(signingKey)
  const { commitments } = other
  expect(keys.epochIdOf({ ...commitments, signingKey })).not.toBe(other.epoch)
})

test('[KEY2] the epoch id commits to archive and recipients, and two epochs with the same show nobody that they have', async () => {
  const secret = random(32)
  const named = { archive: random(32), recipients: random(32) }
  const terms = keys.termsOf(secret, named)
  const epoch = keys.deriveEpochKeys(secret, terms)
  expect(terms).toEqual(keys.commitToTerms(named, epoch.commitments.control))
  expect(keys.termsOf(random(32), named)).not.toEqual(terms)
  for (const part of ['archive', 'recipients'] as const) {
    const other = keys.termsOf(secret, { ...named, [part]: random(32) })
    // With the signing key that was found for the first one, and in whatever order these are asked for.
    const again = keys.deriveEpochKeys(secret, other)
    expect(again.commitments.signingKey).toEqual(epoch.commitments.signingKey)
    expect(again.epoch).not.toBe(epoch.epoch)
    expect(keys.deriveEpochKeys(secret, terms)).toEqual(epoch)
  }
  expect(keys.epochIdOf({ ...epoch.commitments, terms: random(32) })).not.toBe(epoch.epoch)
  expect(await codeThrown(() => keys.termsOf(random(31), named))).toBe('key-invalid')
})

test('[KEY3] key ids need no secret: they follow from the epoch id, and for records from the space', () => {
  const epoch = keys.deriveEpochKeys(random(32), terms)
  expect(keys.deriveControlKeyId(epoch.epoch)).toBe(epoch.controlKeyId)
  const made = keys.deriveSpaceKeys(epoch.contentRoot, epoch.epoch, space)
  expect(made.keyId).toBe(keys.deriveKeyId(epoch.epoch, space))
  expect(made.keyId).not.toBe(keys.deriveKeyId(bytesToId('epoch', random(32)), space))
  expect(made.keyId).not.toBe(keys.deriveKeyId(epoch.epoch, bytesToId('space', random(16))))
})
