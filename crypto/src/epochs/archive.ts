import { openBytes, sealBytes } from '../aead.ts'
import { concat, fromHex, toHex } from '../bytes.ts'
import { isCliqueError } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { labelToBytes } from '../label-bytes.ts'
import { idToBytes } from '../ids.ts'
import { commitToContentRoot, deriveEpochKeys, epochIdOf, keySize } from '../key-schedule.ts'
import { labels } from '../labels.ts'
import type { Random } from '../platform.ts'
import type { RosterState } from '../roster/state.ts'
import { headsOf, mayKeepArchive, maySealParent } from './check-rotation.ts'
import type { KeyringDraft, Keyring } from './keyring.ts'
import { entitledRecipients } from './recipients.ts'
import type { ArchiveEntry, ArchiveId, ArchivePart, RotationPart } from './rotation.ts'

export function archiveIdOf(key: Uint8Array): ArchiveId {
  return toHex(sha256(labels.archiveId, key)) as ArchiveId
}

/** The archive of a new epoch: keeps the key where that is allowed, and seals what the epoch supersedes. */
export function makeArchive(
  secret: Uint8Array,
  past: RosterState,
  after: RosterState,
  keyring: Keyring,
  random: Random,
): ArchivePart {
  const entitled = entitledRecipients(after)
  const heads = headsOf(past)
  const before = heads[0]?.archive
  const kept =
    before !== undefined && mayKeepArchive(past, heads, before, after)
      ? keyring.archives.get(before)
      : undefined
  const key = kept ?? random(keySize)
  const id = archiveIdOf(key)
  const entries: ArchiveEntry[] = []
  for (const head of heads) {
    const contentRoot = keyring.epochs.get(head.id)?.contentRoot
    if (contentRoot == null || !maySealParent(past, head, entitled.holders)) continue
    const plain = concat(contentRoot, head.commitments.control)
    const sealed = sealBytes(key, plain, entryContext(idToBytes(head.id)), random)
    entries.push({ kind: 'content', epoch: head.id, sealed })
  }
  for (const archive of new Set(heads.map((head) => head.archive))) {
    const superseded = keyring.archives.get(archive)
    const parent = heads.find(
      (head) => head.archive === archive && maySealParent(past, head, entitled.holders),
    )
    if (archive === id || superseded === undefined || parent === undefined) continue
    entries.push({
      kind: 'archive',
      archive,
      sealed: sealBytes(key, superseded, entryContext(fromHex(archive)), random),
    })
  }
  const { archiveWrapKey, epoch } = deriveEpochKeys(secret)
  return { id, sealed: sealBytes(archiveWrapKey, key, keyContext(idToBytes(epoch)), random), entries }
}

/** Learns what a rotation's archive gives to somebody who holds its secret. True when something was new. */
export function learnArchive(part: RotationPart, keyring: KeyringDraft): boolean {
  let learned = false
  const wrapKey = keyring.get(part.epoch)?.archiveWrapKey
  if (wrapKey != null && keyring.archive(part.archive.id) === undefined) {
    const key = openOrNull(wrapKey, part.archive.sealed, keyContext(idToBytes(part.epoch)))
    if (key !== null && archiveIdOf(key) === part.archive.id) {
      keyring.addArchive(part.archive.id, key)
      learned = true
    }
  }
  const key = keyring.archive(part.archive.id)
  if (key === undefined) return learned
  for (const entry of part.archive.entries) if (learnEntry(entry, key, keyring)) learned = true
  return learned
}

/** An entry is believed only when the id that it names commits to what is in it. */
function learnEntry(entry: ArchiveEntry, key: Uint8Array, keyring: KeyringDraft): boolean {
  if (entry.kind === 'archive') {
    if (keyring.archive(entry.archive) !== undefined) return false
    const predecessor = openOrNull(key, entry.sealed, entryContext(fromHex(entry.archive)))
    if (predecessor === null || archiveIdOf(predecessor) !== entry.archive) return false
    keyring.addArchive(entry.archive, predecessor)
    return true
  }
  if (keyring.get(entry.epoch)?.contentRoot != null) return false
  const plain = openOrNull(key, entry.sealed, entryContext(idToBytes(entry.epoch)))
  if (plain === null) return false
  const contentRoot = plain.slice(0, keySize)
  const commitments = { control: plain.slice(keySize), content: commitToContentRoot(contentRoot) }
  if (epochIdOf(commitments) !== entry.epoch) return false
  keyring.addContentRoot(entry.epoch, contentRoot)
  return true
}

/** A rotation with a broken archive loses history for newcomers; it must not stop anybody from reading the rest. */
function openOrNull(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): Uint8Array | null {
  try {
    return openBytes(key, sealed, context)
  } catch (error) {
    if (isCliqueError(error, 'aead-open')) return null
    throw error
  }
}

function keyContext(epoch: Uint8Array): Uint8Array {
  return concat(labelToBytes(labels.archiveKeySeal), epoch)
}

function entryContext(id: Uint8Array): Uint8Array {
  return concat(labelToBytes(labels.archiveEntry), id)
}
