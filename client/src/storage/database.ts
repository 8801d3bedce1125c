import { Dexie } from 'dexie'
import type { EntityTable, Table } from 'dexie'
import type {
  ChunkId,
  CliqueId,
  DeviceId,
  InviteId,
  KeyId,
  MailboxId,
  MemberId,
  OperationId,
  RecordId,
  SpaceId,
} from '@clique/crypto'
import type { WebCryptoKey, WebCryptoKeyPair } from '@clique/crypto'
import type { Place } from './place.ts'
import type { AsideRow, ForkRow, RecordRow } from './record-rows.ts'

export type { AsideRow, ForkRow, RecordRow } from './record-rows.ts'

/**
 * The one database of a browser profile. Keys are opaque ids; what a person could read is sealed under the vault
 * key, or rests sealed as it came from others.
 *
 * `place` stands for one space of one clique (see `place.ts`). `order` is given by the database, grows with every
 * commit, and is the mark from which another tab catches up.
 */
export interface MetaRow {
  readonly key: string
  readonly value: WebCryptoKey | Uint8Array
}

export interface CliqueRow {
  readonly clique: CliqueId
  readonly sealed: Uint8Array
}

/** A sealed secret, or the signing key pair, which never leaves WebCrypto. */
export interface SecretRow {
  readonly clique: CliqueId
  readonly name: string
  readonly sealed?: Uint8Array
  readonly pair?: WebCryptoKeyPair
}

/** A control item as it came or was made. */
export interface ItemRow {
  readonly order?: number
  readonly clique: CliqueId
  readonly id: string
  readonly bytes: Uint8Array
  /** Its author handed the keys to others than the roster says; the bytes are without those wraps. */
  readonly wrongWraps?: true
  /** When it came or was made, in milliseconds since 1970 by this device's clock. What one began with has none. */
  readonly heardAt?: number
}

/** The roster heads that a device of somebody else said last. */
export interface HeardHeadsRow {
  readonly clique: CliqueId
  readonly device: DeviceId
  readonly heads: readonly OperationId[]
}

export interface KeyringRow {
  readonly clique: CliqueId
  readonly sealed: Uint8Array
}

/** The generation up to which a relay lets nobody in any more, as far as it was asked. */
export interface RetiredAtRelayRow {
  readonly clique: CliqueId
  readonly relay: string
  readonly generation: number
}

/** A control item that a relay has. */
export interface ItemAtRelayRow {
  readonly clique: CliqueId
  readonly relay: string
  readonly id: string
}

/** Of each device the last sequence up to which a relay has all records of this place. */
export interface HeldByRelayRow {
  readonly place: Place
  readonly relay: string
  readonly held: Readonly<Record<string, number>>
}

/** A record that a relay has, though it lacks one before it. */
export interface AtRelayRow {
  readonly place: Place
  readonly relay: string
  readonly device: DeviceId
  readonly sequence: number
}

/** A record that no relay at all has confirmed yet. */
export interface OutboxRow {
  readonly place: Place
  readonly device: DeviceId
  readonly sequence: number
  readonly order: number
}

/** What a device's records said last that it holds of another device's chain in the same place. */
export interface AcknowledgementRow {
  readonly place: Place
  /** Who says it, in the record of this sequence and id. */
  readonly by: DeviceId
  readonly at: number
  readonly id: RecordId
  /** Of whom, and up to which record. */
  readonly device: DeviceId
  readonly sequence: number
  readonly record: RecordId
}

/** The first record of a device in a place that names a roster in which another device is out. */
export interface OutKnownRow {
  readonly place: Place
  readonly by: DeviceId
  readonly at: number
  readonly device: DeviceId
}

/** The end of one device's chain in one place. */
export interface HeadRow {
  readonly place: Place
  readonly device: DeviceId
  readonly sequence: number
  readonly id: RecordId
  readonly keyId: KeyId
  /** As in `RecordRow`. */
  readonly stretch?: number | undefined
}

/** What is known of a document without opening it. */
export interface DocumentRow {
  readonly place: Place
  readonly document: string
  /** Highest hybrid time in it. */
  readonly newest: number
  /** Entries in it. */
  readonly count: number
  /** `order` of its last record: a snapshot with a lower mark is behind. */
  readonly mark: number
}

export interface SnapshotRow {
  readonly place: Place
  readonly document: string
  /** Records up to this `order` are in it. */
  readonly mark: number
  /** It holds what stood after so many swaps of branches in this place; of before any where it says nothing. */
  readonly swaps?: number
  readonly sealed: Uint8Array
}

export interface PlaceSealedRow {
  readonly place: Place
  readonly sealed: Uint8Array
}

/** What a device of somebody else says that it holds: device -> last sequence. */
export interface VectorRow {
  readonly place: Place
  readonly peer: DeviceId
  readonly held: Readonly<Record<string, number>>
}

/** How far a mailbox was read at one relay: each gives offsets of its own. */
export interface CursorRow {
  readonly clique: CliqueId
  readonly relay: string
  readonly mailbox: MailboxId
  readonly cursor: number
  readonly settledAt: number | null
}

export interface CheckpointRow {
  readonly clique: CliqueId
  readonly relay: string
  readonly bytes: Uint8Array
}

/** Two statements of a relay that cannot both be true of one log. */
export interface LogProofRow {
  readonly clique: CliqueId
  readonly relay: string
  readonly bytes: Uint8Array
}

/** An invitation that was made here. `package` is sealed for whoever has the link, and rests as it travels. */
export interface InvitationRow {
  readonly clique: CliqueId
  readonly invite: InviteId
  readonly sealed: Uint8Array
  readonly package: Uint8Array
  /** Whether a relay holds the package. */
  readonly uploaded: 0 | 1
}

/** Bytes that cannot be judged yet. `pool` is a place, or a clique for its control items. */
export interface WaitingRow {
  readonly order?: number
  readonly pool: string
  readonly id: string
  readonly bytes: Uint8Array
  /** PeerIds of the relays that have it. */
  readonly relays: readonly string[]
  /** The member whose share of the room it takes; empty where that is not known. */
  readonly author: MemberId | ''
}

/** A chunk that is held. Beside its bytes, so that asking what is held reads none of them. */
export interface ChunkRow {
  readonly clique: CliqueId
  readonly chunk: ChunkId
  readonly size: number
  /** The file in which it lies, from byte `at` on; without one it lies in `chunkBytes`. */
  readonly pack?: string
  readonly at?: number
}

export interface ChunkBytesRow {
  readonly clique: CliqueId
  readonly chunk: ChunkId
  /** Sealed, as it travels. */
  readonly bytes: Uint8Array
}

/** A chunk that this device wants from whoever of the clique holds it. `space`: where it was asked for. */
export interface WantRow {
  readonly order?: number
  readonly clique: CliqueId
  readonly space: SpaceId
  readonly chunk: ChunkId
  readonly urgency: number
  /** Whose message names it. */
  readonly author?: MemberId
}

/** A chunk that is to be brought to a relay, named by its PeerId. */
export interface UploadRow {
  readonly order?: number
  readonly clique: CliqueId
  readonly relay: string
  readonly space: SpaceId
  readonly chunk: ChunkId
  /** The relay came after the message was sent: nothing on screen waits for it. */
  readonly isLate?: true
}

/** A held chunk that no message names: it was made for a draft. */
export interface DraftedRow {
  readonly clique: CliqueId
  readonly chunk: ChunkId
}

/** A chunk of a file that was sent from here. */
export interface SentChunkRow {
  readonly order?: number
  readonly clique: CliqueId
  readonly space: SpaceId
  readonly chunk: ChunkId
  /** Milliseconds since 1970, by this device's clock. */
  readonly sentAt: number
}

/** A conversation of which all was deleted here. */
export interface ForgottenRow {
  readonly place: Place
  /** What had let this device's member in last: it is shown again once they are let in anew. */
  readonly since: OperationId
  /** The last record that this device wrote there. */
  readonly own: number
}

/** A relay for which there are, or were, errands for all that was sent from here. */
export interface SuppliedRelayRow {
  readonly clique: CliqueId
  readonly relay: string
}

export class CliqueDatabase extends Dexie {
  declare readonly meta: EntityTable<MetaRow, 'key'>
  declare readonly cliques: EntityTable<CliqueRow, 'clique'>
  declare readonly secrets: Table<SecretRow, [CliqueId, string]>
  declare readonly items: Table<ItemRow, number>
  declare readonly keyrings: EntityTable<KeyringRow, 'clique'>
  declare readonly records: Table<RecordRow, number>
  declare readonly outbox: Table<OutboxRow, [Place, DeviceId, number]>
  declare readonly itemsAtRelay: Table<ItemAtRelayRow, [CliqueId, string, string]>
  declare readonly heldByRelay: Table<HeldByRelayRow, [Place, string]>
  declare readonly aheadAtRelay: Table<AtRelayRow, [Place, string, DeviceId, number]>
  declare readonly forks: Table<ForkRow, [Place, DeviceId]>
  declare readonly acknowledgements: Table<AcknowledgementRow, [Place, DeviceId, DeviceId]>
  declare readonly outKnown: Table<OutKnownRow, [Place, DeviceId, DeviceId]>
  declare readonly aside: Table<AsideRow, number>
  declare readonly heads: Table<HeadRow, [Place, DeviceId]>
  declare readonly documents: Table<DocumentRow, [Place, string]>
  declare readonly snapshots: Table<SnapshotRow, [Place, string]>
  declare readonly views: EntityTable<PlaceSealedRow, 'place'>
  declare readonly vectors: Table<VectorRow, [Place, DeviceId]>
  declare readonly cursors: Table<CursorRow, [CliqueId, string, MailboxId]>
  declare readonly checkpoints: Table<CheckpointRow, [CliqueId, string]>
  declare readonly logProofs: Table<LogProofRow, [CliqueId, string]>
  declare readonly invitations: Table<InvitationRow, [CliqueId, InviteId]>
  declare readonly drafts: EntityTable<PlaceSealedRow, 'place'>
  declare readonly reads: EntityTable<PlaceSealedRow, 'place'>
  declare readonly waiting: Table<WaitingRow, number>
  declare readonly chunks: Table<ChunkRow, [CliqueId, ChunkId]>
  declare readonly chunkBytes: Table<ChunkBytesRow, [CliqueId, ChunkId]>
  declare readonly wants: Table<WantRow, number>
  declare readonly uploads: Table<UploadRow, number>
  declare readonly drafted: Table<DraftedRow, [CliqueId, ChunkId]>
  declare readonly sentChunks: Table<SentChunkRow, number>
  declare readonly suppliedRelays: Table<SuppliedRelayRow, [CliqueId, string]>
  declare readonly ends: EntityTable<CliqueRow, 'clique'>
  declare readonly retiredAtRelay: Table<RetiredAtRelayRow, [CliqueId, string]>
  declare readonly forgotten: EntityTable<ForgottenRow, 'place'>
  declare readonly heardHeads: Table<HeardHeadsRow, [CliqueId, DeviceId]>

  constructor(name: string) {
    // Strict: an acknowledged write is on the disk, not in the browser's buffers.
    super(name, { chromeTransactionDurability: 'strict' })
    // A version that was once released is never edited: a change is a further version.
    this.version(1).stores({
      meta: '&key',
      cliques: '&clique',
      secrets: '&[clique+name]',
      items: '++order, &[clique+id], [clique+order]',
      keyrings: '&clique',
      records: '++order, &[place+device+sequence], [place+order], [place+document+order]',
      outbox: '&[place+device+sequence], [place+order]',
      itemsAtRelay: '&[clique+relay+id], [clique+id]',
      heldByRelay: '&[place+relay]',
      aheadAtRelay: '&[place+relay+device+sequence]',
      forks: '&[place+device]',
      heads: '&[place+device]',
      documents: '&[place+document], [place+newest]',
      snapshots: '&[place+document]',
      views: '&place',
      vectors: '&[place+peer]',
      cursors: '&[clique+relay+mailbox]',
      checkpoints: '&[clique+relay]',
      logProofs: '&[clique+relay]',
      invitations: '&[clique+invite]',
      drafts: '&place',
      reads: '&place',
      waiting: '++order, &[pool+id]',
      chunks: '&[clique+chunk]',
      chunkBytes: '&[clique+chunk]',
      wants: '++order, &[clique+chunk], [clique+urgency+order]',
      uploads: '++order, &[clique+relay+chunk], [clique+chunk], [clique+relay+order]',
    })
    this.version(2).stores({
      chunks: '&[clique+chunk], pack',
      drafted: '&[clique+chunk]',
      sentChunks: '++order, &[clique+chunk], [clique+sentAt]',
      suppliedRelays: '&[clique+relay]',
    })
    this.version(3).stores({
      ends: '&clique',
      heardHeads: '&[clique+device]',
      acknowledgements: '&[place+by+device], [place+device]',
      retiredAtRelay: '&[clique+relay]',
      outKnown: '&[place+by+device], [place+device]',
      aside: '++order, &[place+id], [place+device+sequence]',
    })
    this.version(4).stores({ forgotten: '&place' })
    this.version(5).stores({ aside: '++order, &[place+id], [place+device+sequence], [place+document]' })
  }
}
