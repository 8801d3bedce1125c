import { expect, test } from 'vitest'
import { toHex } from '../bytes.ts'
import { bytesToId } from '../ids.ts'
import { deriveEpochKeys } from '../key-schedule.ts'
import { seededRandom } from '../testing/seeded.ts'
import { decodeKeyring, emptyKeyring, encodeKeyring, KeyringDraft } from './keyring.ts'
import type { ArchiveId } from './rotation.ts'

test('[EPO10] a keyring read beside another takes nothing from it, and the two have all keys of each', () => {
  const random = seededRandom('keyrings')
  const space = bytesToId('space', random(16))
  const [one, other, both] = Array.from({ length: 3 }, () => new KeyringDraft(emptyKeyring))
  if (one === undefined || other === undefined || both === undefined) throw new Error('three')
  // Of each epoch one has the secret, and the other what came down a chain or out of an archive.
  for (const [holder, lacking, of] of [
    [one, other, null],
    [other, one, null],
    [one, other, space],
  ] as const) {
    const secret = random(32)
    const commitment = random(32)
    const { epoch, controlKey, contentRoot } = deriveEpochKeys(secret, commitment, of)
    for (const draft of [holder, both]) draft.addSecret(epoch, secret, commitment, of)
    lacking.addControlKey(epoch, controlKey, of)
    lacking.addContentRoot(epoch, contentRoot, of)
    const [archive, key] = [toHex(random(32)) as ArchiveId, random(32)]
    for (const draft of [holder, both]) draft.addArchive(archive, key)
  }
  const [mine, stored, all] = [one, other, both].map((draft) => draft.finish())
  if (mine === undefined || stored === undefined || all === undefined) throw new Error('three')
  expect(decodeKeyring(encodeKeyring(stored), mine)).toEqual(all)
  expect(decodeKeyring(encodeKeyring(mine), stored)).toEqual(all)
  for (const known of [emptyKeyring, mine]) expect(decodeKeyring(encodeKeyring(known), mine)).toBe(mine)
  for (const known of [mine, stored]) expect(decodeKeyring(encodeKeyring(known), all)).toBe(all)
})
