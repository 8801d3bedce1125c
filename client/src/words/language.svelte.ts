import { fetchWords, languageKey, wantedLanguage } from './catalogues.ts'
import { fetchLaterWords } from './later-catalogues.ts'
import { Formats } from './format.ts'
import type { LanguageCode, MembershipWords, Words } from './words.ts'

interface Shown {
  readonly code: LanguageCode
  readonly words: Words
}

/**
 * The language of the screens: chosen from the browser's, switchable, kept in this browser. The choice is the only
 * thing here that rests unsealed; it says nothing that the browser does not say to every page.
 */
class Language {
  #shown = $state.raw<Shown | null>(null)
  #isWhole = false
  readonly formats = $derived(new Formats(this.code === 'en' ? englishRegion() : this.code, this.words))

  get code(): LanguageCode {
    return this.#now.code
  }

  get words(): Words {
    return this.#now.words
  }

  /** For screens that are fetched together with them: see `complete`. */
  get membership(): MembershipWords {
    const { membership } = this.words
    if (membership === undefined) throw new Error('words are read before they are there')
    return membership
  }

  /** Once, before the first paint. Rejects when the words cannot be fetched: there is nothing to say then. */
  async restore(): Promise<void> {
    await this.#show(wantedLanguage())
  }

  /** Without the words, for lack of a network, the screens stay as they are. */
  async use(code: LanguageCode): Promise<void> {
    try {
      await this.#show(code)
    } catch (error) {
      console.warn('The words of a language could not be fetched.', error)
      return
    }
    try {
      localStorage.setItem(languageKey, code)
    } catch (error) {
      // A browser that keeps nothing still shows the language until the page is closed.
      console.warn('The choice of language could not be kept.', error)
    }
  }

  /** Gets what the first paint did without. Rejects when it cannot be fetched. */
  async complete(): Promise<void> {
    this.#isWhole = true
    // A screen that waits for it asks again when it has come, as the words are others then.
    if (this.words.failure !== undefined) return
    const { code } = this
    const later = await fetchLaterWords(code)
    // Another language may have been chosen meanwhile, and has come whole then.
    if (this.code === code) this.#shown = { code, words: { ...this.words, ...later } }
  }

  get #now(): Shown {
    if (this.#shown === null) throw new Error('words are read before they are there')
    return this.#shown
  }

  async #show(code: LanguageCode): Promise<void> {
    const [words, later] = await Promise.all([
      fetchWords(code),
      this.#isWhole ? fetchLaterWords(code) : undefined,
    ])
    this.#shown = { code, words: { ...words, ...later } }
  }
}

/** English dates differ by country (am and pm, day and month), so the browser's own English is used for them. */
function englishRegion(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith('en-')) ?? 'en-GB'
}

export const language = new Language()
