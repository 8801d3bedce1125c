import { openOrNull, sealBytes } from '../aead.ts'
import { concat, fromHex, toHex } from '../bytes.ts'
import { sha256 } from '../hash.ts'
import { labelToBytes } from '../label-bytes.ts'
import { idToBytes } from '../ids.ts'
import type { SpaceId } from '../ids.ts'
import { commitToContentRoot, epochIdOf, keySize } from '../key-schedule.ts'
import type { EpochKeys } from '../key-schedule.ts'
import { labels } from '../labels.ts'
import type { Random } from '../platform.ts'
import type { EpochInfo, RosterState } from '../roster/state.ts'
import { headsOf, mayKeepArchive, mayPassArchive, maySealParent } from './check-rotation.ts'
import { learnLinks } from './links.ts'
import type { KeyringDraft, Keyring } from './keyring.ts'
import { entitledRecipients } from './recipients.ts'
import type { ArchiveEntry, ArchiveId, ArchivePart, RotationPart } from './rotation.ts'

/** One of a space is named with it: nobody can have a key of one space kept as that of another, or of the clique. */
export function archiveIdOf(key: Uint8Array, space: SpaceId | null = null): ArchiveId {
  return toHex(sha256(labels.archiveId, key, ...(space === null ? [] : [idToBytes(space)]))) as ArchiveId
}

/** Between which states an epoch begins, of the clique (null) or of a space. */
interface Beginning {
  readonly past: RosterState
  readonly after: RosterState
  readonly space: SpaceId | null
}

/**
 * The keys that an author may hand on who builds on `past` and has heard of `known`: of no archive that an epoch names which is
 * not in that past, as who was kept out there may be in here.
 */
export function archivesWithin(keyring: Keyring, past: RosterState, known: RosterState): Keyring {
  const beside = [...known.epochs.values()].filter(({ id }) => !past.epochs.has(id))
  const kept = new Map(keyring.archives)
  for (const { archive } of beside) kept.delete(archive)
  return { ...keyring, archives: kept }
}

/** The archive key of a new epoch: the one before where that may be kept. */
export function chooseArchiveKey(
  { past, after, space }: Beginning,
  keyring: Keyring,
  random: Random,
): Uint8Array {
  const heads = headsOf(past, space)
  const before = heads[0]?.archive
  // In a space, somebody who is let in and taken out beside this got it, and reads what is sealed under it.
  const isAlone = space === null || past.policy.history === 'since-join'
  const held =
    isAlone && before !== undefined && mayKeepArchive(past, heads, before, after, space)
      ? keyring.archives.get(before)
      : undefined
  return held !== undefined && archiveIdOf(held, space) === before ? held : random(keySize)
}

/** The archive of a new epoch: seals what the epoch supersedes. `parents`: the heads that the epoch follows. */
export function makeArchive(
  { epoch, archiveWrapKey }: Pick<EpochKeys, 'epoch' | 'archiveWrapKey'>,
  key: Uint8Array,
  { past, after, space }: Beginning,
  parents: readonly EpochInfo[],
  keyring: Keyring,
  random: Random,
): ArchivePart {
  const entitled = entitledRecipients(after, space)
  const id = archiveIdOf(key, space)
  const entries: ArchiveEntry[] = []
  for (const head of parents) {
    const contentRoot = keyring.epochs.get(head.id)?.contentRoot
    if (contentRoot == null || !maySealParent(past, head, entitled.holders)) continue
    const { control, signingKey, terms } = head.commitments
    const plain = concat(contentRoot, control, signingKey, terms)
    const sealed = sealBytes(key, plain, entryContext(idToBytes(head.id)), random)
    entries.push({ kind: 'content', epoch: head.id, sealed })
  }
  for (const archive of new Set(parents.map((head) => head.archive))) {
    const superseded = keyring.archives.get(archive)
    if (archive === id || superseded === undefined) continue
    if (!mayPassArchive(past, archive, entitled.holders)) continue
    if (archiveIdOf(superseded, space) !== archive) continue
    entries.push({
      kind: 'archive',
      archive,
      sealed: sealBytes(key, superseded, entryContext(fromHex(archive)), random),
    })
  }
  return { id, sealed: sealBytes(archiveWrapKey, key, keyContext(idToBytes(epoch)), random), entries }
}

/** Learns what a rotation leads back to for somebody who holds its secret. True when something was new. */
export function learnArchive(part: RotationPart, keyring: KeyringDraft): boolean {
  let learned = part.space !== null && learnLinks(part, part.space, keyring)
  const wrapKey = keyring.get(part.epoch)?.archiveWrapKey
  if (wrapKey != null && keyring.archive(part.archive.id) === undefined) {
    const key = openOrNull(wrapKey, part.archive.sealed, keyContext(idToBytes(part.epoch)))
    if (key !== null && archiveIdOf(key, part.space) === part.archive.id) {
      keyring.addArchive(part.archive.id, key)
      learned = true
    }
  }
  const key = keyring.archive(part.archive.id)
  if (key === undefined) return learned
  for (const entry of part.archive.entries) if (learnEntry(entry, key, part.space, keyring)) learned = true
  return learned
}

/** An entry is believed only when the id that it names commits to what is in it. */
function learnEntry(
  entry: ArchiveEntry,
  key: Uint8Array,
  space: SpaceId | null,
  keyring: KeyringDraft,
): boolean {
  if (entry.kind === 'archive') {
    if (keyring.archive(entry.archive) !== undefined) return false
    const predecessor = openOrNull(key, entry.sealed, entryContext(fromHex(entry.archive)))
    if (predecessor === null || archiveIdOf(predecessor, space) !== entry.archive) return false
    keyring.addArchive(entry.archive, predecessor)
    return true
  }
  if (keyring.get(entry.epoch)?.contentRoot != null) return false
  const plain = openOrNull(key, entry.sealed, entryContext(idToBytes(entry.epoch)))
  if (plain === null) return false
  const contentRoot = plain.slice(0, keySize)
  const commitments = {
    control: plain.slice(keySize, 2 * keySize),
    content: commitToContentRoot(contentRoot),
    signingKey: plain.slice(2 * keySize, 3 * keySize),
    terms: plain.slice(3 * keySize),
  }
  if (epochIdOf(commitments, space) !== entry.epoch) return false
  keyring.addContentRoot(entry.epoch, contentRoot, space)
  return true
}

function keyContext(epoch: Uint8Array): Uint8Array {
  return concat(labelToBytes(labels.archiveKeySeal), epoch)
}

function entryContext(id: Uint8Array): Uint8Array {
  return concat(labelToBytes(labels.archiveEntry), id)
}
