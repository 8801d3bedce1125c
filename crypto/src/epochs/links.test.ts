import { expect, test } from 'vitest'
import { bytesToId } from '../ids.ts'
import { deriveEpochKeys } from '../key-schedule.ts'
import { seededRandom } from '../testing/seeded.ts'
import { emptyKeyring, KeyringDraft } from './keyring.ts'
import { learnLinks, makeLink } from './links.ts'
import type { ControlLink } from './rotation.ts'

const random = seededRandom('links')
const [space, other] = [bytesToId('space', random(16)), bytesToId('space', random(16))]
const secret = random(32)
const own = deriveEpochKeys(secret, random(32), space)
const before = deriveEpochKeys(random(32), random(32), space)
const head = { id: before.epoch, space, commitments: before.commitments }

/** What somebody who has the newer epoch learns of the one before. */
function learn(link: ControlLink, of = space): Uint8Array | null {
  const draft = new KeyringDraft(emptyKeyring)
  draft.addSecret(own.epoch, secret, own.commitments.terms, space)
  const isNew = learnLinks({ epoch: own.epoch, parents: [link] }, of, draft)
  const learned = draft.get(before.epoch)?.controlKey ?? null
  expect(isNew).toBe(learned !== null)
  return learned
}

test('[EPO13] the way back to an epoch of a space is sealed, and believed where the id commits to it', () => {
  const link = makeLink(head, before.controlKey, own, random)
  expect(link.controlKey).not.toEqual(before.controlKey)
  expect(learn(link)).toEqual(before.controlKey)
  expect(learn(makeLink(head, random(32), own, random))).toBeNull()
  for (const part of ['contentCommitment', 'signingKey', 'terms'])
    expect(learn({ ...link, [part]: random(32) })).toBeNull()
  expect(learn(link, other)).toBeNull()
  // Sealed for another epoch, or not at all.
  expect(learn(makeLink({ ...head, id: own.epoch }, before.controlKey, own, random))).toBeNull()
  expect(learn({ ...link, controlKey: before.controlKey })).toBeNull()
})
