import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, toHex } from './bytes.ts'
import { labels } from './labels.ts'
import { subtle } from './platform.ts'
import * as signature from './signature.ts'
import { seededRandom } from './testing/seeded.ts'
import { codeThrown } from './testing/damage.ts'

const { Point } = ed25519
const order = Point.Fn.ORDER

async function verdicts(key: Uint8Array, message: Uint8Array, made: Uint8Array) {
  return [
    await signature.verifySignature(key, message, made),
    signature.verifyWithoutPlatform(key, message, made),
  ]
}

function littleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0')).toReversed()
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt('0x' + toHex(bytes.toReversed()))
}

// RFC 8032 section 7.1, tests 1 and 2.
test.for([
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
] as const)('[SIG1] the example of RFC 8032 with key %s', async ([seed, key, message, made]) => {
  const signer = signature.signerFromSeed(fromHex(seed))
  expect(toHex(signer.publicKey)).toBe(key)
  expect(toHex(await signer.sign(fromHex(message)))).toBe(made)
  expect(await verdicts(fromHex(key), fromHex(message), fromHex(made))).toEqual([true, true])
})

test('[SIG2] the platform answers by the rule, so it is used', async () => {
  expect(await signature.platformVerifies()).toBe(true)
})

test('[SIG2] keys of small order are refused', async () => {
  for (const key of ED25519_TORSION_SUBGROUP.map(fromHex)) {
    expect(signature.isUsablePublicKey(key)).toBe(false)
    expect(await verdicts(key, new Uint8Array(0), concat(key, new Uint8Array(32)))).toEqual([false, false])
  }
})

test('[SIG2] keys that are not canonical or not on the curve are refused', () => {
  const notCanonical = [
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0100000000000000000000000000000000000000000000000000000000000080',
    '0200000000000000000000000000000000000000000000000000000000000000',
  ]
  for (const key of notCanonical) expect(signature.isUsablePublicKey(fromHex(key))).toBe(false)
  expect(signature.isUsablePublicKey(new Uint8Array(31))).toBe(false)
})

test('[SIG2] a key or an R with a part of small order is refused, whatever equation holds', async () => {
  const seed = new Uint8Array(32).fill(9)
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed)
  const message = Uint8Array.of(1, 2, 3)
  for (const hex of ED25519_TORSION_SUBGROUP) {
    const torsion = Point.fromHex(hex)
    if (torsion.is0()) continue
    // The same secret scalar under a twisted key: [8]S·B = [8]R + [8]k·A holds for it.
    const twistedKey = Point.fromBytes(pointBytes).add(torsion).toBytes()
    const plainR = Point.BASE.multiply(77n).toBytes()
    const k1 = numberOf(sha512(concat(plainR, twistedKey, message))) % order
    const byTwistedKey = concat(plainR, littleEndian((77n + k1 * scalar) % order))
    expect(ed25519.verify(byTwistedKey, message, twistedKey)).toBe(true)
    expect(await verdicts(twistedKey, message, byTwistedKey)).toEqual([false, false])

    const twistedR = Point.BASE.multiply(77n).add(torsion).toBytes()
    const k2 = numberOf(sha512(concat(twistedR, pointBytes, message))) % order
    const withTwistedR = concat(twistedR, littleEndian((77n + k2 * scalar) % order))
    expect(ed25519.verify(withTwistedR, message, pointBytes)).toBe(true)
    expect(await verdicts(pointBytes, message, withTwistedR)).toEqual([false, false])
  }
})

test('[SIG3] S at or above the group order is refused', async () => {
  const seed = new Uint8Array(32).fill(5)
  const key = ed25519.getPublicKey(seed)
  const made = ed25519.sign(Uint8Array.of(1), seed)
  const raised = concat(made.slice(0, 32), littleEndian(numberOf(made.slice(32)) + order))
  expect(await verdicts(key, Uint8Array.of(1), made)).toEqual([true, true])
  expect(await verdicts(key, Uint8Array.of(1), raised)).toEqual([false, false])
})

test('[SIG3] a changed bit or another length is refused both ways', async () => {
  const signer = signature.signerFromSeed(new Uint8Array(32).fill(3))
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(64 * 8 - 1), async (message, bit) => {
      const made = await signer.sign(message)
      expect(await verdicts(signer.publicKey, message, made)).toEqual([true, true])
      const changed = made.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await verdicts(signer.publicKey, message, changed)).toEqual([false, false])
      expect(await verdicts(signer.publicKey, message, made.slice(1))).toEqual([false, false])
      expect(await verdicts(signer.publicKey, message, concat(made, message))).toEqual(
        message.length === 0 ? [true, true] : [false, false],
      )
    }),
    { numRuns: 30 },
  )
})

test('[SIG4] a signature under one label is none under another', async () => {
  const signer = signature.signerFromSeed(new Uint8Array(32).fill(4))
  const bytes = Uint8Array.of(1, 2, 3)
  const made = await signature.signLabelled(signer, labels.recordSignature, bytes)
  expect(await signature.verifyLabelled(signer.publicKey, labels.recordSignature, bytes, made)).toBe(true)
  expect(await signature.verifyLabelled(signer.publicKey, labels.operationSignature, bytes, made)).toBe(false)
  expect(await signature.verifySignature(signer.publicKey, bytes, made)).toBe(false)
})

test('[SIG5] a generated signer keeps its private half in WebCrypto and comes back from what is stored', async () => {
  const signer = await signature.generateSigner()
  if (signer.secret.kind !== 'key-pair') throw new Error('this platform has Ed25519')
  expect(signer.secret.pair.privateKey.extractable).toBe(false)
  await expect(subtle().exportKey('raw', signer.secret.pair.privateKey)).rejects.toThrow()
  const stored = structuredClone(signer.secret)
  const again = await signature.signerFromSecret(stored)
  expect(again.publicKey).toEqual(signer.publicKey)
  const made = await again.sign(Uint8Array.of(7))
  expect(await verdicts(signer.publicKey, Uint8Array.of(7), made)).toEqual([true, true])
})

test('[SIG5] a seed is 32 bytes and is copied', async () => {
  expect(await codeThrown(() => signature.signerFromSeed(new Uint8Array(31)))).toBe('key-invalid')
  const seed = seededRandom('seed')(32)
  const signer = await signature.signerFromSecret({ kind: 'seed', seed })
  const before = await signer.sign(Uint8Array.of(1))
  seed.fill(0)
  expect(await signer.sign(Uint8Array.of(1))).toEqual(before)
})
