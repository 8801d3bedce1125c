import type { Failures } from './english-failures.ts'
import type { LanguageCode, Words } from './words.ts'

const failureCatalogues: Readonly<Record<LanguageCode, () => Promise<Failures>>> = {
  en: async () => (await import('./english-failures.ts')).failures,
  es: async () => (await import('./spanish-failures.ts')).failures,
}

/** Rarely read, and never before the first paint. */
export async function fetchFailures(code: LanguageCode): Promise<Words['failure']> {
  const [{ sentencesFrom }, failures] = await Promise.all([
    import('./failures.ts'),
    failureCatalogues[code](),
  ])
  return sentencesFrom(failures)
}
