import { errorCodes } from '@clique/crypto'
import { expect, test } from 'vitest'
import { english } from './english.ts'
import { failures as englishFailures, membership as englishMembership } from './english-later.ts'
import { AppError, failureCode, failureSentence } from './errors.ts'
import { hasSentence, sentencesFrom } from './failures.ts'
import { failures as spanishFailures, membership as spanishMembership } from './spanish-later.ts'
import { spanish } from './spanish.ts'
import { chooseLanguage } from './words.ts'

/** Every leaf of a catalogue by its path: `text`, or `function of n` parameters. */
function leaves(words: object, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(words)) {
    const here = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string') found.set(here, 'text')
    else if (typeof value === 'function')
      found.set(here, `function of ${(value as { length: number }).length}`)
    else for (const [inner, kind] of leaves(value as object, here)) found.set(inner, kind)
  }
  return found
}

/** Calls every function with what its parameters could be, so that each sentence is seen once. */
function sentences(words: object): string[] {
  return Object.values(words).flatMap((value: unknown) => {
    if (typeof value === 'string') return [value]
    if (typeof value !== 'function') return sentences(value as object)
    const call = value as (...values: unknown[]) => string
    return [1, 2, 1_000_000].map((count) => call(...Array.from({ length: call.length }, () => count)))
  })
}

const wholeEnglish = { ...english, membership: englishMembership, failures: englishFailures }
const wholeSpanish = { ...spanish, membership: spanishMembership, failures: spanishFailures }

test('Spanish has every sentence of the English catalogue with the same parameters', () => {
  expect(leaves(wholeSpanish)).toEqual(leaves(wholeEnglish))
})

for (const [name, catalogue] of Object.entries({ english: wholeEnglish, spanish: wholeSpanish })) {
  test(`no sentence of the ${name} catalogue is empty, ragged, loud or jargon`, () => {
    for (const sentence of sentences(catalogue)) {
      expect.soft(sentence.trim(), sentence).toBe(sentence)
      expect.soft(sentence, sentence).not.toBe('')
      expect.soft(sentence, sentence).not.toMatch(/[!¡#]|undefined|\bpeers?\b|\bepoch|CRDT|libp2p/i)
    }
  })
}

test('Spanish is not English left behind', () => {
  const same = [...leaves(wholeEnglish).keys()].filter((path) => {
    const read = (words: object) =>
      path.split('.').reduce<unknown>((part, key) => (part as never)[key], words)
    return read(wholeEnglish) === read(wholeSpanish)
  })
  // The product's own words, names of colours that are the same, and what is a name in both languages.
  expect(same).toEqual(
    [
      'start.title',
      'nav.clique',
      'nav.chats',
      'chats.title',
      'chats.list',
      'media.more',
      'people.roles.admin',
      'home.cliqueId',
    ].filter((path) => same.includes(path)),
  )
})

test('every code has a sentence in both languages', () => {
  const whole = [
    { ...english, failure: sentencesFrom(englishFailures) },
    { ...spanish, failure: sentencesFrom(spanishFailures) },
  ]
  for (const code of errorCodes) {
    expect.soft(hasSentence(code), code).toBe(true)
    for (const words of whole) expect.soft(failureSentence(words, code), code).toMatch(/\.$/)
  }
  for (const words of whole) {
    expect(failureSentence(words, 'never-heard-of' as never)).toBe(failureSentence(words, 'internal'))
  }
})

test('what is thrown finds its code, and everything else is our own fault', () => {
  expect(failureCode(new AppError('link-broken'))).toBe('link-broken')
  expect(failureCode({ code: 'invite-used' })).toBe('invite-used')
  expect(failureCode(new DOMException('', 'QuotaExceededError'))).toBe('storage-full')
  const wrapped = Object.assign(new Error('transaction failed'), {
    inner: new DOMException('', 'QuotaExceededError'),
  })
  expect(failureCode(wrapped)).toBe('storage-full')
  expect(failureCode(new Error('surprise', { cause: new DOMException('', 'VersionError') }))).toBe(
    'storage-newer',
  )
  const unfetched = new TypeError('Failed to fetch dynamically imported module: https://clique.test/part.js')
  expect(failureCode(unfetched)).toBe('relay-unreachable')
  for (const strange of [
    null,
    undefined,
    'text',
    7,
    new Error('surprise'),
    { code: 'toString' },
    { code: 5 },
  ]) {
    expect(failureCode(strange)).toBe('internal')
  }
})

test('the language follows the first of the browser that there is a catalogue for', () => {
  expect(chooseLanguage(['de-DE', 'es-MX', 'en'])).toBe('es')
  expect(chooseLanguage(['en-US', 'es'])).toBe('en')
  expect(chooseLanguage(['fr', 'constructor'])).toBe('en')
  expect(chooseLanguage([])).toBe('en')
})

test('a single file named after photos is not written like the beginning of a line', () => {
  for (const { media } of [english, spanish]) {
    expect(media.photosAndFiles(media.photos(2), media.files(1))).toMatch(
      /^2 fotos, archivo$|^2 photos, file$/,
    )
  }
})

test('who is here is told by name, and of many their number alone', () => {
  expect(english.live('Ben', 1, false)).toBe('Ben is here now')
  expect(english.live('Ben and Carla', 2, false)).toBe('Ben and Carla are here now')
  expect(english.live('3 people', 3, false)).toBe('3 people here')
  expect(english.live('3 people', 3, true)).toBe('3 people are typing')
  expect(spanish.live('3 personas', 3, false)).toBe('3 personas aquí')
  expect(spanish.live('3 personas', 3, true)).toBe('3 personas están escribiendo')
})
