import type { EpochId } from '../ids.ts'
import type { ArchiveId } from './rotation.ts'

/** What a device holds of one epoch. */
export interface HeldEpoch {
  readonly epoch: EpochId
  /** Present only when it came in a wrap for this device, or this device made it: only then is it sent under. */
  readonly secret: Uint8Array | null
  readonly controlKey: Uint8Array | null
  readonly contentRoot: Uint8Array | null
}

/** Every key of one clique that a device holds. A value: never changed once made. */
export interface Keyring {
  readonly epochs: ReadonlyMap<EpochId, HeldEpoch>
  readonly archives: ReadonlyMap<ArchiveId, Uint8Array>
}

export const emptyKeyring: Keyring = { epochs: new Map(), archives: new Map() }

/** Bytes for the vault: everything in it is secret. */
export declare function encodeKeyring(keyring: Keyring): Uint8Array
/** @throws CliqueError `keyring-format` */
export declare function decodeKeyring(bytes: Uint8Array): Keyring
