import { clientIdOf, decode, encode, readArray } from '@clique/crypto'
import type { ClientSession, DescribedUpdate, DeviceId, LogContext, SpaceId } from '@clique/crypto'
import type { PlacedEntry } from './conversation-fold.ts'
import { decodePart, DevicePart, stateSize } from './device-part.ts'
import type { Stretch } from './device-part.ts'
import { readEntry } from './entries.ts'

/** A record's part in a document, once it was judged. */
export interface Contribution {
  readonly device: DeviceId
  readonly sequence: number
  /** Where its stretch of the chain begins (`stretchOf`); 1 where none is said. */
  readonly stretch?: number | undefined
  readonly receivedAt: number
  readonly update: Uint8Array
  readonly described: DescribedUpdate
}

export interface Growth {
  readonly entries: number
  /** Highest hybrid time; 0 where there are no entries. */
  readonly newest: number
}

/** Of what is written in one stretch of a device's chain. */
export type ChapterWriter = ClientSession & Pick<Contribution, 'stretch'>

/** 1 was of one Yjs document for all devices, 2 of one for each device. */
const stateVersion = 3

/** One `log` document in memory: what each stretch of a device's chain brought, by itself. */
export class Chapter {
  readonly space: SpaceId
  readonly name: string
  /** From a stretch's first record on, by `partName`. */
  readonly #parts = new Map<string, DevicePart>()
  /** Read once between two changes. */
  #entries: readonly PlacedEntry[] | null = null
  /** `order` of the last record that is in it. */
  mark: number

  /** With a state of another version, which a tab of an older or a newer app left, it begins anew, and its mark says so. */
  constructor(space: SpaceId, name: string, state: Uint8Array | null = null, mark = 0) {
    this.space = space
    this.name = name
    this.mark = state === null || this.#restore(state) ? mark : 0
  }

  /** What the gate asks of the author of an update: the first free clock of its client id, and where its part ends. */
  ownOf(writer: ChapterWriter, { structs: [first] }: DescribedUpdate): LogContext {
    const { device } = writer
    const part = this.#parts.get(partName(writer))
    const clock = first === undefined ? 0 : (part?.clockOf(first.id.client) ?? 0)
    // Not for each record: the hash takes as long as all else that judges one.
    const client = first === undefined || clock === 0 ? this.#clientOf(writer) : first.id.client
    return { device, own: new Map([[client, clock]]), last: part?.last ?? null }
  }

  /**
   * Takes in a record that the gate let through. False when Yjs does not: nothing of what its device wrote is then shown, and
   * nothing more of it taken in. A copy is then to be thrown away.
   */
  apply(contribution: Contribution): boolean {
    this.#entries = null
    return this.#partOf(contribution).apply(contribution)
  }

  /** Whether a record's structs are in it, as far as records bring structs. */
  holds(contribution: Contribution): boolean {
    const { described } = contribution
    return described.structs.length > 0 && this.#parts.get(partName(contribution))?.holds(described) === true
  }

  /**
   * Appends to the device's own root in a stretch and returns the update. The document has changed then: call it on a copy, and
   * `apply` the update to the original once it is stored.
   */
  append(writer: ChapterWriter, value: unknown): Uint8Array {
    return this.#partOf(writer).append(this.#clientOf(writer), value)
  }

  /** Whether a record brought an entry, and its time; after `apply`. */
  growthBy(contribution: Contribution): Growth {
    const entry = readEntry(this.#partOf(contribution).valueOf(contribution.described))
    return entry === null ? { entries: 0, newest: 0 } : { entries: 1, newest: entry.time }
  }

  /** Records in it that brought something. */
  get size(): number {
    let size = 0
    for (const part of this.#parts.values()) size += part.size
    return size
  }

  /** The entries of all roots that belong to a writer of this document. */
  entries(): readonly PlacedEntry[] {
    this.#entries ??= [...this.#parts.values()].flatMap((part) => part.entries(this.name))
    return this.#entries
  }

  /** A further chapter with the same content, so that what may fail is tried out there. */
  copy(): Chapter {
    const copy = new Chapter(this.space, this.name, null, this.mark)
    for (const [name, part] of this.#parts) copy.#parts.set(name, part.copy())
    return copy
  }

  /** Whether Yjs did not take in what some device wrote. No snapshot is made then: whoever opens it next tries that again. */
  get isBroken(): boolean {
    return [...this.#parts.values()].some((part) => part.isBroken)
  }

  /** For a snapshot. */
  encodeState(): Uint8Array {
    return encode([stateVersion, [...this.#parts.values()].map((part) => part.encode())])
  }

  close(): void {
    for (const part of this.#parts.values()) part.close()
  }

  #clientOf(writer: ClientSession): number {
    return clientIdOf({ space: this.space, document: this.name }, writer)
  }

  #partOf(stretch: Stretch): DevicePart {
    const name = partName(stretch)
    const part = this.#parts.get(name) ?? new DevicePart(stretch)
    this.#parts.set(name, part)
    return part
  }

  #restore(state: Uint8Array): boolean {
    const [version, parts] = readArray(decode(state, { size: stateSize, depth: 6, items: 10_000_000 }))
    if (version !== stateVersion) return false
    for (const part of readArray(parts).map(decodePart)) this.#parts.set(partName(part), part)
    return true
  }
}

function partName({ device, stretch = 1 }: Stretch): string {
  return `${device} ${stretch}`
}
