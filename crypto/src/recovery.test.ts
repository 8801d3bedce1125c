import { wordlist } from '@scure/bip39/wordlists/english.js'
import { expect, test } from 'vitest'
import { toHex } from './bytes.ts'
import { bytesToId } from './ids.ts'
import * as recovery from './recovery.ts'
import { signerFromSeed } from './signature.ts'
import { codeThrown, expectDamageRefused } from './testing/damage.ts'
import { seededRandom } from './testing/seeded.ts'

const random = seededRandom('recovery')
const zeroPhrase = `${'abandon '.repeat(23)}art`

test('[RCV1] the BIP-39 example of 256 zero bits', () => {
  expect(recovery.makeRecoveryPhrase((n) => new Uint8Array(n))).toBe(zeroPhrase)
  expect(recovery.phraseToSeed(zeroPhrase)).toEqual(new Uint8Array(32))
})

test('[RCV1] what is made comes back, however it is typed', () => {
  for (let i = 0; i < 20; i++) {
    const entropy = random(32)
    const phrase = recovery.makeRecoveryPhrase(() => entropy)
    expect(recovery.phraseToSeed(phrase)).toEqual(entropy)
    const typed = `\n ${phrase.toUpperCase().replaceAll(' ', ' \t\u00a0\n')} `
    expect(recovery.phraseToSeed(typed)).toEqual(entropy)
  }
})

test('[RCV2] wrong phrases are refused with the reason, and unknown words are found', async () => {
  const words = zeroPhrase.split(' ')
  const codeOf = (phrase: string) => codeThrown(() => recovery.phraseToSeed(phrase))
  expect(await codeOf('')).toBe('phrase-word-count')
  expect(await codeOf(words.slice(1).join(' '))).toBe('phrase-word-count')
  expect(await codeOf(`${zeroPhrase} art`)).toBe('phrase-word-count')
  expect(await codeOf(words.with(3, 'abandom').join(' '))).toBe('phrase-word-unknown')
  expect(recovery.findUnknownWords(words.with(3, 'abandom').join(' '))).toEqual([3])
  expect(recovery.findUnknownWords(zeroPhrase)).toEqual([])
  expect(await codeOf(words.with(3, 'zoo').join(' '))).toBe('phrase-checksum')
  expect(await codeOf(words.with(23, 'zoo').join(' '))).toBe('phrase-checksum')
  expect(wordlist).toHaveLength(2048)
})

test('[RCV3] cliques show unrelated recovery keys, and the mailbox key is another still', async () => {
  const seed = random(32)
  const [a, b] = [random(16), random(16)]
  const pairs = [
    await recovery.recoveryKeyPair(seed, a),
    await recovery.recoveryKeyPair(seed, b),
    await recovery.recoveryListPair(seed),
  ]
  expect(new Set(pairs.map((pair) => toHex(pair.publicKey))).size).toBe(3)
  expect(await recovery.recoveryKeyPair(seed, a)).toEqual(pairs[0])
  expect(await codeThrown(() => recovery.recoveryKeyPair(seed, random(15)))).toBe('key-invalid')
  expect(recovery.recoveryMailboxKey(seed).publicKey).toEqual(
    signerFromSeed(recovery.recoveryMailboxSeed(seed)).publicKey,
  )
})

test('[RCV4] the sealed root opens for its recovery key and member only', { timeout: 60_000 }, async () => {
  const seed = random(32)
  const rootSeed = random(32)
  const member = bytesToId('member', signerFromSeed(rootSeed).publicKey)
  const pair = await recovery.recoveryKeyPair(seed, random(16))
  const sealed = await recovery.sealRoot(pair.publicKey, member, rootSeed)
  const open = (bytes: Uint8Array) => recovery.openRoot(pair.privateKey, member, bytes)
  expect(await open(sealed)).toEqual(rootSeed)
  await expectDamageRefused(sealed, open, { step: 37 })
  const other = await recovery.recoveryKeyPair(seed, random(16))
  const otherMember = bytesToId('member', signerFromSeed(random(32)).publicKey)
  expect(await codeThrown(() => recovery.openRoot(other.privateKey, member, sealed))).toBe('wrap-open')
  expect(await codeThrown(() => recovery.openRoot(pair.privateKey, otherMember, sealed))).toBe('wrap-open')
  const lying = await recovery.sealRoot(pair.publicKey, member, random(32))
  expect(await codeThrown(() => open(lying))).toBe('wrap-open')
})

test('[RCV5] the list in the recovery mailbox is padded and opens with the seed alone', async () => {
  const seed = random(32)
  const pair = await recovery.recoveryListPair(seed)
  const [short, longer] = [
    await recovery.sealRecoveryList(pair.publicKey, Uint8Array.of(1)),
    await recovery.sealRecoveryList(pair.publicKey, new Uint8Array(200)),
  ]
  expect(short.length).toBe(longer.length)
  expect(await recovery.openRecoveryList(pair.privateKey, short)).toEqual(Uint8Array.of(1))
  await expectDamageRefused(short, (bytes) => recovery.openRecoveryList(pair.privateKey, bytes), { step: 97 })
})
