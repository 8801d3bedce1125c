const tints = 12

/** One of twelve tints for a person, the same on every screen and device: it follows from the id alone. */
export function tintOf(id: string): number {
  let sum = 0
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return sum % tints
}

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The first character of the first and last word, whole emoji and accents included. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u)
  const first = firstCharacter(words[0] ?? '')
  const last = words.length > 1 ? firstCharacter(words.at(-1) ?? '') : ''
  return (first + last).toLocaleUpperCase()
}

function firstCharacter(word: string): string {
  for (const { segment } of segments.segment(word)) return segment
  return ''
}
