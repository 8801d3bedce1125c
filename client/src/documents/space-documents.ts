import { CliqueError, decodeRecord, isCliqueError, sealedKeyId } from '@clique/crypto'
import type { DeviceId, RecordBody, UnverifiedRecord } from '@clique/crypto'
import { hasClique } from '../storage/cliques.ts'
import type { RecordRow } from '../storage/database.ts'
import { placeOf } from '../storage/place.ts'
import type { Place } from '../storage/place.ts'
import { readForkProof, readForks, saveFork } from '../storage/forks.ts'
import { appendRecords, readDocumentRecords, readHeads, wordsIn } from '../storage/records.ts'
import { readLastOrder, readRecordsAfter } from '../storage/records.ts'
import type { NewRecord } from '../storage/records.ts'
import { readSnapshot, saveSnapshot } from '../storage/snapshots.ts'
import type { AlsoWritten } from '../storage/store.ts'
import { growthOf } from './arrivals.ts'
import type { Arrival } from './arrivals.ts'
import { Chapter } from './chapter.ts'
import { kindIn } from './gate.ts'
import { Serial } from './serial.ts'
import { SharedDocument } from './shared-document.ts'
import type { RecordContribution } from './shared-document.ts'
import type { ChainHead, SpaceContext, Weighed, WeighedWanted } from './space-context.ts'
import { recordsIn, unpack } from './standing.ts'
import { isTitle } from './title-name.ts'
import { Turns } from './turns.ts'
import { describePayload } from './update-description.ts'

export type { ChainHead, SpaceContext, Weighed } from './space-context.ts'

type OpenDocument = Chapter | SharedDocument

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
  /** What of the hidden is built on, by what was weighed then. */
  wanted: WeighedWanted | null = null
  /** Chapters that a view shows: they are not let go. */
  readonly pinned = new Map<string, number>()
  readonly #chapters = new Map<string, OpenDocument>()
  readonly #copies = new Map<string, OpenDocument>()
  readonly #unsaved = new Map<string, number>()
  readonly #serial = new Serial()
  readonly #listeners = new Set<() => void>()
  #order = 0
  /** How often one branch took the place of another: what was read of documents before holds what stands no more. */
  #swaps = 0
  /** How often something came to lie aside that names may be built on. */
  #grounds = 0

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
  async chapter(name: string): Promise<Chapter> {
    const found = await this.#serial.run(() => this.#load(name))
    if (found instanceof SharedDocument) throw new TypeError('no chapter')
    return found
  }

  /** A `shared` document as storage has it. */
  async shared(name: string): Promise<SharedDocument> {
    const found = await this.#serial.run(() => this.#load(name))
    if (found instanceof Chapter) throw new TypeError('no shared document')
    return found
  }

  get loaded(): Chapter[] {
    return [...this.#chapters.values()].filter((one) => one instanceof Chapter)
  }

  /** A copy to try things on; after a success it stays in step, after a failure it is to be dropped. */
  copyOf(name: string): Promise<OpenDocument> {
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
        for (const [i, { record, contributions }] of arrivals.entries()) {
          await turns.next()
          this.#moveHead(record)
          this.#hear(record)
          this.#show(record.document, contributions, orders[i] ?? 0)
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
    if (sequence >= (this.forks.get(device) ?? Infinity)) return
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
    if (key === undefined) return null
    const { claims: body, signed, id } = decodeRecord(bytes, key, this.context)
    // A compaction shows it by one of those that it carries.
    const shown = unpack({ body, signed, id }).find((one) => one.body.sequence === this.forks.get(device))
    return shown?.body ?? body
  }

  /** Runs what changes which records stand or lie aside, then takes in what there is now; `change` gives false where nothing did. */
  async restand(change: () => Promise<boolean>): Promise<void> {
    const hasChanged = await this.#serial.run(async () => {
      if (!(await change())) return false
      await this.#readChains()
      this.heard++
      return true
    })
    if (hasChanged) this.#notify()
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

  #moveHead({ device, sequence, id, keyId, stretch }: NewRecord): void {
    if (sequence <= (this.heads.get(device)?.sequence ?? 0)) return
    this.heads.set(device, { sequence, id, keyId, stretch })
  }

  #hear(record: NewRecord): void {
    if (isTitle(record.document)) this.heard++
    for (const { by, at, acknowledges = [], knowsOut = [] } of wordsIn(record)) {
      if (acknowledges.length + knowsOut.length > 0) this.heard++
      for (const out of knowsOut) {
        const name = `${by} ${out}`
        this.outKnown.set(name, Math.min(at, this.outKnown.get(name) ?? at))
      }
    }
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
    this.#grounds = forks.grounds
    if (forks.swaps === this.#swaps) return
    this.#swaps = forks.swaps
    for (const name of new Set([...this.#chapters.keys(), ...this.#copies.keys()])) this.#drop(name)
  }

  #branches(): string {
    return `${[...this.forks].join()} ${this.#swaps} ${this.#grounds}`
  }

  async #catchUp(): Promise<boolean> {
    const rows = await readRecordsAfter(this.context.store, this.place, this.#order)
    const before = this.#branches()
    await this.#readChains()
    for (const row of rows) {
      const order = row.order ?? 0
      if (this.#chapters.has(row.document)) this.#show(row.document, this.#contributionsOf(row), order)
      this.#order = Math.max(this.#order, order)
    }
    const hasGrown = rows.length > 0 || this.#branches() !== before
    if (hasGrown) this.heard++
    return hasGrown
  }

  async #load(name: string): Promise<OpenDocument> {
    const known = this.#chapters.get(name)
    if (known !== undefined) {
      // Last used stands last.
      this.#chapters.delete(name)
      this.#chapters.set(name, known)
      return known
    }
    const { store, space } = this.context
    const snapshot = isTitle(name) ? null : await readSnapshot(store, this.place, name, this.#swaps)
    const chapter = isTitle(name)
      ? new SharedDocument(space, name)
      : new Chapter(space, name, snapshot?.state ?? null, snapshot?.mark ?? 0)
    const readRows = () => readDocumentRecords(store, this.place, name, chapter.mark)
    let rows = await readRows()
    // Another tab's compaction has taken the place of rows that this one counts on: it is caught up with first.
    if (rows.some(({ order = 0, first }) => first !== undefined && order > this.#order)) {
      if (await this.#catchUp()) queueMicrotask(() => this.#notify())
      rows = await readRows()
    }
    for (const row of rows) {
      const order = row.order ?? 0
      // A record of another tab that this one has not caught up with comes with the next catch-up.
      if (order > this.#order) break
      applyMissing(chapter, this.#contributionsOf(row))
      chapter.mark = order
    }
    this.#chapters.set(name, chapter)
    this.#unsaved.set(name, rows.length)
    await this.#letIdleGo()
    return chapter
  }

  /** What rests in a row, as it came: it was judged before it was stored. */
  open(row: Pick<RecordRow, 'keyId' | 'bytes'>): UnverifiedRecord {
    const key = this.context.keys().get(row.keyId)
    if (key === undefined) throw new CliqueError('clique-keys-missing')
    return decodeRecord(row.bytes, key, this.context)
  }

  #contributionsOf(row: RecordRow): RecordContribution[] {
    const isShared = isTitle(row.document)
    const records = recordsIn(this, row).filter(({ body }) => body.kind === kindIn(row.document))
    return records.map(({ id, body: { device, sequence, payload }, receivedAt }) => {
      return { device, sequence, id, receivedAt, stretch: row.stretch, ...describePayload(payload, isShared) }
    })
  }

  #show(name: string, contributions: readonly RecordContribution[], order: number): void {
    const chapter = this.#chapters.get(name)
    if (chapter === undefined || order <= chapter.mark) return
    applyMissing(chapter, contributions)
    chapter.mark = order
    this.#unsaved.set(name, (this.#unsaved.get(name) ?? 0) + 1)
    const copy = this.#copies.get(name)
    if (copy === undefined || copy.mark >= order) return
    // What was tried on the copy is in it already; what came by another way is taken in.
    applyMissing(copy, contributions)
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
      const chapter = this.#chapters.get(name)
      const size = chapter instanceof Chapter ? chapter.size : 0
      if (count >= Math.max(least, share * size)) await this.#saveSnapshot(name)
    }
  }

  async #saveSnapshot(name: string): Promise<void> {
    const chapter = this.#chapters.get(name)
    const count = this.#unsaved.get(name) ?? 0
    if (!(chapter instanceof Chapter) || chapter.isBroken || count === 0) return
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
    const idle = [...this.#chapters.keys()].filter((name) => !this.pinned.has(name) && !isTitle(name))
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

/** A compaction carries what is there already, or some of it. */
function applyMissing(document: OpenDocument, contributions: readonly RecordContribution[]): void {
  for (const one of contributions) if (!document.holds(one)) document.apply(one)
}
