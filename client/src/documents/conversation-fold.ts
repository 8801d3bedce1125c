import type { DeviceId } from '@clique/crypto'
import type { Entry } from './entries.ts'
import { clockTolerance } from './hybrid-time.ts'

/** An entry where it stands: in whose root, at which place there, and in which record it came. */
export interface PlacedEntry {
  readonly device: DeviceId
  /** Chapter and place in the device's root: two entries of one device never share both. */
  readonly document: string
  readonly index: number
  readonly entry: Entry
  /** Sequence of the record that carried it. */
  readonly sequence: number
  /** Milliseconds since 1970 by this device's clock; only for judging the author's. */
  readonly receivedAt: number
}

export interface FoldedMessage extends PlacedEntry {
  readonly clockOff: boolean
}

/**
 * The order on every screen: hybrid time, then device, then place in its root. Depends on the set of entries
 * alone, never on how or when they came.
 */
export function compareEntries(a: PlacedEntry, b: PlacedEntry): number {
  return (
    a.entry.time - b.entry.time ||
    compareText(a.device, b.device) ||
    compareText(a.document, b.document) ||
    a.index - b.index
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The conversation as rows, oldest first. */
export function foldConversation(entries: Iterable<PlacedEntry>): FoldedMessage[] {
  let latest = 0
  return [...entries].sort(compareEntries).map((placed) => {
    const clockOff = isClockOff(placed, latest)
    if (!clockOff) latest = Math.max(latest, placed.entry.sentAt)
    return { ...placed, clockOff }
  })
}

/**
 * Ahead: sent later than it came. Behind: its author had seen a later time (its hybrid time was lifted), and a row
 * above it that is not ahead itself shows that later time. For display only; the order does not depend on it.
 */
function isClockOff({ entry, receivedAt }: PlacedEntry, latestAbove: number): boolean {
  if (entry.sentAt > receivedAt + clockTolerance) return true
  const isLifted = entry.time > entry.sentAt + clockTolerance
  return isLifted && latestAbove > entry.sentAt + clockTolerance
}
