import { expect, test } from 'vitest'
import { sealBytes } from '../aead.ts'
import { concat, fromHex } from '../bytes.ts'
import { bytesToId, idToBytes } from '../ids.ts'
import { deriveEpochKeys } from '../key-schedule.ts'
import { labelToBytes } from '../label-bytes.ts'
import { labels } from '../labels.ts'
import { seededRandom } from '../testing/seeded.ts'
import { archiveIdOf, learnArchive } from './archive.ts'
import { emptyKeyring, KeyringDraft } from './keyring.ts'
import type { ArchiveEntry, ArchiveId, RotationPart } from './rotation.ts'

const random = seededRandom('archive')
const secret = random(32)
const own = deriveEpochKeys(secret, random(32))
const earlier = deriveEpochKeys(random(32), random(32))
const [key, before] = [random(32), random(32)]

/** What is learned of a rotation with this archive by who holds its secret. */
function learn(id: ArchiveId, entries: readonly ArchiveEntry[] = []): KeyringDraft {
  const draft = new KeyringDraft(emptyKeyring)
  draft.addSecret(own.epoch, secret, own.commitments.terms)
  const context = concat(labelToBytes(labels.archiveKeySeal), idToBytes(own.epoch))
  const sealed = sealBytes(own.archiveWrapKey, key, context, random)
  const part: RotationPart = {
    space: null,
    epoch: own.epoch,
    commitments: own.commitments,
    wrapsRoot: random(32),
    recipientCount: 0,
    recipientsHash: random(32),
    parents: [],
    archive: { id, sealed, entries },
    capability: { generation: 1, seed: random(32) },
    cuts: [],
    stateHash: random(32),
  }
  learnArchive(part, draft)
  return draft
}

function content(root: Uint8Array): ArchiveEntry {
  const context = concat(labelToBytes(labels.archiveEntry), idToBytes(earlier.epoch))
  const { control, signingKey, terms } = earlier.commitments
  const sealed = sealBytes(key, concat(root, control, signingKey, terms), context, random)
  return { kind: 'content', epoch: earlier.epoch, sealed }
}

function archive(id: ArchiveId, inside: Uint8Array): ArchiveEntry {
  const context = concat(labelToBytes(labels.archiveEntry), fromHex(id))
  return { kind: 'archive', archive: id, sealed: sealBytes(key, inside, context, random) }
}

test('[EPO7] what comes out of an archive is believed where an id commits to it, and nowhere else', () => {
  const [id, old] = [archiveIdOf(key, null), archiveIdOf(before, null)]
  const good = learn(id, [content(earlier.contentRoot), archive(old, before)])
  expect(good.archive(id)).toEqual(key)
  expect(good.archive(old)).toEqual(before)
  expect(good.get(earlier.epoch)?.contentRoot).toEqual(earlier.contentRoot)

  const bad = learn(id, [content(random(32)), archive(old, random(32))])
  expect(bad.archive(old)).toBeUndefined()
  expect(bad.get(earlier.epoch)).toBeUndefined()

  const other = bytesToId('epoch', random(32)) as string as ArchiveId
  expect(learn(other).archive(other)).toBeUndefined()
})
