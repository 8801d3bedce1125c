import { decode, encode, readArray, readBytesUpTo, readUint } from '@clique/crypto'
import type { CborLimits, ClientSession, DescribedUpdate, DeviceId, OwnClocks, SpaceId } from '@clique/crypto'
import * as Y from 'yjs'
import type { PlacedEntry } from './conversation-fold.ts'
import { readEntry } from './entries.ts'
import { ownClocks, writingId } from './own-clocks.ts'

/** Where a record's structs lie in the document, and what is to be remembered of the record. */
export interface Span {
  readonly clock: number
  readonly length: number
  readonly sequence: number
  readonly receivedAt: number
}

interface Writer {
  readonly device: DeviceId
  /** Ascending by clock, without gaps. */
  readonly spans: Span[]
}

/** A record's part in a document, once it was judged. */
export interface Contribution {
  readonly device: DeviceId
  readonly sequence: number
  readonly receivedAt: number
  readonly update: Uint8Array
  readonly described: DescribedUpdate
}

export interface Growth {
  readonly entries: number
  /** Highest hybrid time; 0 where there are no entries. */
  readonly newest: number
}

const stateVersion = 1
/** Ours alone, so only as tight as keeps a damaged value from spending all memory. */
const stateLimits: CborLimits = { size: 256 * 1024 * 1024, depth: 6, items: 10_000_000 }

/** One `log` document in memory: the Yjs document, and who wrote which part of it in which record. */
export class Chapter {
  readonly space: SpaceId
  readonly name: string
  readonly #doc: Y.Doc
  readonly #writers: Map<number, Writer>
  /** Read once between two changes. */
  #entries: readonly PlacedEntry[] | null = null
  /** `order` of the last record that is in it. */
  mark: number

  constructor(space: SpaceId, name: string, state: Uint8Array | null = null, mark = 0) {
    this.space = space
    this.name = name
    this.mark = mark
    // Chapters are never collected: a deleted entry keeps its place, which the fold counts by.
    this.#doc = new Y.Doc({ gc: false })
    this.#writers = new Map()
    if (state !== null) this.#restore(state)
  }

  /** Client ids of a device, each with its first free clock; with that of a session that has not written yet. */
  clocksOf(writer: ClientSession, used: DescribedUpdate | null): OwnClocks {
    const ends = [...this.#writers].map(
      ([client, { device, spans }]) => [client, { device, end: endOf(spans) }] as const,
    )
    return ownClocks(this, new Map(ends), writer, used)
  }

  /**
   * Takes in a record that the gate let through. @throws whatever Yjs throws; the chapter is then to be thrown
   * away. Returns false when something stays pending, which the gate should have seen.
   */
  apply({ device, sequence, receivedAt, update, described }: Contribution): boolean {
    this.#entries = null
    Y.applyUpdate(this.#doc, update)
    if (this.#doc.store.pendingStructs !== null || this.#doc.store.pendingDs !== null) return false
    for (const { id, length } of described.structs) {
      const writer = this.#writers.get(id.client)
      const span = { clock: id.clock, length, sequence, receivedAt }
      if (writer === undefined) this.#writers.set(id.client, { device, spans: [span] })
      else writer.spans.push(span)
    }
    return true
  }

  /** Whether a record's structs are in it, as far as records bring structs. */
  holds({ described }: Contribution): boolean {
    return (
      described.structs.length > 0 &&
      described.structs.every(({ id }) => id.clock < endOf(this.#writers.get(id.client)?.spans ?? []))
    )
  }

  /**
   * Appends to the device's own root and returns the update. The document has changed then: call it on a copy, and
   * `apply` the update to the original once it is stored.
   */
  append(writer: ClientSession, value: unknown): Uint8Array {
    this.#doc.clientID = writingId(this, writer, (client) => {
      const owner = this.#writers.get(client)
      return owner !== undefined && owner.device !== writer.device
    })
    const root = this.#doc.getArray<unknown>(writer.device)
    // Pushing walks the list from the last place that was looked at.
    if (root.length > 0) root.get(root.length - 1)
    // The event carries this transaction alone; encoding the document would repeat the deletions of others.
    const updates: Uint8Array[] = []
    const keep = (update: Uint8Array) => updates.push(update)
    this.#doc.on('update', keep)
    this.#doc.transact(() => root.push([value]))
    this.#doc.off('update', keep)
    const [update] = updates
    if (update === undefined) throw new Error('an edit without an update')
    return update
  }

  /** How many entries a record brought, and the highest of their times; after `apply`. */
  growthBy({ described }: Contribution): Growth {
    const growth = { entries: 0, newest: 0 }
    for (const { id, length } of described.structs) {
      const end = id.clock + length
      for (let clock = id.clock; clock < end;) {
        const item = Y.getItem(this.#doc.store, Y.createID(id.client, clock))
        const itemEnd = item.id.clock + item.length
        const content = item instanceof Y.Item ? item.content : null
        const values: readonly unknown[] = content instanceof Y.ContentAny ? content.arr : []
        for (const value of values.slice(clock - item.id.clock, end - item.id.clock)) {
          const entry = readEntry(value)
          if (entry === null) continue
          growth.entries++
          growth.newest = Math.max(growth.newest, entry.time)
        }
        clock = itemEnd
      }
    }
    return growth
  }

  /** Whether a device has written in it. */
  isWrittenBy(device: DeviceId): boolean {
    return [...this.#writers.values()].some((writer) => writer.device === device)
  }

  /** Records in it that brought something. */
  get size(): number {
    let size = 0
    for (const { spans } of this.#writers.values()) size += spans.length
    return size
  }

  /** The entries of all roots that belong to a writer of this document. */
  entries(): readonly PlacedEntry[] {
    this.#entries ??= this.#readEntries()
    return this.#entries
  }

  #readEntries(): PlacedEntry[] {
    const devices = new Set([...this.#writers.values()].map(({ device }) => device))
    return [...devices].flatMap((device) => this.#entriesOf(device))
  }

  /** A further chapter with the same content, so that what may fail is tried out there. */
  copy(): Chapter {
    return new Chapter(this.space, this.name, this.encodeState(), this.mark)
  }

  /** For a snapshot. */
  encodeState(): Uint8Array {
    return encode([
      stateVersion,
      Y.encodeStateAsUpdate(this.#doc),
      [...this.#writers].map(([client, { device, spans }]) => [client, device, encodeSpans(spans)]),
    ])
  }

  close(): void {
    this.#doc.destroy()
  }

  #restore(state: Uint8Array): void {
    const [version, update, writers] = readArray(decode(state, stateLimits), 3)
    if (version !== stateVersion) throw new Error('snapshot of another version')
    Y.applyUpdate(this.#doc, readBytesUpTo(update, stateLimits.size))
    for (const writer of readArray(writers)) {
      const [client, device, spans] = readArray(writer, 3)
      this.#writers.set(readUint(client), {
        device: device as DeviceId,
        spans: decodeSpans(readBytesUpTo(spans, stateLimits.size)),
      })
    }
  }

  #entriesOf(device: DeviceId): PlacedEntry[] {
    const placed: PlacedEntry[] = []
    let index = 0
    for (let item = this.#doc.getArray(device)._start; item !== null; item = item.right) {
      const values: readonly unknown[] =
        item.content instanceof Y.ContentAny && !item.deleted ? item.content.arr : []
      values.forEach((value, i) => {
        const entry = readEntry(value)
        const span = this.#spanAt(item.id.client, item.id.clock + i)
        if (entry === null || span === null) return
        const { sequence, receivedAt } = span
        placed.push({ device, document: this.name, index: index + i, entry, sequence, receivedAt })
      })
      index += item.length
    }
    return placed
  }

  /** The record that brought an item: the last span that begins at or before its clock. */
  #spanAt(client: number, clock: number): Span | null {
    const spans = this.#writers.get(client)?.spans ?? []
    let low = 0
    let high = spans.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((spans[middle]?.clock ?? 0) <= clock) low = middle
      else high = middle - 1
    }
    return spans[low] ?? null
  }
}

/** Four numbers of 8 bytes each: a snapshot is made often, and a thousand spans are no reason for a pause. */
function encodeSpans(spans: readonly Span[]): Uint8Array {
  const numbers = new Float64Array(4 * spans.length)
  let at = 0
  for (const { clock, length, sequence, receivedAt } of spans) {
    numbers[at++] = clock
    numbers[at++] = length
    numbers[at++] = sequence
    numbers[at++] = receivedAt
  }
  return new Uint8Array(numbers.buffer)
}

function decodeSpans(bytes: Uint8Array): Span[] {
  const numbers = new Float64Array(bytes.slice().buffer)
  return Array.from({ length: numbers.length / 4 }, (_, i) => {
    const [clock = 0, length = 0, sequence = 0, receivedAt = 0] = numbers.subarray(4 * i)
    return { clock, length, sequence, receivedAt }
  })
}

function endOf(spans: readonly Span[]): number {
  const last = spans.at(-1)
  return last === undefined ? 0 : last.clock + last.length
}
