import type { MailboxId } from '@clique/crypto/verify'
import type { MailboxKind, Refusal } from '../../protocol/index.ts'

declare const tenantBrand: unique symbol
/** A tenant's id (32 bytes) as lower-case hex. */
export type TenantId = string & { readonly [tenantBrand]: true }

declare const placeBrand: unique symbol
/** A content mailbox of one tenant: the tenant's id and its own, as lower-case hex. */
export type ContentPlace = string & { readonly [placeBrand]: true }
/** Where a mailbox lies. A content mailbox is one within its tenant; of others there is one of a name at the relay. */
export type MailboxPlace = MailboxId | ContentPlace

export function contentPlace(tenant: TenantId, mailbox: MailboxId): ContentPlace {
  return `${tenant}${mailbox}` as ContentPlace
}

/** Each tenant's bytes are counted in five shares, so that none can fill another's. */
export const shares = ['control', 'unattested', 'content', 'invitation', 'recovery'] as const
export type Share = (typeof shares)[number]

export interface Tenant {
  readonly id: TenantId
  readonly control: MailboxId
  /** The tenant that claimed this relay: may let others in. */
  readonly owner: boolean
  /** The newest registered generation, and the newest one that has ended (0 for none). */
  readonly generation: number
  readonly retired: number
  /** The first offset of a new mailbox: above all that were given in those that are gone, as it may be one of them. */
  readonly firstOffset: number
}

export interface Mailbox {
  readonly place: MailboxPlace
  readonly kind: MailboxKind
  readonly tenant: TenantId
  /** First offset still kept; equal to `next` in a control mailbox that is empty. */
  readonly oldest: number
  /** The offset that the next item gets. */
  readonly next: number
}

export interface Batch {
  readonly place: MailboxPlace
  /** Whose the mailbox has to be. */
  readonly tenant: TenantId
  /** Where the mailbox is not there, it is made with this batch in it; null: then there is none. */
  readonly makes: { readonly kind: MailboxKind; readonly maxMailboxes: number } | null
  readonly share: Share
  /** Bytes that the tenant may have in this share, and in this one mailbox, this batch included. */
  readonly shareLimit: number
  readonly mailboxLimit: number
  readonly items: readonly Uint8Array[]
  readonly time: number
  readonly keepUntil: number
  /** The log's leaf, once the first item's offset is known. */
  makeLeaf(first: number): Uint8Array
}

/** A batch that is on disk, with its place in the tenant's log as of the flush that it shared. */
export interface Appended {
  readonly tenant: TenantId
  readonly first: number
  readonly next: number
  readonly leaf: Uint8Array
  readonly index: number
  readonly proof: readonly Uint8Array[]
  readonly size: number
  readonly root: Uint8Array
}

export interface StoredItem {
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface Reading {
  /** Whose the mailbox is. */
  readonly tenant: TenantId
  readonly items: readonly StoredItem[]
  /** Where to read on; all that is kept before it, from the cursor on, is in `items`. */
  readonly to: number
  readonly next: number
}

export interface NewTenant {
  readonly id: TenantId
  readonly tokenHash: Uint8Array
  readonly admin: Uint8Array
  readonly capability: Uint8Array
  readonly controlKey: Uint8Array
  readonly control: MailboxId
}

export interface LogState {
  readonly size: number
  readonly root: Uint8Array
}

/**
 * What the relay keeps. A mailbox but a control mailbox begins with its first batch and is gone with its last, so that
 * none is kept for nothing. Everything answers only when it is on disk. One contract suite (`storage.contract.ts`) runs
 * against every implementation; times come in as arguments, in milliseconds.
 */
export interface RelayStorage {
  /**
   * @throws CliqueError `relay-mailbox-unknown`, `relay-other-tenant`, `relay-mailbox-kind` (it is there, and no such
   *   one as was to be made), `relay-too-many` (mailboxes), `relay-quota`, `relay-mailbox-full`,
   *   `relay-storage-full`; nothing of the batch is then stored. `relay-failed` when the disk errs.
   */
  append(batch: Batch): Promise<Appended>
  /** At least one item where there is one, then up to the limits. Null for an unknown mailbox. */
  read(place: MailboxPlace, cursor: number, maxBytes: number, maxItems: number): Promise<Reading | null>

  findMailbox(place: MailboxPlace): Promise<Mailbox | null>

  findTenant(id: TenantId): Promise<Tenant | null>
  /** By a capability key of the tenant that has this control mailbox, with that key's generation. */
  findCapability(
    control: MailboxId,
    key: Uint8Array,
  ): Promise<{ readonly tenant: Tenant; readonly generation: number } | null>
  /** Whose admin key this is. */
  findAdmin(key: Uint8Array): Promise<Tenant | null>
  /** Null when these are the tenant's admin keys, and no others, without those of other tenants; `by` was one of them before. */
  setAdmins(tenant: TenantId, by: Uint8Array, keys: readonly Uint8Array[]): Promise<Refusal | null>
  /** Null when the tenant now stands, also when the same registration stood before. */
  register(tenant: NewTenant, now: number): Promise<Refusal | null>
  /** Null when that generation now has that key; `by` is one of the tenant's admin keys still. */
  renew(tenant: TenantId, by: Uint8Array, generation: number, key: Uint8Array): Promise<Refusal | null>
  /** Null when that generation and those before it have ended; `by` is one of the tenant's admin keys still. */
  retire(tenant: TenantId, by: Uint8Array, generation: number): Promise<Refusal | null>

  /** The claim token, made at the first call; null once a tenant has claimed the relay. */
  claimToken(make: () => Uint8Array, hash: (token: Uint8Array) => Uint8Array): Promise<Uint8Array | null>
  /** False when `maxOutstanding` tokens are unused. */
  allow(tokenHash: Uint8Array, now: number, expires: number, maxOutstanding: number): Promise<boolean>

  logState(tenant: TenantId): Promise<LogState>
  /** Null for sizes that the log does not have. */
  proveConsistency(tenant: TenantId, oldSize: number, size: number): Promise<readonly Uint8Array[] | null>

  /** Removes at most `max` batches whose time is over, and mailboxes that are empty then; how many batches it were. */
  prune(now: number, max: number): Promise<number>
  /** What was appended before is stored first. */
  close(): Promise<void>
}
