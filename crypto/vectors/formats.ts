import { decapsulate, encapsulate } from '../src/hpke.ts'
import { decode, encode, fromBase64, kemPairFromSeed, makeRecoveryPhrase } from '../src/index.ts'
import { phraseToSeed, toHex, verifyConsistency, verifyInclusion } from '../src/index.ts'
import type { CborValue } from '../src/index.ts'
import { expectThat, hex, isRefused, runCases } from './outcome.ts'
import type { Outcome } from './outcome.ts'

export interface XWingCase {
  readonly seed: string
  readonly eseed: string
  readonly ss: string
  readonly pk: string
  readonly ct: string
}

export function checkXWing(file: readonly XWingCase[]): Promise<Outcome> {
  return runCases(
    file,
    (_, position) => `#${position}`,
    async (item) => {
      const pair = await kemPairFromSeed(hex(item.seed))
      const made = await encapsulate(hex(item.pk), hex(item.eseed))
      const opened = await decapsulate(hex(item.seed), hex(item.ct))
      return expectThat(
        toHex(pair.publicKey) === item.pk &&
          toHex(made.encapsulation) === item.ct &&
          toHex(made.sharedSecret) === item.ss &&
          toHex(opened) === item.ss,
        'differs',
      )
    },
  )
}

export interface CborCase {
  readonly hex: string
  readonly roundtrip: boolean
  readonly decoded?: unknown
}

/**
 * What strict CBOR of this project takes comes back byte for byte; the rest of the appendix (floats, tags,
 * undefined, indefinite lengths, longer forms, integers beyond a double) is refused.
 */
export function checkCbor(file: readonly CborCase[]): Promise<Outcome> {
  return runCases(
    file,
    (item) => item.hex,
    async (item) => {
      const bytes = hex(item.hex)
      if (!isInSubset(item)) return expectThat(await isRefused(() => decode(bytes)), 'decoded')
      const value = decode(bytes)
      if (toHex(encode(value)) !== item.hex) return { failure: 'encodes differently' }
      if (!('decoded' in item)) return 'passed'
      return expectThat(
        JSON.stringify(toJson(value)) === JSON.stringify(item.decoded),
        'means something else',
      )
    },
  )
}

function isInSubset(item: CborCase): boolean {
  const head = hex(item.hex)[0] ?? 0
  const isTag = head >> 5 === 6
  const isRefusedSimple = head >> 5 === 7 && ![0xf4, 0xf5, 0xf6].includes(head)
  const isHuge = /^[13]bffffffffffffffff$/.test(item.hex)
  return item.roundtrip && !isTag && !isRefusedSimple && !isHuge
}

function toJson(value: CborValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, toJson(item)]))
  if (Array.isArray(value)) return value.map((item: CborValue) => toJson(item))
  return value
}

export type PhraseCase = readonly [entropy: string, phrase: string, ...rest: string[]]

/** 24 words go both ways; shorter phrases are valid elsewhere and refused here. */
export function checkBip39(file: readonly PhraseCase[]): Promise<Outcome> {
  return runCases(
    file,
    ([entropy]) => entropy,
    async ([entropy, phrase]) => {
      if (entropy.length !== 64) return expectThat(await isRefused(() => phraseToSeed(phrase)), 'taken')
      const made = makeRecoveryPhrase(() => hex(entropy))
      return expectThat(made === phrase && toHex(phraseToSeed(phrase)) === entropy, 'differs')
    },
  )
}

export interface InclusionCase {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

export function checkInclusion(file: Readonly<Record<string, InclusionCase>>): Promise<Outcome> {
  return runCases(
    Object.entries(file),
    ([name]) => name,
    ([, item]) => {
      const proof = (item.proof ?? []).map(fromBase64)
      const leaf = fromBase64(item.leafHash)
      const holds = verifyInclusion(item.leafIdx, item.treeSize, leaf, proof, fromBase64(item.root))
      return expectThat(holds !== item.wantErr, `held: ${holds}`)
    },
  )
}

export interface ConsistencyCase {
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}

export function checkConsistency(file: Readonly<Record<string, ConsistencyCase>>): Promise<Outcome> {
  return runCases(
    Object.entries(file),
    ([name]) => name,
    ([, item]) => {
      const proof = (item.proof ?? []).map(fromBase64)
      const [oldRoot, root] = [fromBase64(item.root1), fromBase64(item.root2)]
      const holds = verifyConsistency(item.size1, item.size2, oldRoot, root, proof)
      // One case takes equal roots whatever they are; here a root has 32 bytes.
      const areHashes = oldRoot.length === 32 && root.length === 32
      return expectThat(holds === (!item.wantErr && areHashes), `held: ${holds}`)
    },
  )
}
