import { equal, toBase64url } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { sha256 } from './hash.ts'
import { deriveKey } from './hkdf.ts'
import { bytesToId, idSizes, idToBytes } from './ids.ts'
import type { EpochId, KeyId, SpaceId } from './ids.ts'
import { labels } from './labels.ts'
import { signatureSeedSize, signerFromSeed } from './signature.ts'

/**
 * epoch secret ─┬─ control key            seals the roster
 *               ├─ archive wrap key       seals the archive key
 *               ├─ signing seed           signs what begins the epoch
 *               └─ content root ─┬─ gate key
 *                                └─ per space: record key, mailbox seed, live room
 *
 * Control and content have a commitment each, and the epoch's id is the hash of the two, of the public half of the
 * signing key and of a commitment to the archive and to whom the epoch is for: a member who was given one half by a later
 * epoch (the chain of control keys, the archive) can check it without the other, nobody begins an epoch with this id who
 * does not know its secret, and nobody with another archive or for others.
 */
export const epochSecretSize = 32
export const keySize = 32

export interface EpochCommitments {
  /** 32 bytes; commits to the control key. */
  readonly control: Uint8Array
  /** 32 bytes; commits to the content root. */
  readonly content: Uint8Array
  /** Ed25519 public key of this epoch, 32 bytes: what begins it is signed by it. */
  readonly signingKey: Uint8Array
  /** 32 bytes; commits to the archive of this epoch and to its recipients, and tells nobody else which these are. */
  readonly terms: Uint8Array
}

export interface EpochKeys {
  readonly epoch: EpochId
  readonly commitments: EpochCommitments
  readonly controlKeyId: KeyId
  readonly controlKey: Uint8Array
  readonly contentRoot: Uint8Array
  readonly archiveWrapKey: Uint8Array
  /** Ed25519 seed, 32 bytes, of `commitments.signingKey`. */
  readonly signingSeed: Uint8Array
}

export interface SpaceKeys {
  readonly keyId: KeyId
  readonly recordKey: Uint8Array
  /** Seed of the Ed25519 key that names this space's mailbox in this epoch. */
  readonly mailboxSeed: Uint8Array
  /** Name and password of the live room, base64url. */
  readonly liveRoom: string
  readonly livePassword: string
}

const nothing = new Uint8Array(0)

/** A secret never changes, and whoever begins an epoch asks for its keys again to seal with them and to keep them. */
const derived = new WeakMap<Uint8Array, Map<SpaceId | null, Derived>>()

interface Derived {
  readonly keys: EpochKeys
  /** False where the signing key is as somebody named it, right or wrong. */
  readonly isWhole: boolean
}

/**
 * All that follows from the secret of an epoch of the clique, or of one space. `terms`: the commitment to its archive and
 * recipients; `signingKey`: where it is known already, as finding it takes longer than all the rest. The epoch's id says
 * whether these are the right ones. @throws CliqueError `key-invalid`
 */
export function deriveEpochKeys(
  secret: Uint8Array,
  terms: Uint8Array,
  space: SpaceId | null = null,
  signingKey: Uint8Array | null = null,
): EpochKeys {
  const bySpace = derived.get(secret) ?? new Map<SpaceId | null, Derived>()
  const known = bySpace.get(space)
  const { commitments } = known?.keys ?? {}
  const isSame =
    known?.isWhole === true ||
    (signingKey !== null && commitments !== undefined && equal(commitments.signingKey, signingKey))
  if (known !== undefined && isSame && equal(known.keys.commitments.terms, terms)) return known.keys
  const isWhole = signingKey === null || known?.isWhole === true
  const signer = known?.isWhole === true ? known.keys.commitments.signingKey : signingKey
  const keys = deriveAnew(secret, terms, space, signer)
  derived.set(secret, bySpace.set(space, { keys, isWhole }))
  return keys
}

function deriveAnew(
  secret: Uint8Array,
  terms: Uint8Array,
  space: SpaceId | null,
  signingKey: Uint8Array | null,
): EpochKeys {
  const controlKey = deriveControlKey(secret)
  const contentRoot = deriveKey(secret, labels.contentRoot, nothing, keySize)
  const signingSeed = deriveKey(secret, labels.epochSigning, nothing, signatureSeedSize)
  const commitments = {
    control: commitToControlKey(controlKey),
    content: commitToContentRoot(contentRoot),
    signingKey: signingKey ?? signerFromSeed(signingSeed).publicKey,
    terms,
  }
  const epoch = epochIdOf(commitments, space)
  return {
    epoch,
    commitments,
    controlKeyId: deriveControlKeyId(epoch),
    controlKey,
    contentRoot,
    archiveWrapKey: deriveKey(secret, labels.archiveWrap, nothing, keySize),
    signingSeed,
  }
}

function deriveControlKey(secret: Uint8Array): Uint8Array {
  if (secret.length !== epochSecretSize) throw new CliqueError('key-invalid')
  return deriveKey(secret, labels.controlKey, nothing, keySize)
}

/** What fixes for whom an epoch is: the archive's id (32 bytes), and the hash of the recipients (32 bytes). */
export interface EpochTerms {
  readonly archive: Uint8Array
  readonly recipients: Uint8Array
}

/** What the epoch with this secret commits to. @throws CliqueError `key-invalid` */
export function termsOf(secret: Uint8Array, terms: EpochTerms): Uint8Array {
  return commitToTerms(terms, commitToControlKey(deriveControlKey(secret)))
}

/** `control`: the epoch's commitment to its control key, so that no two epochs show that they are for the same. */
export function commitToTerms({ archive, recipients }: EpochTerms, control: Uint8Array): Uint8Array {
  return sha256(labels.epochTerms, archive, recipients, control)
}

export function commitToControlKey(controlKey: Uint8Array): Uint8Array {
  return sha256(labels.controlCommitment, controlKey)
}

export function commitToContentRoot(contentRoot: Uint8Array): Uint8Array {
  return sha256(labels.contentCommitment, contentRoot)
}

/** An epoch of a space is named with it, so that no commitment can be taken from one space to another. */
export function epochIdOf(commitments: EpochCommitments, space: SpaceId | null = null): EpochId {
  const { control, content, signingKey, terms } = commitments
  const of = space === null ? [] : [idToBytes(space)]
  return bytesToId('epoch', sha256(labels.epochCommitment, control, content, signingKey, terms, ...of))
}

/** Whether a control key that came by a link is the one of an epoch with these commitments. */
export function isControlKeyOf(commitments: EpochCommitments, controlKey: Uint8Array): boolean {
  return equal(commitToControlKey(controlKey), commitments.control)
}

/** Whether a content root that came out of an archive is the one of an epoch with these commitments. */
export function isContentRootOf(commitments: EpochCommitments, contentRoot: Uint8Array): boolean {
  return equal(commitToContentRoot(contentRoot), commitments.content)
}

/** Names the control key of an epoch. */
export function deriveControlKeyId(epoch: EpochId): KeyId {
  return bytesToId('key', sha256(labels.controlKeyId, idToBytes(epoch)).slice(0, idSizes.key))
}

/** Names the record key of one space in one epoch. Needs no secret, so it is checked before a key is used. */
export function deriveKeyId(epoch: EpochId, space: SpaceId): KeyId {
  return bytesToId(
    'key',
    sha256(labels.recordKeyId, idToBytes(epoch), idToBytes(space)).slice(0, idSizes.key),
  )
}

/** The keys of one space in the epoch that `contentRoot` is of. */
export function deriveSpaceKeys(contentRoot: Uint8Array, epoch: EpochId, space: SpaceId): SpaceKeys {
  const info = idToBytes(space)
  return {
    keyId: deriveKeyId(epoch, space),
    recordKey: deriveKey(contentRoot, labels.recordKey, info, keySize),
    mailboxSeed: deriveKey(contentRoot, labels.mailboxSeed, info, keySize),
    liveRoom: toBase64url(deriveKey(contentRoot, labels.liveRoom, info, 16)),
    livePassword: toBase64url(deriveKey(contentRoot, labels.livePassword, info, keySize)),
  }
}

/** The MAC key with which two devices show each other, before anything else, that both hold this epoch. */
export function deriveGateKey(contentRoot: Uint8Array): Uint8Array {
  return deriveKey(contentRoot, labels.gateKey, nothing, keySize)
}
