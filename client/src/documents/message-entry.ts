import { CliqueError } from '@clique/crypto'
import type { AttachedFile } from './attached-file.ts'
import { readEntry } from './entries.ts'
import type { MessageEntry } from './entries.ts'
import { maxMessageLength } from './message-length.ts'

/** A message that has no time yet. @throws CliqueError `message-empty`, `message-too-long` */
export function messageEntry(text: string, files: readonly AttachedFile[]): MessageEntry {
  // A lone surrogate has no encoding in UTF-8: it becomes the replacement character here, not differently there.
  const wellFormed = text.toWellFormed()
  if (wellFormed.trim() === '' && files.length === 0) throw new CliqueError('message-empty')
  if (wellFormed.length > maxMessageLength) throw new CliqueError('message-too-long')
  const written = { kind: 'message', time: 0, sentAt: 0, text: wellFormed, files } as const
  // What others would pass over must never be signed.
  if (readEntry(written) === null) throw new Error('a message that nobody could read')
  return written
}
