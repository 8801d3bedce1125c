import type { MessageRow } from './conversation-view.ts'
import type { GroupLine, GroupLines } from './group-line.ts'

/** Messages of one person that follow each other this closely stand together. */
export const groupGapMs = 5 * 60_000

export type ConversationPart =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'new'; readonly key: string }
  | { readonly kind: 'lines'; readonly key: string; readonly lines: readonly GroupLine[] }
  | {
      readonly kind: 'group'
      readonly key: string
      readonly rows: readonly MessageRow[]
      readonly mine: boolean
    }

/**
 * Rows as they stand on screen: a line for each day, what happened to the group, a line above the first unread one, groups by
 * author and time.
 */
export function toParts(
  rows: readonly MessageRow[],
  unreadFrom: string | null,
  lines: GroupLines = new Map(),
): ConversationPart[] {
  const parts: ConversationPart[] = []
  let group: MessageRow[] = []
  let previous: MessageRow | undefined

  for (const row of rows) {
    const newDay = previous === undefined || !isSameDay(previous.sentAt, row.sentAt)
    const unread = row.key === unreadFrom
    const above = lines.get(row.key)
    const apart =
      newDay ||
      unread ||
      above !== undefined ||
      previous === undefined ||
      previous.author !== row.author ||
      Math.abs(row.sentAt - previous.sentAt) > groupGapMs
    if (newDay) parts.push({ kind: 'day', key: `day ${row.key}`, at: row.sentAt })
    if (above !== undefined) parts.push({ kind: 'lines', key: `lines ${row.key}`, lines: above })
    if (unread) parts.push({ kind: 'new', key: 'new' })
    if (apart) {
      group = []
      parts.push({ kind: 'group', key: row.key, rows: group, mine: row.mine })
    }
    group.push(row)
    previous = row
  }
  const last = lines.get('')
  if (last !== undefined) parts.push({ kind: 'lines', key: 'lines', lines: last })
  return parts
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString()
}
