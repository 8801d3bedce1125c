import type { english } from './english.ts'
import type { membership } from './english-membership.ts'

/** Text stays text, functions keep their parameters, literals become `string`. */
type Widened<T> = T extends (...args: infer Parameters) => string
  ? (...args: Parameters) => string
  : T extends string
    ? string
    : { readonly [Key in keyof T]: Widened<T[Key]> }

/** The shape of every catalogue. English is the one that it is read from. */
export type Words = Widened<typeof english> & {
  /** What is said about a failure; comes after the first paint. */
  readonly failure?: ((code: string) => string) | undefined
  /** About who is in, and what ends that; comes after the first paint. */
  readonly membership?: MembershipWords | undefined
}

/** The shape of every language's sentences about who is in. */
export type MembershipWords = Widened<typeof membership>

export const languages = { en: 'English', es: 'Español' } as const
export type LanguageCode = keyof typeof languages

export function isLanguageCode(text: unknown): text is LanguageCode {
  return typeof text === 'string' && Object.hasOwn(languages, text)
}

/** The first of the person's languages that there is a catalogue for, English failing that. */
export function chooseLanguage(wanted: readonly string[]): LanguageCode {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split('-')[0]
    if (isLanguageCode(primary)) return primary
  }
  return 'en'
}
