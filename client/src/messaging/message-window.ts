import type { MessageRow } from './conversation-view.ts'

/** Messages that are put on screen at first, and more at each reach for the top. */
export const windowPage = 80

/** Messages above the first unread one, to read on from. */
const lead = 8

/**
 * The screen holds the newest messages down from one row, named by its key, so that neither what is loaded above nor
 * what arrives below moves it. Null stands for the newest page. It is never less than a page: in a short conversation
 * an older message that arrives late is seen at once.
 */
export function firstShown(rows: readonly MessageRow[], topKey: string | null): number {
  const newest = Math.max(0, rows.length - windowPage)
  if (topKey === null) return newest
  const index = rows.findIndex((row) => row.key === topKey)
  return index === -1 ? newest : Math.min(index, newest)
}

/** The top for opening a conversation: the newest page, or further up to where the unread ones begin. */
export function openingTop(rows: readonly MessageRow[], unreadFrom: string | null): string | null {
  const unread = unreadFrom === null ? -1 : rows.findIndex((row) => row.key === unreadFrom)
  const top =
    unread === -1 ? firstShown(rows, null) : Math.min(firstShown(rows, null), Math.max(0, unread - lead))
  return rows[top]?.key ?? null
}

/** One page further up. */
export function olderTop(rows: readonly MessageRow[], topKey: string | null): string | null {
  return rows[Math.max(0, firstShown(rows, topKey) - windowPage)]?.key ?? null
}
