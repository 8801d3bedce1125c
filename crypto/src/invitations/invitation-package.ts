import type { KemPair } from '../hpke.ts'
import type { CliqueId, InviteId, MailboxId } from '../ids.ts'
import type { Accent, HistoryRule, RelayAddress } from '../roster/operation.ts'
import type { Role } from '../roster/roles.ts'
import type { Signer } from '../signature.ts'

export interface InvitationKeys {
  readonly invite: InviteId
  readonly signer: Signer
  readonly kem: KemPair
  /** Ed25519 seed and public key of the invitation mailbox. */
  readonly mailboxSeed: Uint8Array
  readonly mailboxKey: Uint8Array
  readonly mailbox: MailboxId
  readonly packageKey: Uint8Array
}

/** Shown before joining. A claim of whoever made the link: the roster decides once it is folded. */
export interface InvitationPreview {
  readonly cliqueName: string
  readonly accent: Accent
  readonly inviterName: string
  readonly history: HistoryRule
  readonly role: Role
  readonly expiresAt: number
}

export interface OpenedPackage {
  readonly clique: CliqueId
  readonly preview: InvitationPreview
  readonly relays: readonly RelayAddress[]
  /** Where the clique's items lie, to be read and appended to. */
  readonly controlMailbox: {
    readonly seed: Uint8Array
    readonly publicKey: Uint8Array
    readonly mailbox: MailboxId
  }
  readonly keys: InvitationKeys
}

export declare function deriveInvitationKeys(secret: Uint8Array): Promise<InvitationKeys>
/** @throws CliqueError `invite-package-broken` */
export declare function openInvitationPackage(secret: Uint8Array, bytes: Uint8Array): Promise<OpenedPackage>
