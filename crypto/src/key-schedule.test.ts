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

test('[KEY1] everything that follows from an epoch secret is different from everything else', () => {
  const [first, second] = [keys.deriveEpochKeys(random(32)), keys.deriveEpochKeys(random(32))]
  const other = makeSpaceId(random)
  const all = [first, second].flatMap((epoch) => [
    epoch.epoch,
    epoch.controlKeyId,
    ...[epoch.controlKey, epoch.contentRoot, epoch.archiveWrapKey].map(toHex),
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
  expect(keys.deriveEpochKeys(secret)).toEqual(keys.deriveEpochKeys(secret.slice()))
  expect(await codeThrown(() => keys.deriveEpochKeys(new Uint8Array(31)))).toBe('key-invalid')
})

test('[KEY2] the epoch id commits to control key and content root, each of which is checked alone', () => {
  const epoch = keys.deriveEpochKeys(random(32))
  expect(isId('epoch', epoch.epoch)).toBe(true)
  expect(keys.epochIdOf(epoch.commitments)).toBe(epoch.epoch)
  expect(keys.isControlKeyOf(epoch.commitments, epoch.controlKey)).toBe(true)
  expect(keys.isContentRootOf(epoch.commitments, epoch.contentRoot)).toBe(true)
  expect(keys.isControlKeyOf(epoch.commitments, epoch.contentRoot)).toBe(false)
  expect(keys.isContentRootOf(epoch.commitments, random(32))).toBe(false)
  const swapped = { control: epoch.commitments.content, content: epoch.commitments.control }
  expect(keys.epochIdOf(swapped)).not.toBe(epoch.epoch)
})

test('[KEY3] key ids need no secret: they follow from the epoch id, and for records from the space', () => {
  const epoch = keys.deriveEpochKeys(random(32))
  expect(keys.deriveControlKeyId(epoch.epoch)).toBe(epoch.controlKeyId)
  const made = keys.deriveSpaceKeys(epoch.contentRoot, epoch.epoch, space)
  expect(made.keyId).toBe(keys.deriveKeyId(epoch.epoch, space))
  expect(made.keyId).not.toBe(keys.deriveKeyId(bytesToId('epoch', random(32)), space))
})
