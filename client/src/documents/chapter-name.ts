import { fromHex, labels, sha256, toHex } from '@clique/crypto'
import type { EpochId, EpochInfo, RosterState } from '@clique/crypto'

/**
 * A conversation is a row of documents of about a thousand messages, named by their number with as many digits
 * as keep the names in order.
 */
export const chapterRoot = 'talk/'
const digits = 8
/** Bytes that name an archive and those whom an epoch names, as many as nobody finds two of. */
const nameSize = 24

/** Entries after which an author opens the next chapter: opening a conversation reads one chapter, however long it is. */
export const chapterLength = 1_000

export const firstChapter = chapterName(0)

type Roster = Pick<RosterState, 'policy' | 'epochs'>

/**
 * How chapters are named that are written under an epoch. Under `since-join` its archive and whom it names are part of it: all
 * that is in a chapter was then written for one and the same circle, and whoever writes under these comes to the same name
 * without a word. Nobody can lack what a later part of a stretch hangs on ([CID5]).
 */
export function chapterPrefix(roster: Roster, epoch: EpochId): string {
  if (roster.policy.history === 'full') return chapterRoot
  const found = roster.epochs.get(epoch)
  if (found === undefined) throw new Error('a key of an epoch that is in no roster')
  const known = prefixes.get(found)
  if (known !== undefined) return known
  const name = sha256(labels.chapterName, fromHex(found.archive), fromHex(found.circle)).slice(0, nameSize)
  const prefix = `${chapterRoot}${toHex(name)}/`
  prefixes.set(found, prefix)
  return prefix
}

/** What an epoch's chapters are named by never changes. */
const prefixes = new WeakMap<EpochInfo, string>()

/** One of the epochs that a chapter was written under; null where every chapter is for everybody. */
export function epochOfChapter(roster: Roster, document: string): EpochInfo | null {
  if (roster.policy.history === 'full') return null
  for (const epoch of roster.epochs.values()) {
    if (isChapterName(document, chapterPrefix(roster, epoch.id))) return epoch
  }
  return null
}

export function chapterName(number: number, prefix = chapterRoot): string {
  return prefix + String(number).padStart(digits, '0')
}

export function isChapterName(document: string, prefix: string): boolean {
  return document.startsWith(prefix) && /^\d{8}$/.test(document.slice(prefix.length))
}

/** The chapter to write to, given the newest that is known and how many entries it holds. */
export function chapterToWrite(
  newest: { readonly document: string; readonly count: number } | null,
  prefix = chapterRoot,
): string {
  if (newest === null) return chapterName(0, prefix)
  return newest.count < chapterLength ? newest.document : nextChapter(newest.document, prefix)
}

/** The chapter after this one; the last possible one goes on for ever. */
export function nextChapter(document: string, prefix = chapterRoot): string {
  const number = Number(document.slice(prefix.length))
  return number >= 10 ** digits - 1 ? document : chapterName(number + 1, prefix)
}
