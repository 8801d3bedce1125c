import { language } from '../words/language.svelte.ts'
import { look } from './look.svelte.ts'

/** What must be known before anything is painted: light or dark, and the language. */
export async function prepareScreen(): Promise<void> {
  look.restore()
  await language.restore()
}
