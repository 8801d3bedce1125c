import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { concat, equal } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { labelToBytes } from './label-bytes.ts'
import { deriveKey } from './hkdf.ts'
import { kemPairFromSeed, kemSeedSize, unwrap, wrap } from './hpke.ts'
import type { KemPair } from './hpke.ts'
import { idToBytes } from './ids.ts'
import type { MemberId } from './ids.ts'
import { labels } from './labels.ts'
import { pad, unpad } from './padding.ts'
import type { Random } from './platform.ts'
import { signatureSeedSize, signerFromSeed } from './signature.ts'
import type { Signer } from './signature.ts'

export const recoveryWordCount = 24
export const recoverySeedSize = 32
export const recoverySaltSize = 16

const nothing = new Uint8Array(0)
const knownWords = new Set(wordlist)

/** 24 English words (BIP-39), one space between them: 256 random bits and a checksum. */
export function makeRecoveryPhrase(random: Random): string {
  return entropyToMnemonic(random(recoverySeedSize), wordlist)
}

/** What people type: any case, any white space, any Unicode form. */
export function phraseToWords(phrase: string): string[] {
  return phrase
    .normalize('NFKD')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}

/** Positions (from 0) of words that are not in the list. */
export function findUnknownWords(phrase: string): number[] {
  return phraseToWords(phrase).flatMap((word, position) => (knownWords.has(word) ? [] : [position]))
}

/**
 * The 32 bytes behind the words. They are uniform, so they are the seed as they are; BIP-39's slow hash would add
 * nothing to 256 bits. @throws CliqueError `phrase-...`
 */
export function phraseToSeed(phrase: string): Uint8Array {
  const words = phraseToWords(phrase)
  if (words.length !== recoveryWordCount) throw new CliqueError('phrase-word-count')
  if (words.some((word) => !knownWords.has(word))) throw new CliqueError('phrase-word-unknown')
  try {
    return mnemonicToEntropy(words.join(' '), wordlist)
  } catch {
    throw new CliqueError('phrase-checksum')
  }
}

/**
 * The recovery recipient in one clique; without the seed, the keys of two cliques are unrelated. `salt`: 16 random
 * bytes that the roster names beside the public key. (The clique's id cannot serve: it is the hash of a genesis that
 * already holds the founder's recovery key.) @throws CliqueError `key-invalid`
 */
export function recoveryKeyPair(seed: Uint8Array, salt: Uint8Array): Promise<KemPair> {
  if (salt.length !== recoverySaltSize) throw new CliqueError('key-invalid')
  return kemPairFromSeed(deriveKey(seed, labels.recoveryKem, salt, kemSeedSize))
}

/** The key that names the recovery mailbox: it reads and appends what is sealed, and opens nothing. */
export function recoveryMailboxSeed(seed: Uint8Array): Uint8Array {
  return deriveKey(seed, labels.recoveryMailbox, nothing, signatureSeedSize)
}

export function recoveryMailboxKey(seed: Uint8Array): Signer {
  return signerFromSeed(recoveryMailboxSeed(seed))
}

/** Opens the list of cliques in the recovery mailbox; devices keep its public half only. */
export function recoveryListPair(seed: Uint8Array): Promise<KemPair> {
  return kemPairFromSeed(deriveKey(seed, labels.recoveryListKem, nothing, kemSeedSize))
}

/** Seals the list of a person's cliques and relays, padded, so that its length does not count them. */
export function sealRecoveryList(listPublicKey: Uint8Array, list: Uint8Array): Promise<Uint8Array> {
  return wrap(listPublicKey, labelToBytes(labels.recoveryList), pad(list))
}

/** @throws CliqueError `wrap-open`, `padding-invalid` */
export async function openRecoveryList(listPrivateKey: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> {
  return unpad(await unwrap(listPrivateKey, labelToBytes(labels.recoveryList), sealed))
}

/** Seals a member root (its 32-byte seed) to that person's recovery key in this clique. */
export function sealRoot(
  recoveryPublicKey: Uint8Array,
  member: MemberId,
  rootSeed: Uint8Array,
): Promise<Uint8Array> {
  return wrap(recoveryPublicKey, rootInfo(member), rootSeed)
}

/** The seed of the member root, checked against the member's id. @throws CliqueError `wrap-open` */
export async function openRoot(
  recoveryPrivateKey: Uint8Array,
  member: MemberId,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  const rootSeed = await unwrap(recoveryPrivateKey, rootInfo(member), sealed)
  if (rootSeed.length !== signatureSeedSize) throw new CliqueError('wrap-open')
  if (!equal(signerFromSeed(rootSeed).publicKey, idToBytes(member))) throw new CliqueError('wrap-open')
  return rootSeed
}

function rootInfo(member: MemberId): Uint8Array {
  return concat(labelToBytes(labels.recoveryRoot), idToBytes(member))
}
