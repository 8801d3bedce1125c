import type { DeviceId, EpochId, MemberId, OperationId, RecordId, SpaceId } from '../ids.ts'
import type { EpochCommitments } from '../key-schedule.ts'

/** A way back: what the new epoch says about an epoch that it follows. Checked against that epoch's id. */
export interface ControlLink {
  readonly epoch: EpochId
  /** Between epochs of a space it is sealed under the control key of the new one: everybody reads the operation. */
  readonly controlKey: Uint8Array
  /** The other half of the parent's id, without which the control key could not be checked. */
  readonly contentCommitment: Uint8Array
  /** And its signing key and its commitment to archive and recipients (32 bytes each), for the same reason. */
  readonly signingKey: Uint8Array
  readonly terms: Uint8Array
}

/** Something superseded, sealed under the archive key of the epoch that lists it. */
export type ArchiveEntry =
  | {
      readonly kind: 'content'
      readonly epoch: EpochId
      /** Content root, control commitment, signing key and terms (32 bytes each), sealed. */
      readonly sealed: Uint8Array
    }
  | { readonly kind: 'archive'; readonly archive: ArchiveId; readonly sealed: Uint8Array }

declare const archiveBrand: unique symbol
/** Labelled hash of an archive key (32 bytes, hex). */
export type ArchiveId = string & { readonly [archiveBrand]: true }

export interface ArchivePart {
  readonly id: ArchiveId
  /** The archive key, sealed under a key that follows from the epoch secret. */
  readonly sealed: Uint8Array
  readonly entries: readonly ArchiveEntry[]
}

/** The relay capability: an Ed25519 seed and how many came before it. */
export interface Capability {
  readonly generation: number
  readonly seed: Uint8Array
}

/** The last record in a space that the author holds of a device that is out. What lies beyond is hidden. */
export interface ContentCut {
  readonly device: DeviceId
  readonly space: SpaceId
  /** 0 for none. */
  readonly sequence: number
  /** Null for none. */
  readonly record: RecordId | null
}

/** A cut, and what its place in the roster says of it. */
export interface NamedCut extends ContentCut {
  /** Whose operation it is in; null for a member's root. */
  readonly by: DeviceId | null
  readonly member: MemberId
  /** With what right (`authorityOver`). */
  readonly authority: 'majority' | 'above' | 'any'
  /** 1, and one more for each time that the device was in again and this is known to the operation. */
  readonly round: number
  /**
   * Nothing had been said of this end before, or it was by somebody whose word comes after this one's. All others raise what
   * was named first, and count only where their author had acknowledged that record before.
   */
  readonly isFirst: boolean
}

/** What every operation that changes keys carries inside its signed body. */
export interface RotationPart {
  /** Null for the epochs of the whole clique. */
  readonly space: SpaceId | null
  /** Follows from the commitments; not on the wire. */
  readonly epoch: EpochId
  /** The terms follow from the archive's id and the recipients' hash; not on the wire. */
  readonly commitments: EpochCommitments
  /** RFC 9162 tree head over the wraps, in the order of their tags. */
  readonly wrapsRoot: Uint8Array
  readonly recipientCount: number
  /** Labelled hash over the sorted hashes of the recipients' public keys, and over who they are. */
  readonly recipientsHash: Uint8Array
  /**
   * In the order of their ids. Of the clique: one for each epoch that nothing follows yet, none only at genesis. Of a
   * space: of these the ones that the author holds.
   */
  readonly parents: readonly ControlLink[]
  readonly archive: ArchivePart
  /** Null in a rotation of a space. */
  readonly capability: Capability | null
  /** In the order of device and space, each pair once. */
  readonly cuts: readonly ContentCut[]
  /** Hash of the roster state at the operation's parents. */
  readonly stateHash: Uint8Array
}

/** One wrap as it travels: whom it is for shows only to somebody who knows the recipient's public key. */
export interface Wrap {
  /** 16 bytes: labelled hash of the epoch id and the recipient's public key. */
  readonly tag: Uint8Array
  /** HPKE encapsulation and ciphertext of the epoch secret. */
  readonly wrapped: Uint8Array
}

/** An operation answers a complaint: names it so that nobody answers twice. */
export interface RewrapPart {
  readonly epoch: EpochId
  readonly complaint: OperationId
  /** The epoch's commitment to archive and recipients, 32 bytes: without it nobody could check a secret. */
  readonly terms: Uint8Array
  readonly wrapsRoot: Uint8Array
}
