import { CliqueError, equal } from '@clique/crypto'
import type { CliqueId, DeviceId, ErrorCode, MailboxId, OperationId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { recordsBeyond } from '../documents/outgoing.ts'
import { Serial } from '../documents/serial.ts'
import { readSecret } from '../storage/cliques.ts'
import { markItemsRelayed, readItems, readUnrelayedItems } from '../storage/items.ts'
import { readCheckpoint, readMailboxMarks, saveCheckpoint, saveMailboxMark } from '../storage/peers.ts'
import { placeOf } from '../storage/place.ts'
import { markRelayed, readRecordsAt, readUnrelayed, readUnrelayedSequences } from '../storage/records.ts'
import type { CliqueReplica, ControlItem, MailboxMark, OutgoingRecords } from './ports.ts'
import type { ReplicaChange, RosterFacts, SealedRecord, Taken } from './ports.ts'
import { SignerCache, factsOf } from './roster-facts.ts'
import type { Vector } from './vector.ts'

/** Unrelayed items that are compared with what came out of a mailbox. */
const compareLimit = 1024

/** A clique of this profile, as the network sees it: its session and its storage. */
export class SessionReplica implements CliqueReplica {
  readonly session: CliqueSession
  readonly clique: CliqueId
  readonly device: DeviceId
  readonly signer: CliqueReplica['signer']
  readonly peer: string
  readonly netSeed: Uint8Array

  readonly #signers = new SignerCache()
  readonly #listeners = new Set<(change: ReplicaChange) => void>()
  readonly #stopListening: () => void
  /** Items that another device handed over: their maker is likely to bring them to the relay itself. */
  readonly #foreign = new Set<OperationId>()
  /**
   * What comes in by two ways at once is taken in one after the other: then the second copy is seen to be one, and
   * a copy from the relay marks the first as being there.
   */
  readonly #intake = new Serial()
  #facts: { log: CliqueSession['log']; facts: RosterFacts } | null = null

  private constructor(session: CliqueSession, netSeed: Uint8Array) {
    this.session = session
    this.clique = session.clique
    this.device = session.device
    this.signer = session.me.signer
    this.peer = session.profile.peer
    this.netSeed = netSeed
    this.#stopListening = session.onChange((change) => {
      if (change.kind === 'roster') {
        void this.#openSpaces()
        this.#announce({ kind: 'roster' })
        this.#announce({ kind: 'outbox' })
      } else if (change.kind === 'records') {
        this.#announce({ kind: 'records', space: change.space })
        this.#announce({ kind: 'outbox' })
      }
    })
  }

  /** @throws CliqueError `clique-keys-missing`, `storage-failed` */
  static async open(session: CliqueSession): Promise<SessionReplica> {
    const netSeed = await readSecret(session.store, session.clique, 'net')
    if (netSeed === null) throw new CliqueError('clique-keys-missing')
    const replica = new SessionReplica(session, netSeed)
    await replica.#openSpaces()
    return replica
  }

  /** The session stays open: it is its owner's. */
  close(): void {
    this.#stopListening()
    this.#listeners.clear()
  }

  facts(): RosterFacts {
    const { log } = this.session
    if (this.#facts?.log !== log) this.#facts = { log, facts: factsOf(log, this.#signers) }
    return this.#facts.facts
  }

  vector(space: SpaceId, reader = this.device): Promise<Vector> {
    return this.session.vector(space, reader)
  }

  async controlItems(): Promise<ControlItem[]> {
    const { items } = await readItems(this.session.store, this.clique)
    return items.map(toControlItem)
  }

  async recordsBeyond(
    space: SpaceId,
    reader: DeviceId,
    known: Vector,
    bytes: number,
  ): Promise<OutgoingRecords> {
    const documents = await this.session.documents(space)
    return recordsBeyond(documents, known, bytes, this.session.outOfReach(space, reader))
  }

  takeItems(items: readonly Uint8Array[], onRelay: boolean): Promise<Taken> {
    return this.#intake.run(() => this.#takeItems(items, onRelay))
  }

  async #takeItems(items: readonly Uint8Array[], onRelay: boolean): Promise<Taken> {
    const known = new Set(this.session.log.operations.keys())
    const reception = await this.session.receiveItems(items, onRelay)
    if (onRelay) await this.#markSeen(items)
    else for (const id of this.session.log.operations.keys()) if (!known.has(id)) this.#foreign.add(id)
    const { accepted, waiting, refused } = reception
    const given = new Set(items)
    // What had been waiting here is judged along with these. It came from somebody else.
    return {
      accepted,
      waiting,
      ...sortRefusals(refused.filter(({ item, code }) => given.has(item) || isLeft(code))),
    }
  }

  async takeRecords(space: SpaceId, records: readonly Uint8Array[], onRelay: boolean): Promise<Taken> {
    const { accepted, waiting, refused } = await this.#intake.run(() =>
      this.session.receiveRecords(space, records, onRelay),
    )
    return { accepted, waiting, ...sortRefusals(refused) }
  }

  noteVector(space: SpaceId, device: DeviceId, vector: Vector): Promise<void> {
    return this.session.noteVector(space, device, vector)
  }

  async unrelayedItems(whose: 'own' | 'all', limit: number): Promise<ControlItem[]> {
    const items = (await readUnrelayedItems(this.session.store, this.clique, limit)).map(toControlItem)
    return whose === 'all' ? items : items.filter(({ id }) => !this.#foreign.has(id))
  }

  async unrelayedRecords(space: SpaceId, whose: 'own' | 'all', limit: number): Promise<SealedRecord[]> {
    const { store } = this.session
    const place = placeOf(this.clique, space)
    if (whose === 'all') return readUnrelayed(store, place, limit)
    const sequences = await readUnrelayedSequences(store, place, this.device)
    const wanted = [...sequences].toSorted((a, b) => a - b).slice(0, limit)
    const rows = await readRecordsAt(
      store,
      place,
      wanted.map((sequence) => ({ device: this.device, sequence })),
    )
    return rows.toSorted((a, b) => a.sequence - b.sequence)
  }

  markItemsRelayed(items: readonly ControlItem[]): Promise<void> {
    return markItemsRelayed(
      this.session.store,
      this.clique,
      items.map(({ id }) => id),
    )
  }

  markRecordsRelayed(space: SpaceId, records: readonly SealedRecord[]): Promise<void> {
    return markRelayed(this.session.store, this.clique, placeOf(this.clique, space), records)
  }

  mailboxMarks(peer: string): Promise<ReadonlyMap<MailboxId, MailboxMark>> {
    return readMailboxMarks(this.session.store, this.clique, peer)
  }

  saveMailboxMark(peer: string, mailbox: MailboxId, mark: MailboxMark): Promise<void> {
    return saveMailboxMark(this.session.store, this.clique, peer, mailbox, mark)
  }

  checkpoint(peer: string): Promise<Uint8Array | null> {
    return readCheckpoint(this.session.store, this.clique, peer)
  }

  saveCheckpoint(peer: string, head: Uint8Array): Promise<void> {
    return saveCheckpoint(this.session.store, this.clique, peer, head)
  }

  onChange(listener: (change: ReplicaChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #announce(change: ReplicaChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  /** A space that is not open is not followed: what other tabs write there would be noticed late. */
  async #openSpaces(): Promise<void> {
    for (const space of this.session.log.state.spaces.keys()) {
      try {
        await this.session.documents(space)
      } catch (error) {
        // Whoever needs the space next opens it again and hears of the fault.
        if (!(error instanceof CliqueError)) throw error
      }
    }
  }

  /** What lies in the mailbox need not be brought there, though it came here another way. */
  async #markSeen(items: readonly Uint8Array[]): Promise<void> {
    const open = await readUnrelayedItems(this.session.store, this.clique, compareLimit)
    const seen = open.filter(({ bytes }) => items.some((item) => equal(item, bytes)))
    if (seen.length > 0) await this.markItemsRelayed(seen.map(toControlItem))
  }
}

/**
 * Refusals that an honest sender can cause. It may not have heard that an author is out, and it may have met the other
 * branch of a forked chain first: whoever makes such records must not be able to part those who forward them.
 */
const blameless: readonly ErrorCode[] = ['record-stranger', 'chain-forked']

/** Having no room is this device's trouble, not the sender's fault. */
function isLeft(code: ErrorCode): boolean {
  return code === 'waiting-full'
}

function sortRefusals(refused: readonly { readonly code: ErrorCode }[]): Pick<Taken, 'refused' | 'left'> {
  const left = refused.filter(({ code }) => isLeft(code)).length
  const faults = refused.filter(({ code }) => !isLeft(code) && !blameless.includes(code))
  return { refused: faults.length, left }
}

function toControlItem({ id, bytes }: { readonly id: string; readonly bytes: Uint8Array }): ControlItem {
  return { id: id as OperationId, bytes }
}
