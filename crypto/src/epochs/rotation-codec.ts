import { compareBytes, concat, fromHex, toHex } from '../bytes.ts'
import { readArray, readBytes, readId, readList, readNullable, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import { commitToTerms, epochIdOf, keySize } from '../key-schedule.ts'
import { maxRecipients } from './recipients.ts'
import type {
  ArchiveEntry,
  ArchiveId,
  ArchivePart,
  Capability,
  ContentCut,
  NamedCut,
  ControlLink,
  RotationPart,
} from './rotation.ts'

/** Epochs that one rotation leads back to, as after a long partition. */
export const maxEpochHeads = 64
/**
 * Epochs side by side in the past of an operation that begins none. Half as many, so that whoever rotates can lead back
 * to what they built on themselves and to one other tip at least, whichever it is: every rotation brings the rest nearer.
 */
export const maxSideBySide = maxEpochHeads / 2
/** Two for each head, at most: its content root and its archive key. */
export const maxArchiveEntries = 2 * maxEpochHeads
/**
 * Cuts in one rotation: a few devices in as many spaces as a clique has. The next rotation takes the rest. Beside the
 * wraps for 900 keys an item has room for these.
 */
export const maxCuts = 256
export const sealedKeySize = 24 + keySize + 16
export const sealedContentSize = 24 + 4 * keySize + 16

export function rotationToValue(part: RotationPart): CborValue {
  return [
    part.space === null ? null : idToBytes(part.space),
    part.commitments.control,
    part.commitments.content,
    part.commitments.signingKey,
    part.wrapsRoot,
    part.recipientCount,
    part.recipientsHash,
    part.parents.map(linkToValue),
    [fromHex(part.archive.id), part.archive.sealed, part.archive.entries.map(entryToValue)],
    part.capability === null ? null : [part.capability.generation, part.capability.seed],
    part.cuts.map(cutToValue),
    part.stateHash,
  ]
}

function linkToValue(link: ControlLink): CborValue {
  const { epoch, controlKey, contentCommitment, signingKey, terms } = link
  return [idToBytes(epoch), controlKey, contentCommitment, signingKey, terms]
}

function entryToValue(entry: ArchiveEntry): CborValue {
  return entry.kind === 'content'
    ? [0, idToBytes(entry.epoch), entry.sealed]
    : [1, fromHex(entry.archive), entry.sealed]
}

/** @throws CliqueError */
export function readRotation(value: CborValue | undefined): RotationPart {
  const [
    of,
    committed,
    content,
    signer,
    root,
    count,
    recipients,
    parents,
    archived,
    capability,
    cuts,
    state,
  ] = readArray(value, 12)
  const control = readBytes(committed, 32)
  const archive = readArchive(archived)
  const recipientsHash = readBytes(recipients, 32)
  const commitments = {
    control,
    content: readBytes(content, 32),
    signingKey: readBytes(signer, 32),
    terms: commitToTerms({ archive: fromHex(archive.id), recipients: recipientsHash }, control),
  }
  const space = readNullable(of, (present) => readId(present, 'space'))
  if ((space === null) === (capability === null)) throw new CliqueError('operation-format')
  const linkSize = space === null ? keySize : sealedKeySize
  return {
    space,
    epoch: epochIdOf(commitments, space),
    commitments,
    wrapsRoot: readBytes(root, 32),
    recipientCount: readUint(count, maxRecipients),
    recipientsHash,
    parents: ascending(
      readList(parents, maxEpochHeads, (link) => readLink(link, linkSize)),
      (link) => idToBytes(link.epoch),
    ),
    archive,
    capability: readNullable(capability, readCapability),
    cuts: ascending(readList(cuts, maxCuts, readCut), ({ device, space }) =>
      concat(idToBytes(device), idToBytes(space)),
    ),
    stateHash: readBytes(state, 32),
  }
}

function readCapability(value: CborValue): Capability {
  const [generation, seed] = readArray(value, 2)
  return { generation: readUint(generation), seed: readBytes(seed, 32) }
}

function readLink(value: CborValue, size: number): ControlLink {
  const [epoch, controlKey, content, signer, terms] = readArray(value, 5)
  return {
    epoch: readId(epoch, 'epoch'),
    controlKey: readBytes(controlKey, size),
    contentCommitment: readBytes(content, 32),
    signingKey: readBytes(signer, 32),
    terms: readBytes(terms, 32),
  }
}

function readArchive(value: CborValue | undefined): ArchivePart {
  const [id, sealed, entries] = readArray(value, 3)
  return {
    id: readArchiveId(id),
    sealed: readBytes(sealed, sealedKeySize),
    entries: readList(entries, maxArchiveEntries, readEntry),
  }
}

export function readArchiveId(value: CborValue | undefined): ArchiveId {
  return toHex(readBytes(value, 32)) as ArchiveId
}

function readEntry(value: CborValue): ArchiveEntry {
  const [kind, id, sealed] = readArray(value, 3)
  if (readUint(kind, 1) === 0) {
    return { kind: 'content', epoch: readId(id, 'epoch'), sealed: readBytes(sealed, sealedContentSize) }
  }
  return { kind: 'archive', archive: readArchiveId(id), sealed: readBytes(sealed, sealedKeySize) }
}

function readCut(value: CborValue): ContentCut {
  const [device, space, sequence, record] = readArray(value, 4)
  const cut: ContentCut = {
    device: readId(device, 'device'),
    space: readId(space, 'space'),
    sequence: readUint(sequence),
    record: readNullable(record, (present) => readId(present, 'record')),
  }
  if ((cut.sequence === 0) !== (cut.record === null)) throw new CliqueError('operation-format')
  return cut
}

export function cutToValue({ device, space, sequence, record }: ContentCut): CborValue {
  return [idToBytes(device), idToBytes(space), sequence, record === null ? null : idToBytes(record)]
}

/** For the state's hash alone. */
export function namedCutToValue({ by, member, authority, round, isFirst, ...cut }: NamedCut): CborValue {
  const author = [by === null ? null : idToBytes(by), idToBytes(member)]
  return [cutToValue(cut), ...author, authority, round, isFirst]
}

/** Lists that are sets travel in one order only. @throws CliqueError `operation-format` */
export function ascending<T>(items: T[], key: (item: T) => Uint8Array): T[] {
  for (const [index, item] of items.entries()) {
    const before = items[index - 1]
    if (before !== undefined && compareBytes(key(before), key(item)) >= 0) {
      throw new CliqueError('operation-format')
    }
  }
  return items
}
