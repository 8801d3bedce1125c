import type { LanguageCode, Words } from '../words/words.ts'

/** Names that are still read at a glance. */
const maxNames = 2

/** Who they are, or how many. */
export function whoOf(words: Words, language: LanguageCode, names: readonly string[]): string {
  if (names.length > maxNames) return words.invite.people(names.length)
  return new Intl.ListFormat(language, { type: 'conjunction' }).format(names)
}
