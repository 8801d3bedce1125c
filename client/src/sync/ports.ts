import type {
  CliqueError,
  CliqueId,
  DeviceId,
  EpochId,
  MailboxId,
  MemberId,
  OperationId,
  RecordId,
  Signer,
  SpaceId,
} from '@clique/crypto'
import type { MailboxKind } from '@clique/relay/protocol'
import type { Capability, MailboxRange, MailboxSigner } from '../network/relay-session.ts'
import type { RelayCheckpoint } from './sync-messages.ts'
import type { Vector } from './vector.ts'

/** Relays of one clique that are used; a roster that names more is not believed to need them. */
export const maxRelays = 4

export interface ContentMailbox extends MailboxSigner {
  readonly space: SpaceId
  readonly epoch: EpochId
  /** The mailbox of the epoch under which this device would send now. */
  readonly isCurrent: boolean
}

export interface KnownRelay {
  /** http(s) origin. */
  readonly url: string
  /** PeerId as text. */
  readonly peer: string
}

/** A device of the roster that may be dialled. */
export interface RosterDevice {
  readonly device: DeviceId
  readonly member: MemberId
  readonly peer: string
  /** Entitled now: in, not quarantined. */
  readonly isIn: boolean
}

/** The parts of a clique's log that the network needs, as they are at one moment. */
export interface RosterFacts {
  readonly heads: readonly OperationId[]
  /** Those that this device's member is in. */
  readonly spaces: readonly SpaceId[]
  readonly relays: readonly KnownRelay[]
  readonly devices: ReadonlyMap<DeviceId, RosterDevice>
  /** Newest epoch first. */
  readonly gateKeys: readonly { readonly key: Uint8Array }[]
  readonly control: MailboxSigner
  /** Of all epochs that this device can open, newest first per space. */
  readonly contents: readonly ContentMailbox[]
  /** Newest first; a relay may not have heard of the newest yet. */
  readonly capabilities: readonly Capability[]
  knowsOperation(id: OperationId): boolean
  /** Those of `spaces` that another device's member is in, too: of the others it is to hear nothing. */
  spacesWith(device: DeviceId): readonly SpaceId[]
}

/** Of a device whose own place in the clique has ended: it sends nothing, and is linked with nobody. */
export function factsOfEnded(facts: RosterFacts, isOver: boolean): RosterFacts {
  const devices = [...facts.devices].map(([id, one]) => [id, { ...one, isIn: false }] as const)
  // Until the others can be sure to know, and for word that it was an error, the control mailbox is followed.
  const relays = isOver ? [] : facts.relays
  return {
    ...facts,
    relays,
    devices: new Map(devices),
    spaces: [],
    contents: [],
    capabilities: [],
    spacesWith: () => [],
  }
}

export interface ControlItem {
  readonly id: OperationId
  readonly bytes: Uint8Array
}

/** How far one mailbox at one relay was read. */
export interface MailboxMark {
  /** Everything before this offset was taken in. */
  readonly cursor: number
  /** When a mailbox that is followed no more was last read to its end, by the relay's clock; null before that. */
  readonly settledAt: number | null
}

export interface SealedRecord {
  readonly device: DeviceId
  readonly sequence: number
  readonly bytes: Uint8Array
  /** Its id, where it lies aside of its chain and another may have its place there. */
  readonly aside?: RecordId
}

export interface OutgoingRecords {
  /** In chain order per device. */
  readonly records: readonly SealedRecord[]
  /** Chains that hold nothing for the reader up to these sequences. */
  readonly passedOver: Vector
}

/** What became of things that came from outside. Records for others alone are passed over, and count for nothing. */
export interface Taken {
  readonly accepted: number
  /** Kept until what they need is there. */
  readonly waiting: number
  readonly refused: number
  /** Would have had to wait and found no room. Nobody's fault: they have to come again, or they are lost. */
  readonly left: number
}

/** What is done with mailboxes in a relay's session: see `RelaySession`. */
export interface MailboxSession {
  readonly isOver: boolean
  readonly ended: Promise<CliqueError>
  /** The relay's clock, milliseconds since 1970. */
  readonly relayNow: number
  openMailbox(box: MailboxSigner, kind: MailboxKind): Promise<{ oldest: number; next: number }>
  closeMailbox(mailbox: MailboxId): Promise<void>
  subscribe(mailbox: MailboxId): Promise<number>
  read(mailbox: MailboxId, cursor: number, maxBytes: number): Promise<MailboxRange>
  append(
    mailbox: MailboxId,
    items: readonly Uint8Array[],
    keepUntil: number,
  ): Promise<{ readonly leaf: { readonly first: number } }>
  close(): void
}

/** What this device made, or everybody's. */
export type Whose = 'own' | 'all'

export type ReplicaChange =
  | { readonly kind: 'roster' }
  | { readonly kind: 'records'; readonly space: SpaceId }
  /** Something is there that not every relay has confirmed. */
  | { readonly kind: 'outbox' }

/** What this device knows of the logs of its relays, seen from its links. */
export interface Checkpoints {
  /** The latest verified one of each relay that has one. */
  latest(): Promise<readonly RelayCheckpoint[]>
  /** Something that another device says that a relay signed. Never rejects. */
  heard(from: DeviceId, checkpoint: RelayCheckpoint): Promise<void>
  /** Calls back when `latest` gives others. Returns the function that stops listening. */
  onLatest(listener: () => void): () => void
}

/**
 * One clique as this device keeps it, seen from the network: what it holds, what is taken in, what waits to be
 * sent. Implemented over a `CliqueSession` in replica.ts; tests implement it in memory.
 */
export interface CliqueReplica {
  readonly clique: CliqueId
  readonly device: DeviceId
  readonly signer: Signer
  /** PeerId as text, and the seed of its key. */
  readonly peer: string
  readonly netSeed: Uint8Array

  facts(): RosterFacts
  /** What is held; for a `reader` without the chains that they are not meant to open. */
  vector(space: SpaceId, reader?: DeviceId): Promise<Vector>
  controlItems(): Promise<readonly ControlItem[]>
  /**
   * What `reader` is meant to open and lacks who holds `known`; about `bytes` of it. `told`: what they were told of forked
   * chains already, to which what is now told is added.
   */
  recordsBeyond(
    space: SpaceId,
    reader: DeviceId,
    known: Vector,
    bytes: number,
    told: Set<string>,
  ): Promise<OutgoingRecords>

  /** `relay`: the PeerId of the one out of whose mailbox they came; null for what a device handed over. */
  takeItems(items: readonly Uint8Array[], relay: string | null): Promise<Taken>
  takeRecords(space: SpaceId, records: readonly Uint8Array[], relay: string | null): Promise<Taken>
  noteVector(space: SpaceId, device: DeviceId, vector: Vector): Promise<void>
  /** The roster heads that a linked device says it holds. */
  noteHeads(device: DeviceId, heads: readonly OperationId[]): Promise<void>

  /** What that relay (by its PeerId) is not known to have, oldest first. `own`: only what was made here. */
  unrelayedItems(relay: string, whose: Whose, limit: number): Promise<readonly ControlItem[]>
  /** Each chain in order. `since`: nothing older, unless no relay has it at all. */
  unrelayedRecords(
    relay: string,
    space: SpaceId,
    whose: Whose,
    limit: number,
    since: number,
  ): Promise<readonly SealedRecord[]>
  markItemsRelayed(relay: string, items: readonly ControlItem[]): Promise<void>
  markRecordsRelayed(relay: string, space: SpaceId, records: readonly SealedRecord[]): Promise<void>
  /** How far each mailbox of a relay (`peer`: its PeerId) was read. */
  mailboxMarks(peer: string): Promise<ReadonlyMap<MailboxId, MailboxMark>>
  saveMailboxMark(peer: string, mailbox: MailboxId, mark: MailboxMark): Promise<void>
  /** The latest verified state of this clique's log at a relay (`peer`: its PeerId), as it was saved. */
  checkpoint(peer: string): Promise<Uint8Array | null>
  saveCheckpoint(peer: string, head: Uint8Array): Promise<void>
  /** The proof that a relay showed more than one log, as it was saved. */
  logProof(peer: string): Promise<Uint8Array | null>
  saveLogProof(peer: string, proof: Uint8Array): Promise<void>
  /** Where a relay takes WebRTC, as `writePlace` gave it; null where it does not. */
  webRtcPlace(peer: string): Promise<string | null>
  saveWebRtcPlace(peer: string, place: string | null): Promise<void>

  /** Returns the function that stops listening. */
  onChange(listener: (change: ReplicaChange) => void): () => void
}
