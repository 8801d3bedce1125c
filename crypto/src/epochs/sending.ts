import type { EpochId, KeyId, MailboxId, SpaceId } from '../ids.ts'
import type { CliqueLog } from '../roster/log.ts'

export interface SpaceKey {
  readonly epoch: EpochId
  readonly keyId: KeyId
  readonly recordKey: Uint8Array
}

/** An Ed25519 key pair that names a mailbox or proves a capability. */
export interface NamedKeyPair {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
}

/** The deepest epoch whose holders are all entitled and that came to this device in a wrap; then the lowest id. */
export declare function safeEpoch(log: CliqueLog, space?: SpaceId): EpochId | null
/** Null when there is no safe epoch: rotate, or queue. */
export declare function sendingKey(log: CliqueLog, space: SpaceId): SpaceKey | null
/** Every content key of this space that the device may open. */
export declare function spaceKeys(log: CliqueLog, space: SpaceId): ReadonlyMap<KeyId, SpaceKey>
/** Newest first. `current`: where one sends; the others still have to be read. */
export declare function contentMailboxes(
  log: CliqueLog,
  space: SpaceId,
): readonly { epoch: EpochId; keyPair: NamedKeyPair; mailbox: MailboxId; current: boolean }[]
export declare function controlMailbox(log: CliqueLog): { keyPair: NamedKeyPair; mailbox: MailboxId }
/** The capability in force, and those before it that a relay may still know, newest first. */
export declare function capability(log: CliqueLog): { generation: number; keyPair: NamedKeyPair }
export declare function capabilities(log: CliqueLog): readonly { generation: number; keyPair: NamedKeyPair }[]
/** Newest first. */
export declare function gateKeys(log: CliqueLog): readonly { epoch: EpochId; key: Uint8Array }[]
export declare function liveRoom(
  log: CliqueLog,
  space: SpaceId,
): { epoch: EpochId; name: string; password: string } | null
