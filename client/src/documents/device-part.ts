import { readArray, readBytesUpTo, readUint } from '@clique/crypto'
import type { CborValue, DescribedUpdate, DeviceId, StructId } from '@clique/crypto'
import * as Y from 'yjs'
import type { PlacedEntry } from './conversation-fold.ts'
import { readEntry } from './entries.ts'

/** Where a record's structs lie in a device's part, and what is to be remembered of the record. */
export interface Span {
  readonly clock: number
  readonly length: number
  readonly sequence: number
  readonly receivedAt: number
}

/** A stretch of a device's chain, by where it begins; 1 where that is not said. */
export interface Stretch {
  readonly device: DeviceId
  readonly stretch?: number | undefined
}

/** A record, as it is taken in. */
interface Applied extends Pick<Span, 'sequence' | 'receivedAt'> {
  readonly update: Uint8Array
  readonly described: DescribedUpdate
}

/** Ours alone, so only as tight as keeps a damaged value from spending all memory. */
export const stateSize = 256 * 1024 * 1024

/**
 * What one stretch of a device's chain brought to a chapter: a Yjs document of its own, so that a client id that somebody else has
 * as well means nothing here ([CID2]), nor what not everybody holds ([CID5]), and which record brought which part of it.
 */
export class DevicePart {
  readonly device: DeviceId
  readonly stretch: number
  /** Of each client id ascending by clock, without gaps. */
  readonly #spans: Map<number, Span[]>
  /** As it was encoded, until something in it is asked for: most of a copy or a snapshot never is. */
  #content: Y.Doc | Uint8Array | null
  #last: (StructId & { readonly sequence: number }) | null = null
  #isBroken = false
  /** Read once between two changes. */
  #entries: readonly PlacedEntry[] | null = null

  constructor(of: Stretch, content: Uint8Array | null = null, spans = new Map<number, Span[]>()) {
    this.device = of.device
    this.stretch = of.stretch ?? 1
    this.#content = content
    this.#spans = spans
    for (const [client, own] of spans) for (const span of own.slice(-1)) this.#noteLast(client, span)
  }

  /** Yjs threw at it. The gate lets nobody bring that about, but something may be stored from before. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** The id of what it ends with, in the order of the chain. */
  get last(): StructId | null {
    return this.#last
  }

  /** The first free clock of a client id. */
  clockOf(client: number): number {
    return endOf(this.#spans.get(client) ?? [])
  }

  holds({ structs }: DescribedUpdate): boolean {
    return structs.every(({ id }) => id.clock < this.clockOf(id.client))
  }

  /** Records in it that brought something. */
  get size(): number {
    let size = 0
    for (const spans of this.#spans.values()) size += spans.length
    return size
  }

  /** False where Yjs does not take it in; nothing is then shown of the whole part, half of which may be there. */
  apply({ update, described, sequence, receivedAt }: Applied): boolean {
    const doc = this.#open()
    this.#entries = null
    if (!this.#takeIn(doc, update)) return false
    for (const { id, length } of described.structs) {
      const span = { clock: id.clock, length, sequence, receivedAt }
      const spans = this.#spans.get(id.client)
      if (spans === undefined) this.#spans.set(id.client, [span])
      else spans.push(span)
      this.#noteLast(id.client, span)
    }
    return true
  }

  /** Appends to the device's root under a client id, and returns the update. */
  append(client: number, value: unknown): Uint8Array {
    const doc = this.#open()
    doc.clientID = client
    const root = doc.getArray<unknown>(this.device)
    // Pushing walks the list from the last place that was looked at.
    if (root.length > 0) root.get(root.length - 1)
    // The event carries this transaction alone; encoding the document would repeat earlier deletions.
    const updates: Uint8Array[] = []
    const keep = (update: Uint8Array) => updates.push(update)
    doc.on('update', keep)
    doc.transact(() => root.push([value]))
    doc.off('update', keep)
    const [update] = updates
    if (update === undefined) throw new Error('an edit without an update')
    return update
  }

  /** The value that a record brought. */
  valueOf({ structs: [first] }: DescribedUpdate): unknown {
    if (first === undefined) return null
    const { client, clock } = first.id
    const item = Y.getItem(this.#open().store, Y.createID(client, clock))
    return item instanceof Y.Item ? item.content.getContent()[clock - item.id.clock] : null
  }

  entries(document: string): readonly PlacedEntry[] {
    this.#entries ??= this.#readEntries(document)
    return this.#entries
  }

  copy(): DevicePart {
    const spans = [...this.#spans].map(([client, own]) => [client, own.slice()] as const)
    const content = this.#isBroken ? null : this.#encodeContent()
    const copy = new DevicePart(this, content, new Map(spans))
    copy.#entries = this.#entries
    copy.#isBroken = this.#isBroken
    return copy
  }

  /** For a snapshot; `decodePart` reads it. */
  encode(): readonly [DeviceId, number, Uint8Array, [number, Uint8Array][]] {
    const spans = [...this.#spans].map(([client, own]): [number, Uint8Array] => [client, encodeSpans(own)])
    return [this.device, this.stretch, this.#encodeContent(), spans]
  }

  close(): void {
    if (this.#content instanceof Y.Doc) this.#content.destroy()
  }

  #encodeContent(): Uint8Array {
    return this.#content instanceof Uint8Array ? this.#content : Y.encodeStateAsUpdate(this.#open())
  }

  #open(): Y.Doc {
    if (this.#content instanceof Y.Doc) return this.#content
    // Chapters are never collected: a deleted entry keeps its place, by which messages are named.
    // An id of its own, which nobody asks for, would cost as much time as the rest.
    const doc = new Y.Doc({ gc: false, guid: '' })
    if (this.#content !== null) this.#takeIn(doc, this.#content)
    this.#content = doc
    return doc
  }

  #takeIn(doc: Y.Doc, update: Uint8Array): boolean {
    try {
      Y.applyUpdate(doc, update)
    } catch {
      this.#isBroken = true
    }
    return !this.#isBroken
  }

  #noteLast(client: number, { clock, length, sequence }: Span): void {
    if (sequence >= (this.#last?.sequence ?? 0)) this.#last = { client, clock: clock + length - 1, sequence }
  }

  /** Placed within its record: where the Yjs list has an item changes with later records, and odd origins are read in two ways. */
  #readEntries(document: string): PlacedEntry[] {
    const { device } = this
    const doc = this.#open()
    if (this.#isBroken) return []
    const root = doc.getArray(device)
    const spans = [...this.#spans].flatMap(([client, own]) => own.map((span) => ({ client, ...span })))
    spans.sort((x, y) => x.sequence - y.sequence || x.client - y.client || x.clock - y.clock)
    const placed: PlacedEntry[] = []
    let [start, last] = [0, 0]
    for (const { client, clock: first, length, sequence, receivedAt } of spans) {
      if (sequence !== last) start = 0
      last = sequence
      for (let clock = first; clock < first + length;) {
        const item = Y.getItem(doc.store, Y.createID(client, clock))
        const isShown =
          item instanceof Y.Item && item.parent === root && item.parentSub === null && !item.deleted
        const values: readonly unknown[] =
          isShown && item.content instanceof Y.ContentAny ? item.content.arr : []
        const from = clock - item.id.clock
        values.slice(from, first + length - item.id.clock).forEach((value, i) => {
          const entry = readEntry(value)
          const index = start + clock - first + i
          if (entry !== null) placed.push({ device, document, index, entry, sequence, receivedAt })
        })
        clock = item.id.clock + item.length
      }
      start += length
    }
    return placed
  }
}

export function decodePart(value: CborValue): DevicePart {
  const [device, begin, content, writers] = readArray(value, 4)
  const spans = readArray(writers).map((writer) => {
    const [client, own] = readArray(writer, 2)
    return [readUint(client), decodeSpans(readBytesUpTo(own, stateSize))] as const
  })
  const stretch = { device: device as DeviceId, stretch: readUint(begin) }
  return new DevicePart(stretch, readBytesUpTo(content, stateSize), new Map(spans))
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
