import { CliqueError, equal, isBuiltOn } from '@clique/crypto'
import type { CliqueId, DeviceId, ErrorCode, MailboxId, OperationId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { KnownEnd } from '../documents/end-watch.ts'
import { groundLacking, recordsBeyond } from '../documents/outgoing.ts'
import { takenIn, weighWanted } from '../documents/wanted.ts'
import { Serial } from '../documents/serial.ts'
import { beginsWithin } from '../documents/visibility.ts'
import { readClique, readSecret, saveWebRtcPlace } from '../storage/cliques.ts'
import { markAsideRelayed } from '../storage/forks.ts'
import { saveHeardHeads } from '../storage/heard-heads.ts'
import { markItemsRelayed, readItems, readItemsById, readUnrelayedItems } from '../storage/items.ts'
import {
  readCheckpoint,
  readLogProof,
  readMailboxMarks,
  saveCheckpoint,
  saveLogProof,
  saveMailboxMark,
} from '../storage/peers.ts'
import { readHeldByRelay, readItemsAtRelays } from '../storage/at-relay.ts'
import type { RecordRow } from '../storage/database.ts'
import { placeOf } from '../storage/place.ts'
import type { Place } from '../storage/place.ts'
import { markRelayed, readHeads, readLacking } from '../storage/records.ts'
import { readUnrelayedSequences } from '../storage/unsent.ts'
import { factsOfEnded } from './ports.ts'
import type { CliqueReplica, ControlItem, MailboxMark, OutgoingRecords } from './ports.ts'
import type { ReplicaChange, RosterFacts, SealedRecord, Taken, Whose } from './ports.ts'
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
  /** Handed over by another device. That of an operation without a device for author is not known otherwise. */
  readonly #foreign = new Set<OperationId>()
  /**
   * What comes in by two ways at once is taken in one after the other: then the second copy is seen to be one, and
   * a copy from the relay marks the first as being there.
   */
  readonly #intake = new Serial()
  #facts: { log: CliqueSession['log']; end: KnownEnd | null; facts: RosterFacts } | null = null
  /** A relay has the operation by which this device ended its own part, or a device of somebody else. */
  #isLeaveHeard = false

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
    const there = await readItemsAtRelays(session.store, session.clique, replica.#ownLeave())
    if (there.size > 0) replica.#leaveHeard()
    return replica
  }

  /** The session stays open: it is its owner's. */
  close(): void {
    this.#stopListening()
    this.#listeners.clear()
  }

  facts(): RosterFacts {
    const { log, end } = this.session
    if (this.#facts?.log !== log || this.#facts.end !== end) {
      const facts = factsOf(log, this.device, this.#signers)
      this.#facts = { log, end, facts: end === null ? facts : this.#factsOfEnded(facts, end) }
    }
    return this.#facts.facts
  }

  /** Whoever leaves goes on until somebody has heard of it. A notice may turn out to be an error as long as items come. */
  #factsOfEnded(facts: RosterFacts, { end, noticedAt }: KnownEnd): RosterFacts {
    if (this.#ownLeave().length > 0 && !this.#isLeaveHeard) return facts
    const isProven = noticedAt === null && end.kind !== 'removed' && end.kind !== 'quarantined'
    return factsOfEnded(facts, isProven)
  }

  async noteHeads(device: DeviceId, heads: readonly OperationId[]): Promise<void> {
    const { store, log } = this.session
    await saveHeardHeads(store, this.clique, device, heads)
    if (this.#ownLeave().some((leave) => heads.some((head) => isBuiltOn(log, leave, head))))
      this.#leaveHeard()
  }

  /** By which the member left, or this device put itself out. */
  #ownLeave(): readonly OperationId[] {
    const { log, member } = this.session
    const kind = this.session.end?.end.kind
    if (kind === 'left') return log.state.members.get(member)?.endedBy ?? []
    if (kind !== 'device-removed') return []
    const ends = log.state.devices.get(this.device)?.endedBy ?? []
    return ends.filter((id) => log.graph.get(id)?.device === this.device)
  }

  #leaveHeard(): void {
    if (this.#isLeaveHeard) return
    this.#isLeaveHeard = true
    this.#facts = null
    this.#announce({ kind: 'roster' })
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
    told: Set<string>,
  ): Promise<OutgoingRecords> {
    const documents = await this.session.documents(space)
    const outOfReach = this.session.outOfReach(space, reader)
    return recordsBeyond(documents, known, bytes, outOfReach, (device, forkedAt) => {
      const name = `${space} ${device} ${forkedAt}`
      if (told.has(name)) return false
      told.add(name)
      return true
    })
  }

  takeItems(items: readonly Uint8Array[], relay: string | null): Promise<Taken> {
    return this.#intake.run(() => this.#takeItems(items, relay))
  }

  async #takeItems(items: readonly Uint8Array[], relay: string | null): Promise<Taken> {
    const known = new Set(this.session.log.operations.keys())
    const reception = await this.session.receiveItems(items, relay)
    if (relay !== null) await this.#markSeen(relay, items)
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

  async takeRecords(space: SpaceId, records: readonly Uint8Array[], relay: string | null): Promise<Taken> {
    // Whoever has not heard yet that this device is out may still send: it is not for it any more.
    if (this.session.end !== null) return { accepted: 0, waiting: 0, refused: 0, left: 0 }
    const { accepted, waiting, refused } = await this.#intake.run(() =>
      this.session.receiveRecords(space, records, relay),
    )
    return { accepted, waiting, ...sortRefusals(refused) }
  }

  noteVector(space: SpaceId, device: DeviceId, vector: Vector): Promise<void> {
    return this.session.noteVector(space, device, vector)
  }

  async unrelayedItems(relay: string, whose: Whose, limit: number): Promise<ControlItem[]> {
    const { store } = this.session
    const ids = await readUnrelayedItems(store, this.clique, relay)
    const wanted = whose === 'all' ? ids : await this.#ownOf(ids)
    return (await readItemsById(store, this.clique, wanted, limit)).map(toControlItem)
  }

  /** The makers of the others are likely to bring them to a relay themselves. */
  async #ownOf(ids: readonly string[]): Promise<string[]> {
    const { store, log } = this.session
    const there = await readItemsAtRelays(store, this.clique, ids)
    return ids.filter((id) => {
      const operation = id as OperationId
      const author = log.operations.get(operation)?.author
      if (author?.kind === 'device') return author.id === this.device
      return !there.has(id) && !this.#foreign.has(operation)
    })
  }

  async unrelayedRecords(
    relay: string,
    space: SpaceId,
    whose: Whose,
    limit: number,
    since: number,
  ): Promise<SealedRecord[]> {
    const { store } = this.session
    const place = placeOf(this.clique, space)
    const documents = await this.session.documents(space)
    await weighWanted(documents)
    const heads = await readHeads(store, place)
    const held = await readHeldByRelay(store, place, relay)
    const ground: SealedRecord[] = []
    for (const device of documents.forks.keys()) {
      if (whose === 'own' && device !== this.device) continue
      ground.push(...(await groundLacking(documents, device, relay, since)).slice(0, limit - ground.length))
    }
    const rows: RecordRow[] = []
    for (const { device, sequence } of heads) {
      if (ground.length + rows.length >= limit) break
      if ((whose === 'own' && device !== this.device) || sequence <= (held[device] ?? 0)) continue
      const lacking = await this.#lacking(relay, place, device, limit - ground.length - rows.length, since)
      // What is hidden is handed on to nobody, and lies behind what is shown.
      const shown = takenIn(documents, device)
      rows.push(...lacking.filter((row) => beginsWithin(shown, row)))
    }
    // As they came here: nothing stands before what it answers.
    return [...ground, ...rows.toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))]
  }

  /** Passes over what is so old that a relay would not have it any more. */
  async #lacking(
    relay: string,
    place: Place,
    device: DeviceId,
    limit: number,
    since: number,
  ): Promise<RecordRow[]> {
    const { store } = this.session
    for (;;) {
      const rows = await readLacking(store, place, relay, device, limit)
      if (rows.every(({ receivedAt }) => receivedAt >= since)) return rows
      const unsent = await readUnrelayedSequences(store, place, device)
      const isOver = ({ receivedAt, sequence }: RecordRow): boolean =>
        receivedAt < since && !unsent.has(sequence)
      const over = rows.filter(isOver)
      if (over.length === 0) return rows
      await markRelayed(store, this.clique, place, relay, over)
      if (over.length < rows.length) return rows.filter((row) => !isOver(row))
    }
  }

  async markItemsRelayed(relay: string, items: readonly ControlItem[]): Promise<void> {
    const ids = items.map(({ id }) => id)
    await markItemsRelayed(this.session.store, this.clique, relay, ids)
    if (this.#ownLeave().some((leave) => ids.includes(leave))) this.#leaveHeard()
  }

  async markRecordsRelayed(relay: string, space: SpaceId, records: readonly SealedRecord[]): Promise<void> {
    const { store } = this.session
    const place = placeOf(this.clique, space)
    const standing = records.filter(({ aside }) => aside === undefined)
    await markAsideRelayed(
      store,
      place,
      relay,
      records.flatMap(({ aside = [] }) => aside),
    )
    await markRelayed(store, this.clique, place, relay, standing)
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

  logProof(peer: string): Promise<Uint8Array | null> {
    return readLogProof(this.session.store, this.clique, peer)
  }

  saveLogProof(peer: string, proof: Uint8Array): Promise<void> {
    return saveLogProof(this.session.store, this.clique, peer, proof)
  }

  async webRtcPlace(peer: string): Promise<string | null> {
    return (await readClique(this.session.store, this.clique)).webRtc?.[peer] ?? null
  }

  saveWebRtcPlace(peer: string, place: string | null): Promise<void> {
    return saveWebRtcPlace(this.session.store, this.clique, peer, place)
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
    for (const space of this.facts().spaces) {
      try {
        await this.session.documents(space)
      } catch (error) {
        // Whoever needs the space next opens it again and hears of the fault.
        if (!(error instanceof CliqueError)) throw error
      }
    }
  }

  /** What lies in the mailbox need not be brought there, though it came here another way. */
  async #markSeen(relay: string, items: readonly Uint8Array[]): Promise<void> {
    const { store } = this.session
    const ids = await readUnrelayedItems(store, this.clique, relay)
    const open = await readItemsById(store, this.clique, ids, compareLimit)
    const seen = open.filter(({ bytes }) => items.some((item) => equal(item, bytes)))
    if (seen.length > 0) await this.markItemsRelayed(relay, seen.map(toControlItem))
  }
}

/**
 * A refusal that an honest sender can cause, who may not have heard that an author is out: whoever makes such records must
 * not be able to part those who forward them.
 */
const blameless: readonly ErrorCode[] = ['record-stranger']

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
