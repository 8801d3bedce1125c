import { chooseLanguage, isLanguageCode } from './words.ts'
import type { LanguageCode, Words } from './words.ts'

export const languageKey = 'clique.language'

/** Fetched by those who read them, and by nobody else. */
const catalogues: Readonly<Record<LanguageCode, () => Promise<Words>>> = {
  en: async () => (await import('./english.ts')).english,
  es: async () => (await import('./spanish.ts')).spanish,
}

export function fetchWords(code: LanguageCode): Promise<Words> {
  return catalogues[code]()
}

/** The language that was chosen here, else the first of the browser's that there is a catalogue for. */
export function wantedLanguage(): LanguageCode {
  const kept = keptLanguage()
  return isLanguageCode(kept) ? kept : chooseLanguage(navigator.languages)
}

function keptLanguage(): string | null {
  try {
    return localStorage.getItem(languageKey)
  } catch {
    return null
  }
}
