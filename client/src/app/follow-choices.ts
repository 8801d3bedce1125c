import { languageKey } from '../words/catalogues.ts'
import { language } from '../words/language.svelte.ts'
import { look, lookKey } from './look.svelte.ts'

/**
 * What is chosen in one window of this browser holds in the others at once. Returns the function that ends it.
 */
export function followChoices(): () => void {
  const follow = ({ key }: StorageEvent) => {
    if (key === lookKey || key === null) look.restore()
    if (key === languageKey || key === null) {
      language.restore().catch((error: unknown) => {
        console.warn('The words of a language could not be fetched.', error)
      })
    }
  }
  addEventListener('storage', follow)
  return () => removeEventListener('storage', follow)
}
