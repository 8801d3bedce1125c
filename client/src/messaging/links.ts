export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

/** Only what starts with http:// or https:// is a link: nothing is guessed, and no other scheme can be clicked. */
const address = /https?:\/\/[^\s<>"'`\u0000-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu

/** Punctuation that ends a sentence rather than an address. */
const tail = /[.,;:!?…»”’)\]}]+$/u

export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(address)) {
    const shown = trimTail(match[0])
    if (!isSafeAddress(shown)) continue
    if (match.index > end) parts.push({ kind: 'text', text: text.slice(end, match.index) })
    parts.push({ kind: 'link', text: shown, href: shown })
    end = match.index + shown.length
  }
  if (end < text.length) parts.push({ kind: 'text', text: text.slice(end) })
  return parts
}

/** A closing bracket belongs to the address when it was opened in it, as in many an encyclopedia's addresses. */
function trimTail(candidate: string): string {
  let kept = candidate.replace(tail, '')
  const next = candidate[kept.length]
  if (next === ')' && count(kept, '(') > count(kept, ')')) kept += ')'
  return kept
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}

/** Names before an @ in an address exist to mislead: `https://bank.example@evil.example`. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === ''
}
