import type { DeviceId, KeyId, RecordId } from '@clique/crypto'
import type { Place } from './place.ts'

/** A verified record as it came or was made. */
export interface RecordRow {
  readonly order?: number
  readonly place: Place
  readonly device: DeviceId
  readonly sequence: number
  readonly id: RecordId
  readonly document: string
  readonly keyId: KeyId
  readonly bytes: Uint8Array
  /** Milliseconds since 1970, by this device's clock. */
  readonly receivedAt: number
  /**
   * With it the bytes are a compaction, and the row stands for every record from this sequence up to its own. Of a
   * compaction that stands in parts, `sequence` and `id` are those of the last record that does.
   */
  readonly first?: number
  /** When those from `first` on came that are before `sequence`. */
  readonly receivedAts?: readonly number[]
  /** Where its stretch of the chain begins (`stretchOf`); 1 where none is kept. */
  readonly stretch?: number | undefined
}

/** Proof that a device's chain has two ends: what it wrote from `sequence` on is hidden. */
export interface ForkRow {
  readonly place: Place
  readonly device: DeviceId
  readonly sequence: number
  /** The record whose arrival showed it, as it came. */
  readonly bytes: Uint8Array
  /** How often another branch has taken the place of what stood from there on. */
  readonly swaps?: number
  /** How often something came to lie aside that names of conversations may be built on. */
  readonly grounds?: number
}

/** A record of a forked chain that does not stand in it here: others may yet turn out to have acknowledged it. */
export interface AsideRow {
  readonly order?: number
  readonly place: Place
  readonly device: DeviceId
  readonly sequence: number
  readonly id: RecordId
  readonly previous: RecordId | null
  readonly previousKey: KeyId | null
  readonly document: string
  readonly keyId: KeyId
  readonly bytes: Uint8Array
  readonly receivedAt: number
  readonly relays: readonly string[]
  /** As in `RecordRow`. What stands before a record is then in the bytes, and here null. */
  readonly first?: number
}
