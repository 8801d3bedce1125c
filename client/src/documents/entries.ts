import { maxFiles, readAttachedFile } from './attached-file.ts'
import type { AttachedFile } from './attached-file.ts'
import { isTime } from './hybrid-time.ts'
import { maxMessageLength } from './message-length.ts'
import { readModeration } from './moderation-entry.ts'
import type { ModerationEntry } from './moderation-entry.ts'

export interface MessageEntry {
  readonly kind: 'message'
  /** Hybrid time, by which rows are ordered. */
  readonly time: number
  /** Milliseconds since 1970 by the author's clock. */
  readonly sentAt: number
  /** Empty only where there are files. */
  readonly text: string
  readonly files: readonly AttachedFile[]
}

/** What a conversation's log holds. Later kinds (edit, reaction, pin) join; a kind that is unknown is passed over. */
export type Entry = MessageEntry | ModerationEntry

/** Null for what is no entry that this version shows. The log's gate has vouched for the author, for nothing else. */
export function readEntry(value: unknown): Entry | null {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return null
  if (value.kind !== 'message') return readModeration(value)
  if (!('time' in value) || !('sentAt' in value) || !('text' in value)) return null
  const { time, sentAt, text } = value
  if (!isTime(time) || !isTime(sentAt)) return null
  if (typeof text !== 'string' || text.length > maxMessageLength) return null
  const files = 'files' in value ? readFiles(value.files) : []
  if (files === null || (text === '' && files.length === 0)) return null
  return { kind: 'message', time, sentAt, text, files }
}

/** All or none: a message with a part left out would say something else. */
function readFiles(value: unknown): AttachedFile[] | null {
  if (!Array.isArray(value) || value.length > maxFiles) return null
  const files = value.map(readAttachedFile)
  return files.every((file) => file !== null) ? files : null
}
