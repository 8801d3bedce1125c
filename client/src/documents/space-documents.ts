import { CliqueError, decodeRecord, isCliqueError, sealedKeyId } from '@clique/crypto'
import type { CliqueId, DeviceId, KeyId, OperationId, OutOfReach, RecordBody } from '@clique/crypto'
import type { RecordId, RosterState, SpaceId, SpaceKey } from '@clique/crypto'
import { hasClique } from '../storage/cliques.ts'
import type { RecordRow } from '../storage/database.ts'
import { placeOf } from '../storage/place.ts'
import type { Place } from '../storage/place.ts'
import { readForkProof, readForks, saveFork } from '../storage/forks.ts'
import { appendRecords, readDocumentRecords, readHeads } from '../storage/records.ts'
import { readLastOrder, readRecordsAfter } from '../storage/records.ts'
import type { DocumentGrowth, NewRecord } from '../storage/records.ts'
import { readSnapshot, saveSnapshot } from '../storage/snapshots.ts'
import type { AlsoWritten, Store } from '../storage/store.ts'
import { Chapter } from './chapter.ts'
import type { Contribution, Growth } from './chapter.ts'
import { Serial } from './serial.ts'
import { Turns } from './turns.ts'
import { describeUpdate } from './update-description.ts'

export interface SpaceContext {
  readonly store: Store
  readonly clique: CliqueId
  readonly space: SpaceId
  /** Every content key of the space that this device may open. */
  keys(): ReadonlyMap<KeyId, SpaceKey>
  /** The roster of today. */
  roster(): RosterState
  /** That of these heads and what they build on. All of them are known. */
  rosterAt(heads: readonly OperationId[]): RosterState
  /** Keys of the space that this device is not meant to hold. */
  outOfReach(): OutOfReach
}

export interface ChainHead {
  readonly sequence: number
  readonly id: RecordId
  /** Under which it is sealed. */
  readonly keyId: KeyId
}

/** What `weighRaises` found. */
export interface Weighed {
  readonly roster: RosterState
  readonly heard: number
  readonly believed: ReadonlySet<string>
}

/** A record that was judged and sealed, ready to be stored and shown. */
export interface Arrival {
  readonly record: NewRecord
  readonly contribution: Contribution
  readonly growth: Growth
}

/**
 * A snapshot is renewed after this many records, or after an eighth of what the chapter holds where that is more:
 * opening never decrypts many, and a long catch-up does not write the same chapter again and again.
 */
const snapshotInterval = 64
const snapshotShare = 1 / 8
/** Chapters held in memory that no view asks for. */
const idleChapters = 3

/**
 * The documents of one space in memory, always a state that storage has committed. What may fail is tried on
 * copies. Everything that changes it runs one after the other.
 */
export class SpaceDocuments {
  readonly context: SpaceContext
  readonly place: Place
  readonly heads = new Map<DeviceId, ChainHead>()
  /** Device -> first sequence at which its chain forked: what others did not acknowledge is hidden from there on. */
  readonly forks = new Map<DeviceId, number>()
  /** `BY OUT`: sequence of the first record of BY that is known to say that OUT is out. */
  readonly outKnown = new Map<string, number>()
  /** Grows with every record that may say what its author acknowledged, or knew. */
  heard = 0
  /** Which raises of cuts are believed, by what was known then. */
  weighed: Weighed | null = null
  /** Chapters that a view shows: they are not let go. */
  readonly pinned = new Map<string, number>()
  readonly #chapters = new Map<string, Chapter>()
  readonly #copies = new Map<string, Chapter>()
  readonly #unsaved = new Map<string, number>()
  readonly #serial = new Serial()
  readonly #listeners = new Set<() => void>()
  #order = 0
  /** How often one branch took the place of another: what was read of documents before holds what stands no more. */
  #swaps = 0

  private constructor(context: SpaceContext) {
    this.context = context
    this.place = placeOf(context.clique, context.space)
  }

  static async open(context: SpaceContext): Promise<SpaceDocuments> {
    const documents = new SpaceDocuments(context)
    // The mark first: heads that are newer than it are read again by the next catch-up.
    documents.#order = await readLastOrder(context.store, documents.place)
    await documents.#readChains()
    return documents
  }

  /** Called after every change that came from storage, this tab's own included. Returns the end of listening. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes in what other tabs committed; nothing where `order` is known to be the last of it and was taken in. */
  async catchUp(order = Infinity): Promise<void> {
    const hasGrown = await this.#serial.run(() =>
      this.#order >= order ? Promise.resolve(false) : this.#catchUp(),
    )
    if (!hasGrown) return
    this.#notify()
    this.#renewSnapshots()
  }

  /** A chapter as storage has it. */
  chapter(name: string): Promise<Chapter> {
    return this.#serial.run(() => this.#load(name))
  }

  get loaded(): Iterable<Chapter> {
    return this.#chapters.values()
  }

  /** A copy to try things on; after a success it stays in step, after a failure it is to be dropped. */
  copyOf(name: string): Promise<Chapter> {
    return this.#serial.run(async () => {
      const kept = this.#copies.get(name)
      if (kept !== undefined) return kept
      const copy = (await this.#load(name)).copy()
      this.#copies.set(name, copy)
      return copy
    })
  }

  dropCopy(name: string): void {
    this.#copies.get(name)?.close()
    this.#copies.delete(name)
  }

  /**
   * Stores what was tried on the copies, then shows it. Nothing has changed when it throws, but the copies are
   * gone. The caller holds the clique's lock and has caught up. @throws CliqueError `storage-full` and others
   */
  async append(arrivals: readonly Arrival[], also?: AlsoWritten): Promise<void> {
    if (arrivals.length === 0) return
    await this.#serial.run(async () => {
      const names = new Set(arrivals.map(({ record }) => record.document))
      try {
        const orders = await this.#store(arrivals, also)
        this.#order = Math.max(this.#order, ...orders)
        const turns = new Turns()
        for (const [i, { record, contribution }] of arrivals.entries()) {
          await turns.next()
          this.#moveHead(record)
          this.#hear(record)
          this.#show(record.document, contribution, orders[i] ?? 0)
        }
      } catch (error) {
        // Whatever is in memory now is read from storage again.
        for (const name of names) this.#drop(name)
        throw error
      }
    })
    this.#notify()
    this.#renewSnapshots()
  }

  /** Hides what a device wrote from this sequence on, and keeps the proof. */
  async hideFork(device: DeviceId, sequence: number, bytes: Uint8Array): Promise<void> {
    const { store, clique } = this.context
    await saveFork(store, clique, this.place, { device, sequence, bytes })
    this.forks.set(device, Math.min(sequence, this.forks.get(device) ?? sequence))
    this.heard++
    this.#notify()
  }

  /** What the record says that showed the first fork of a device's chain; null where it has none. */
  async forkProofOf(device: DeviceId): Promise<RecordBody | null> {
    if (!this.forks.has(device)) return null
    const bytes = await readForkProof(this.context.store, this.place, device)
    if (bytes === null) return null
    const key = this.context.keys().get(sealedKeyId(bytes))
    return key === undefined ? null : decodeRecord(bytes, key, this.context).claims
  }

  /** Runs what changes which records stand in chains, then takes in what stands. */
  async restand(change: () => Promise<void>): Promise<void> {
    await this.#serial.run(async () => {
      await change()
      await this.#readChains()
      this.heard++
    })
    this.#notify()
  }

  pin(name: string): void {
    this.pinned.set(name, (this.pinned.get(name) ?? 0) + 1)
  }

  unpin(name: string): void {
    const count = (this.pinned.get(name) ?? 0) - 1
    if (count > 0) this.pinned.set(name, count)
    else this.pinned.delete(name)
  }

  /** Snapshots what has changed, where its clique is still on this device, then lets the documents go. */
  async close(): Promise<void> {
    this.#listeners.clear()
    const { store, clique } = this.context
    if (await hasClique(store, clique)) await this.#saveDueSnapshots(1, 0)
    for (const chapter of [...this.#chapters.values(), ...this.#copies.values()]) chapter.close()
    this.#chapters.clear()
    this.#copies.clear()
  }

  #moveHead({ device, sequence, id, keyId }: NewRecord): void {
    if (sequence > (this.heads.get(device)?.sequence ?? 0)) this.heads.set(device, { sequence, id, keyId })
  }

  #hear({ device, sequence, acknowledges = [], knowsOut = [] }: NewRecord): void {
    if (acknowledges.length + knowsOut.length > 0) this.heard++
    for (const out of knowsOut) this.outKnown.set(`${device} ${out}`, sequence)
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }

  async #readChains(): Promise<void> {
    const { store } = this.context
    const [heads, forks] = await Promise.all([readHeads(store, this.place), readForks(store, this.place)])
    this.heads.clear()
    for (const head of heads) this.heads.set(head.device, head)
    for (const [device, sequence] of forks.first) {
      this.forks.set(device, Math.min(sequence, this.forks.get(device) ?? sequence))
    }
    if (forks.swaps === this.#swaps) return
    this.#swaps = forks.swaps
    for (const name of new Set([...this.#chapters.keys(), ...this.#copies.keys()])) this.#drop(name)
  }

  async #catchUp(): Promise<boolean> {
    const rows = await readRecordsAfter(this.context.store, this.place, this.#order)
    const before = `${this.forks.size} ${this.#swaps}`
    await this.#readChains()
    for (const row of rows) {
      const order = row.order ?? 0
      if (this.#chapters.has(row.document)) this.#show(row.document, this.#reopen(row), order)
      this.#order = Math.max(this.#order, order)
    }
    const hasGrown = rows.length > 0 || `${this.forks.size} ${this.#swaps}` !== before
    if (hasGrown) this.heard++
    return hasGrown
  }

  async #load(name: string): Promise<Chapter> {
    const known = this.#chapters.get(name)
    if (known !== undefined) {
      // Last used stands last.
      this.#chapters.delete(name)
      this.#chapters.set(name, known)
      return known
    }
    const { store, space } = this.context
    const snapshot = await readSnapshot(store, this.place, name, this.#swaps)
    const chapter = new Chapter(space, name, snapshot?.state ?? null, snapshot?.mark ?? 0)
    const rows = await readDocumentRecords(store, this.place, name, chapter.mark)
    for (const row of rows) {
      const order = row.order ?? 0
      // A record of another tab that this one has not caught up with comes with the next catch-up.
      if (order > this.#order) break
      chapter.apply(this.#reopen(row))
      chapter.mark = order
    }
    this.#chapters.set(name, chapter)
    this.#unsaved.set(name, rows.length)
    await this.#letIdleGo()
    return chapter
  }

  /** What a record says that rests here: it was judged before it was stored. */
  claimsOf(row: Pick<RecordRow, 'keyId' | 'bytes'>): RecordBody {
    const key = this.context.keys().get(row.keyId)
    if (key === undefined) throw new CliqueError('clique-keys-missing')
    return decodeRecord(row.bytes, key, this.context).claims
  }

  #reopen(row: RecordRow): Contribution {
    const { device, sequence, receivedAt } = row
    const update = this.claimsOf(row).payload
    return { device, sequence, receivedAt, update, described: describeUpdate(update) }
  }

  #show(name: string, contribution: Contribution, order: number): void {
    const chapter = this.#chapters.get(name)
    if (chapter === undefined || order <= chapter.mark) return
    chapter.apply(contribution)
    chapter.mark = order
    this.#unsaved.set(name, (this.#unsaved.get(name) ?? 0) + 1)
    const copy = this.#copies.get(name)
    if (copy !== undefined && copy.mark < order) this.#follow(copy, contribution, order)
  }

  /** What was tried on the copy is in it already; what came by another way is taken in. */
  #follow(copy: Chapter, contribution: Contribution, order: number): void {
    if (!copy.holds(contribution)) copy.apply(contribution)
    copy.mark = order
  }

  #store(arrivals: readonly Arrival[], also?: AlsoWritten): Promise<number[]> {
    const { store, clique } = this.context
    const expected = [...new Set(arrivals.map(({ record }) => record.device))].map((device) => ({
      device,
      sequence: this.heads.get(device)?.sequence ?? null,
    }))
    const records = arrivals.map(({ record }) => record)
    return appendRecords(store, clique, this.place, records, expected, growthOf(arrivals), also)
  }

  /** In the background. A snapshot is a shortcut: when it fails nothing is lost, and the next change tries again. */
  #renewSnapshots(): void {
    this.#saveDueSnapshots(snapshotInterval, snapshotShare).catch((error: unknown) => {
      if (!isCliqueError(error)) throw error
    })
  }

  async #saveDueSnapshots(least: number, share: number): Promise<void> {
    for (const [name, count] of this.#unsaved) {
      const size = this.#chapters.get(name)?.size ?? 0
      if (count >= Math.max(least, share * size)) await this.#saveSnapshot(name)
    }
  }

  async #saveSnapshot(name: string): Promise<void> {
    const chapter = this.#chapters.get(name)
    const count = this.#unsaved.get(name) ?? 0
    if (chapter === undefined || count === 0) return
    this.#unsaved.set(name, 0)
    try {
      const state = chapter.encodeState()
      await saveSnapshot(this.context.store, this.place, name, chapter.mark, state, this.#swaps)
    } catch (error) {
      this.#unsaved.set(name, count + (this.#unsaved.get(name) ?? 0))
      throw error
    }
  }

  async #letIdleGo(): Promise<void> {
    const idle = [...this.#chapters.keys()].filter((name) => !this.pinned.has(name))
    // The one just asked for stands last and stays.
    for (const name of idle.slice(0, Math.max(0, idle.length - idleChapters))) {
      await this.#saveSnapshot(name)
      this.#drop(name)
    }
  }

  #drop(name: string): void {
    this.dropCopy(name)
    this.#chapters.get(name)?.close()
    this.#chapters.delete(name)
    this.#unsaved.delete(name)
  }
}

function growthOf(arrivals: readonly Arrival[]): DocumentGrowth[] {
  const byDocument = new Map<string, { document: string; newest: number; entries: number }>()
  for (const { record, growth } of arrivals) {
    const { document } = record
    const sum = byDocument.get(document) ?? { document, newest: 0, entries: 0 }
    sum.newest = Math.max(sum.newest, growth.newest)
    sum.entries += growth.entries
    byDocument.set(document, sum)
  }
  return [...byDocument.values()]
}
