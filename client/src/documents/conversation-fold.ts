import type { DeviceId } from '@clique/crypto'
import type { Entry, MessageEntry } from './entries.ts'
import { clockTolerance } from './hybrid-time.ts'
import type { StandingHide } from './moderation-entry.ts'

/** An entry where it stands: in whose root, at which place there, and in which record it came. */
export interface PlacedEntry<E extends Entry = Entry> {
  readonly device: DeviceId
  /** Chapter and place in the device's root: two entries of one device never share both. */
  readonly document: string
  readonly index: number
  readonly entry: E
  /** Sequence of the record that carried it. */
  readonly sequence: number
  /** Milliseconds since 1970 by this device's clock; only for judging the author's. */
  readonly receivedAt: number
}

export type PlacedMessage = PlacedEntry<MessageEntry>

export interface FoldedMessage extends PlacedMessage {
  readonly clockOff: boolean
  /** What hides it, in the order of entries; nothing of most. */
  readonly hides: readonly StandingHide[]
}

export function isMessage(placed: PlacedEntry): placed is PlacedMessage {
  return placed.entry.kind === 'message'
}

/**
 * The order on every screen: hybrid time, then device, then place in its chapter. Depends on the set of entries
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
export function foldConversation(
  messages: Iterable<PlacedMessage>,
  hidesOf: (message: PlacedMessage) => readonly StandingHide[] = () => [],
): FoldedMessage[] {
  let latest = 0
  return [...messages].sort(compareEntries).map((placed) => {
    const clockOff = isClockOff(placed, latest)
    if (!clockOff) latest = Math.max(latest, placed.entry.sentAt)
    return { ...placed, clockOff, hides: hidesOf(placed) }
  })
}

/**
 * Ahead: sent later than it came. Behind: its author had seen a later time (its hybrid time was lifted), and a row
 * above it that is not ahead itself shows that later time. For display only; the order does not depend on it.
 */
function isClockOff({ entry, receivedAt }: PlacedMessage, latestAbove: number): boolean {
  if (entry.sentAt > receivedAt + clockTolerance) return true
  const isLifted = entry.time > entry.sentAt + clockTolerance
  return isLifted && latestAbove > entry.sentAt + clockTolerance
}
