import { extract, expand } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aeadOverhead, openBytes, sealBytes } from './aead.ts'
import { gcmDecrypt, gcmEncrypt, importGcmKey } from './aes-gcm.ts'
import { concat, fromHex, toHex, utf8ToBytes } from './bytes.ts'
import { labelToBytes } from './label-bytes.ts'
import { deriveKey, hkdfSha256 } from './hkdf.ts'
import * as hpke from './hpke.ts'
import { labels } from './labels.ts'
import { authenticate, hmacSha256, isAuthentic } from './mac.ts'
import * as padding from './padding.ts'
import { codeThrown, expectDamageRefused } from './testing/damage.ts'
import { seededRandom } from './testing/seeded.ts'

const nothing = new Uint8Array(0)
const random = seededRandom('sealing')

test('[KDF1] the first example of RFC 5869', () => {
  const okm = hkdfSha256(
    fromHex('0b'.repeat(22)),
    fromHex('000102030405060708090a0b0c'),
    fromHex('f0f1f2f3f4f5f6f7f8f9'),
    42,
  )
  expect(toHex(okm)).toBe(
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  )
})

test('[KDF1] a derived key is HKDF over label and info, and another for every label and info', () => {
  const secret = random(32)
  const made = deriveKey(secret, labels.recordKey, Uint8Array.of(1), 32)
  const info = concat(labelToBytes(labels.recordKey), Uint8Array.of(1))
  expect(made).toEqual(hkdfSha256(secret, nothing, info, 32))
  expect(deriveKey(secret, labels.recordKey, Uint8Array.of(2), 32)).not.toEqual(made)
  expect(deriveKey(secret, labels.gateKey, Uint8Array.of(1), 32)).not.toEqual(made)
})

test('[MAC1] the second example of RFC 4231, and the label in front', () => {
  const mac = hmacSha256(utf8ToBytes('Jefe'), utf8ToBytes('what do ya want for nothing?'))
  expect(toHex(mac)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  const key = random(32)
  const made = authenticate(key, labels.gateKey, Uint8Array.of(1))
  expect(isAuthentic(key, labels.gateKey, Uint8Array.of(1), made)).toBe(true)
  expect(isAuthentic(key, labels.recordKey, Uint8Array.of(1), made)).toBe(false)
  expect(isAuthentic(key, labels.gateKey, Uint8Array.of(1), made.slice(1))).toBe(false)
})

test('[AED1] the example of draft-irtf-cfrg-xchacha appendix A.3', () => {
  const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f')
  const nonce = fromHex('404142434445464748494a4b4c4d4e4f5051525354555657')
  const message = utf8ToBytes(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  )
  const sealed = sealBytes(key, message, fromHex('50515253c0c1c2c3c4c5c6c7'), () => nonce)
  expect(toHex(sealed.slice(0, 24))).toBe(toHex(nonce))
  expect(toHex(sealed.slice(24, 40))).toBe('bd6d179d3e83d43b9576579493c0e939')
  expect(toHex(sealed.slice(-16))).toBe('c0875924c1c7987947deafd8780acf49')
})

test('[AED1] sealed bytes open with the same key and additional data only', async () => {
  const key = random(32)
  const sealed = sealBytes(key, Uint8Array.of(1, 2, 3), Uint8Array.of(9), random)
  expect(sealed).toHaveLength(3 + aeadOverhead)
  expect(openBytes(key, sealed, Uint8Array.of(9))).toEqual(Uint8Array.of(1, 2, 3))
  expect(await codeThrown(() => openBytes(random(32), sealed, Uint8Array.of(9)))).toBe('aead-open')
  expect(await codeThrown(() => openBytes(key, sealed, nothing))).toBe('aead-open')
  await expectDamageRefused(sealed, (bytes) => openBytes(key, bytes, Uint8Array.of(9)))
})

test('[AED2] cases 13 and 14 of the GCM specification', async () => {
  const key = await importGcmKey(new Uint8Array(32))
  const nonce = new Uint8Array(12)
  expect(toHex(await gcmEncrypt(key, nonce, nothing, nothing))).toBe('530f8afbc74536b9a963b4f1c4cb738b')
  const sealed = await gcmEncrypt(key, nonce, new Uint8Array(16), nothing)
  expect(toHex(sealed)).toBe('cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919')
  await expectDamageRefused(sealed, (bytes) => gcmDecrypt(key, nonce, bytes, nothing, 'media-chunk'))
  expect(key.extractable).toBe(false)
})

test('[PAD1] padded sizes are at least 256 bytes, few, and at most 12 % more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000_000 }), (size) => {
      const padded = padding.paddedSize(size)
      expect(padded).toBeGreaterThanOrEqual(Math.max(size, 256))
      if (size > 256) expect(padded / size).toBeLessThanOrEqual(1.12)
      expect(padding.paddedSize(padded)).toBe(padded)
      expect(padding.isPaddedSize(padded)).toBe(true)
      expect(padding.paddedSize(size + 1)).toBeGreaterThanOrEqual(padded)
    }),
  )
  // From the definition: 1,000 has exponent 9 and 4 significant bits, so steps of 32.
  expect([256, 257, 1000, 1025, 100_000].map(padding.paddedSize)).toEqual([256, 272, 1024, 1088, 100_352])
  expect(padding.isPaddedSize(255)).toBe(false)
  expect(padding.isPaddedSize(1000)).toBe(false)
})

test('[PAD2] only what padding makes is taken off', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      expect(padding.unpad(padding.pad(bytes))).toEqual(bytes)
    }),
  )
  const padded = padding.pad(Uint8Array.of(1, 2))
  for (const bad of [
    nothing,
    new Uint8Array(256),
    padded.slice(0, 255),
    concat(padded, new Uint8Array(16)),
    padded.map((byte) => (byte === 0x80 ? 0x81 : byte)),
    padding.pad(new Uint8Array(300).fill(1)).slice(0, 301),
  ]) {
    expect(await codeThrown(() => padding.unpad(bad))).toBe('padding-invalid')
  }
})

test('[KEM1] the first example of the X-Wing draft', async () => {
  const seed = fromHex('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26')
  const pair = await hpke.kemPairFromSeed(seed)
  expect(pair.publicKey).toHaveLength(hpke.kemPublicKeySize)
  expect(toHex(pair.publicKey.slice(0, 16))).toBe('e2236b35a8c24b39b10aa1323a96a919')
  const randomness = fromHex(
    '3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
  )
  const made = await hpke.encapsulate(pair.publicKey, randomness)
  expect(toHex(made.sharedSecret)).toBe('d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384')
  expect(await hpke.decapsulate(seed, made.encapsulation)).toEqual(made.sharedSecret)
})

test('[KEM2] a wrap of 32 bytes has 1,168 and opens for its key and info only', async () => {
  const [anna, ben] = [await hpke.generateKemPair(random), await hpke.generateKemPair(random)]
  const secret = random(32)
  const wrapped = await hpke.wrap(anna.publicKey, Uint8Array.of(1), secret)
  expect(wrapped).toHaveLength(1168)
  expect(await hpke.unwrap(anna.privateKey, Uint8Array.of(1), wrapped)).toEqual(secret)
  expect(await codeThrown(() => hpke.unwrap(anna.privateKey, Uint8Array.of(2), wrapped))).toBe('wrap-open')
  expect(await codeThrown(() => hpke.unwrap(ben.privateKey, Uint8Array.of(1), wrapped))).toBe('wrap-open')
})

test('[KEM3] a damaged wrap is refused', { timeout: 60_000 }, async () => {
  const pair = await hpke.generateKemPair(random)
  const wrapped = await hpke.wrap(pair.publicKey, nothing, random(32))
  await expectDamageRefused(wrapped, (bytes) => hpke.unwrap(pair.privateKey, nothing, bytes), { step: 11 })
})

test('[KEM4] a public key of another length or with coefficients out of range is refused', async () => {
  for (const bad of [nothing, new Uint8Array(1215), new Uint8Array(1216).fill(0xff)]) {
    expect(await codeThrown(() => hpke.wrap(bad, nothing, nothing))).toBe('key-invalid')
  }
  expect(await codeThrown(() => hpke.kemPairFromSeed(new Uint8Array(31)))).toBe('key-invalid')
  expect(await codeThrown(() => hpke.unwrap(new Uint8Array(31), nothing, nothing))).toBe('key-invalid')
})

test('[KEM5] a wrap is what RFC 9180 says, computed here step by step', async () => {
  const pair = await hpke.generateKemPair(random)
  const wrapped = await hpke.wrap(pair.publicKey, Uint8Array.of(5), Uint8Array.of(1, 2, 3))
  const sharedSecret = await hpke.decapsulate(pair.privateKey, wrapped.slice(0, hpke.encapsulationSize))
  const suiteId = concat(utf8ToBytes('HPKE'), fromHex('647a00010002'))
  const version = utf8ToBytes('HPKE-v1')
  const labeledExtract = (salt: Uint8Array, label: string, ikm: Uint8Array) =>
    extract(sha256, concat(version, suiteId, utf8ToBytes(label), ikm), salt)
  const labeledExpand = (prk: Uint8Array, label: string, info: Uint8Array, length: number) =>
    expand(sha256, prk, concat(Uint8Array.of(0, length), version, suiteId, utf8ToBytes(label), info), length)
  const info = concat(labelToBytes(labels.wrap), Uint8Array.of(5))
  const context = concat(
    Uint8Array.of(0),
    labeledExtract(nothing, 'psk_id_hash', nothing),
    labeledExtract(nothing, 'info_hash', info),
  )
  const secret = labeledExtract(sharedSecret, 'secret', nothing)
  const key = await importGcmKey(labeledExpand(secret, 'key', context, 32))
  const nonce = labeledExpand(secret, 'base_nonce', context, 12)
  const opened = await gcmDecrypt(key, nonce, wrapped.slice(hpke.encapsulationSize), nothing, 'wrap-open')
  expect(opened).toEqual(Uint8Array.of(1, 2, 3))
})
