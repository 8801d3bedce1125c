import { language } from '../words/language.svelte.ts'
import type { Named } from './person-view.ts'

/** "Anna, Ben and you", in the language of the screen. */
export function listNames(people: readonly Named[]): string {
  const others = people.filter(({ me }) => !me).map(({ name }) => name)
  const names = people.length > others.length ? [...others, language.words.people.you] : others
  return new Intl.ListFormat(language.code, { type: 'conjunction' }).format(names)
}
