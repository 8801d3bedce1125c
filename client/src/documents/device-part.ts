import { readArray, readBytesUpTo, readUint } from '@clique/crypto'
import type { CborValue, DescribedUpdate, DeviceId, OwnClocks } from '@clique/crypto'
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
  /** Read once between two changes. */
  #entries: readonly PlacedEntry[] | null = null

  constructor(of: Stretch, content: Uint8Array | null = null, spans = new Map<number, Span[]>()) {
    this.device = of.device
    this.stretch = of.stretch ?? 1
    this.#content = content
    this.#spans = spans
  }

  /** The client ids under which something was written, each with its first free clock. */
  get clocks(): OwnClocks {
    return new Map([...this.#spans].map(([client, spans]) => [client, endOf(spans)]))
  }

  holds({ structs }: DescribedUpdate): boolean {
    return structs.every(({ id }) => id.clock < endOf(this.#spans.get(id.client) ?? []))
  }

  /** Records in it that brought something. */
  get size(): number {
    let size = 0
    for (const spans of this.#spans.values()) size += spans.length
    return size
  }

  /** False when something stays pending. @throws whatever Yjs throws */
  apply({ update, described, sequence, receivedAt }: Applied): boolean {
    const doc = this.#open()
    this.#entries = null
    Y.applyUpdate(doc, update)
    const { store } = doc
    if (store.pendingStructs !== null || store.pendingDs !== null) return false
    for (const { id, length } of described.structs) {
      const span = { clock: id.clock, length, sequence, receivedAt }
      const spans = this.#spans.get(id.client)
      if (spans === undefined) this.#spans.set(id.client, [span])
      else spans.push(span)
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
    if (update === undefined) throw new Error('no update')
    return update
  }

  /** The values that a record brought. */
  *valuesOf({ structs }: DescribedUpdate): Iterable<unknown> {
    const { store } = this.#open()
    for (const { id, length } of structs) {
      const end = id.clock + length
      for (let clock = id.clock; clock < end;) {
        const item = Y.getItem(store, Y.createID(id.client, clock))
        const content = item instanceof Y.Item ? item.content : null
        const values: readonly unknown[] = content instanceof Y.ContentAny ? content.arr : []
        yield* values.slice(clock - item.id.clock, end - item.id.clock)
        clock = item.id.clock + item.length
      }
    }
  }

  entries(document: string): readonly PlacedEntry[] {
    this.#entries ??= this.#readEntries(document)
    return this.#entries
  }

  copy(): DevicePart {
    const spans = [...this.#spans].map(([client, own]) => [client, own.slice()] as const)
    const copy = new DevicePart(this, this.#encodeContent(), new Map(spans))
    copy.#entries = this.#entries
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
    if (this.#content !== null) Y.applyUpdate(doc, this.#content)
    this.#content = doc
    return doc
  }

  /** Placed within its record: where the Yjs list has an item changes with later records, and odd origins are read in two ways. */
  #readEntries(document: string): PlacedEntry[] {
    const { device } = this
    const doc = this.#open()
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
