import { isTime } from './hybrid-time.ts'

/**
 * UTF-16 units of one message. About ten printed pages: longer texts are files, and a row that long would make
 * every list that holds it slow.
 */
export const maxMessageLength = 20_000

/** What a conversation's log holds. Later kinds (edit, reaction, pin) join; a kind that is unknown is passed over. */
export interface MessageEntry {
  readonly kind: 'message'
  /** Hybrid time, by which rows are ordered. */
  readonly time: number
  /** Milliseconds since 1970 by the author's clock. */
  readonly sentAt: number
  readonly text: string
}

export type Entry = MessageEntry

/** Null for what is no entry that this version shows. The log's gate has vouched for the author, for nothing else. */
export function readEntry(value: unknown): Entry | null {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'message')
    return null
  if (!('time' in value) || !('sentAt' in value) || !('text' in value)) return null
  const { time, sentAt, text } = value
  if (!isTime(time) || !isTime(sentAt)) return null
  if (typeof text !== 'string' || text === '' || text.length > maxMessageLength) return null
  return { kind: 'message', time, sentAt, text }
}
