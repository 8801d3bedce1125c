import { english } from './english.ts'
import { Formats } from './format.ts'
import { chooseLanguage, isLanguageCode, type LanguageCode, type Words } from './words.ts'

const storageKey = 'clique.language'

/** English is the shape of all catalogues and comes with the app; the others are fetched by those who read them. */
const catalogues: Readonly<Record<LanguageCode, () => Promise<Words>>> = {
  en: () => Promise.resolve(english),
  es: async () => (await import('./spanish.ts')).spanish,
}

/**
 * The language of the screens: chosen from the browser's, switchable, kept in this browser. The choice is the only
 * thing here that rests unsealed; it says nothing that the browser does not say to every page.
 */
class Language {
  #now = $state.raw<{ code: LanguageCode; words: Words }>({ code: 'en', words: english })
  readonly formats = $derived(new Formats(this.code === 'en' ? englishRegion() : this.code, this.words))

  get code(): LanguageCode {
    return this.#now.code
  }

  get words(): Words {
    return this.#now.words
  }

  /** Once, before the first paint. Without the catalogue, for lack of a network, the screens stay English. */
  async restore(): Promise<void> {
    const kept = keptLanguage()
    await this.#show(isLanguageCode(kept) ? kept : chooseLanguage(navigator.languages))
  }

  async use(code: LanguageCode): Promise<void> {
    if (!(await this.#show(code))) return
    try {
      localStorage.setItem(storageKey, code)
    } catch (error) {
      // A browser that keeps nothing still shows the language until the page is closed.
      console.warn('The choice of language could not be kept.', error)
    }
  }

  async #show(code: LanguageCode): Promise<boolean> {
    try {
      this.#now = { code, words: await catalogues[code]() }
      return true
    } catch (error) {
      console.warn('The words of a language could not be fetched.', error)
      return false
    }
  }
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
