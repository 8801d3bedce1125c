import { english } from './english.ts'
import { Formats } from './format.ts'
import { spanish } from './spanish.ts'
import { chooseLanguage, isLanguageCode, type LanguageCode, type Words } from './words.ts'

const storageKey = 'clique.language'
const catalogues: Readonly<Record<LanguageCode, Words>> = { en: english, es: spanish }

/**
 * The language of the screens: chosen from the browser's, switchable, kept in this browser. The choice is the only
 * thing here that rests unsealed; it says nothing that the browser does not say to every page.
 */
class Language {
  code = $state<LanguageCode>(startLanguage())
  readonly words = $derived(catalogues[this.code])
  readonly formats = $derived(new Formats(this.code === 'en' ? englishRegion() : this.code, this.words))

  use(code: LanguageCode): void {
    this.code = code
    try {
      localStorage.setItem(storageKey, code)
    } catch (error) {
      // A browser that keeps nothing still shows the language until the page is closed.
      console.warn('The choice of language could not be kept.', error)
    }
  }
}

function startLanguage(): LanguageCode {
  const kept = keptLanguage()
  return isLanguageCode(kept) ? kept : chooseLanguage(navigator.languages)
}

function keptLanguage(): string | null {
  try {
    return localStorage.getItem(storageKey)
  } catch {
    return null
  }
}

/** English dates differ by country (am and pm, day and month), so the browser's own English is used for them. */
function englishRegion(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith('en-')) ?? 'en-GB'
}

export const language = new Language()
