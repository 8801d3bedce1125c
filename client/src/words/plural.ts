/** `many` exists in Spanish for whole millions; nothing here is counted that far, so `other` serves it. */
export interface PluralForms {
  one: string
  other: string
}

/** Chooses the form for a number by the language's own rule, and writes the number in place of `#`. */
export function pluralIn(language: string): (count: number, forms: PluralForms) => string {
  const rules = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language)
  return (count, forms) =>
    (rules.select(count) === 'one' ? forms.one : forms.other).replaceAll('#', numbers.format(count))
}
