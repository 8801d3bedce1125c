/**
 * A conversation is a row of documents of about a thousand messages, named by their number with as many digits
 * as keep the names in order.
 */
export const chapterPrefix = 'talk/'
const digits = 8

/** Entries after which an author opens the next chapter: opening a conversation reads one chapter, however long it is. */
export const chapterLength = 1_000

export const firstChapter = chapterName(0)

export function chapterName(number: number): string {
  return chapterPrefix + String(number).padStart(digits, '0')
}

export function isChapterName(document: string): boolean {
  return document.length === chapterPrefix.length + digits && /^talk\/\d+$/.test(document)
}

/** The chapter to write to, given the newest that is known and how many entries it holds. */
export function chapterToWrite(newest: { readonly document: string; readonly count: number } | null): string {
  if (newest === null) return firstChapter
  const number = Number(newest.document.slice(chapterPrefix.length))
  const isLast = number >= 10 ** digits - 1
  return newest.count < chapterLength || isLast ? newest.document : chapterName(number + 1)
}
