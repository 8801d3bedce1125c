import type { Failures } from './english-failures.ts'
import type { LanguageCode, MembershipWords, Words } from './words.ts'

interface LaterCatalogue {
  readonly failures: Failures
  readonly membership: MembershipWords
}

const laterCatalogues: Readonly<Record<LanguageCode, () => Promise<LaterCatalogue>>> = {
  en: () => import('./english-later.ts'),
  es: () => import('./spanish-later.ts'),
}

/** Rarely read, and never before the first paint. */
export async function fetchLaterWords(
  code: LanguageCode,
): Promise<Required<Pick<Words, 'failure' | 'membership'>>> {
  const [{ sentencesFrom }, { failures, membership }] = await Promise.all([
    import('./failures.ts'),
    laterCatalogues[code](),
  ])
  return { failure: sentencesFrom(failures), membership }
}
