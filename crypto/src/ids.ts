import { fromHex, toHex } from './bytes.ts'
import { CliqueError } from './errors.ts'
import type { Random } from './platform.ts'

declare const brand: unique symbol
type Branded<Kind> = string & { readonly [brand]: Kind }

/** Hash of the genesis operation. */
export type CliqueId = Branded<'clique'>
/** Labelled hash of an operation's signed bytes. */
export type OperationId = Branded<'operation'>
/** The device's Ed25519 public key. */
export type DeviceId = Branded<'device'>
/** The member root's Ed25519 public key. */
export type MemberId = Branded<'member'>
/** The invitation's Ed25519 public key. */
export type InviteId = Branded<'invite'>
/** Commitment to the epoch secret. */
export type EpochId = Branded<'epoch'>
/** Random. */
export type SpaceId = Branded<'space'>
/** Random, fresh at every start of a tab. */
export type SessionId = Branded<'session'>
/** Names a symmetric key; follows from the commitment to the secret that the key comes from. */
export type KeyId = Branded<'key'>
/** Labelled hash of a record's signed bytes. */
export type RecordId = Branded<'record'>
/** Labelled hash of the mailbox's Ed25519 public key. */
export type MailboxId = Branded<'mailbox'>
/** Labelled hash of an encrypted chunk. */
export type ChunkId = Branded<'chunk'>

export interface Ids {
  clique: CliqueId
  operation: OperationId
  device: DeviceId
  member: MemberId
  invite: InviteId
  epoch: EpochId
  space: SpaceId
  session: SessionId
  key: KeyId
  record: RecordId
  mailbox: MailboxId
  chunk: ChunkId
}
export type IdKind = keyof Ids
export type AnyId = Ids[IdKind]

/** Bytes of each kind of id; its text is twice as many lower-case hex digits. */
export const idSizes: Readonly<Record<IdKind, number>> = {
  clique: 32,
  operation: 32,
  device: 32,
  member: 32,
  invite: 32,
  epoch: 32,
  space: 16,
  session: 8,
  key: 16,
  record: 32,
  mailbox: 32,
  chunk: 32,
}

/** @throws CliqueError `id-length` */
export function bytesToId<Kind extends IdKind>(kind: Kind, bytes: Uint8Array): Ids[Kind] {
  if (bytes.length !== idSizes[kind]) throw new CliqueError('id-length')
  return toHex(bytes) as Ids[Kind]
}

export function idToBytes(id: AnyId): Uint8Array {
  return fromHex(id)
}

export function isId<Kind extends IdKind>(kind: Kind, text: unknown): text is Ids[Kind] {
  return typeof text === 'string' && text.length === 2 * idSizes[kind] && /^[0-9a-f]*$/.test(text)
}

/** @throws CliqueError `id-invalid` */
export function textToId<Kind extends IdKind>(kind: Kind, text: string): Ids[Kind] {
  if (!isId(kind, text)) throw new CliqueError('id-invalid')
  return text
}

export function makeSpaceId(random: Random): SpaceId {
  return bytesToId('space', random(idSizes.space))
}

export function makeSessionId(random: Random): SessionId {
  return bytesToId('session', random(idSizes.session))
}
