import { sha3_256, sha3_512 } from '@noble/hashes/sha3.js'
import { gcmDecrypt, gcmEncrypt, importGcmKey } from '../src/aes-gcm.ts'
import { hkdfSha256 } from '../src/hkdf.ts'
import { encapsulate } from '../src/hpke.ts'
import { concat, equal, openBytes, sealBytes, toHex, utf8ToBytes } from '../src/index.ts'
import { kemPairFromSeed, verifySignature } from '../src/index.ts'
import { hmacSha256 } from '../src/mac.ts'
import { verifyWithoutPlatform } from '../src/signature.ts'
import { expectThat, flatten, hex, isRefused, nameWycheproof, runCases } from './outcome.ts'
import type { Outcome, Wycheproof, WycheproofTest } from './outcome.ts'

interface SignatureTest extends WycheproofTest {
  readonly msg: string
  readonly sig: string
}
export type SignatureFile = Wycheproof<{ readonly publicKey: { readonly pk: string } }, SignatureTest>

/** Both ways of checking, which must agree with each other too. */
export function checkEd25519(file: SignatureFile): Promise<Outcome> {
  return runCases(flatten(file), nameWycheproof, async ({ group, test }) => {
    const [key, message, signature] = [hex(group.publicKey.pk), hex(test.msg), hex(test.sig)]
    const byPlatform = await verifySignature(key, message, signature)
    const byArithmetic = verifyWithoutPlatform(key, message, signature)
    const isValid = test.result === 'valid'
    return expectThat(
      byPlatform === isValid && byArithmetic === isValid,
      `platform ${byPlatform}, arithmetic ${byArithmetic}`,
    )
  })
}

interface AeadTest extends WycheproofTest {
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
}
export type AeadFile = Wycheproof<
  { readonly ivSize: number; readonly keySize: number; readonly tagSize: number },
  AeadTest
>

export function checkXChaCha20Poly1305(file: AeadFile): Promise<Outcome> {
  return runCases(flatten(file), nameWycheproof, async ({ group, test }) => {
    if (group.ivSize !== 192) return 'out of scope'
    const [key, nonce, aad, message] = [hex(test.key), hex(test.iv), hex(test.aad), hex(test.msg)]
    const sealed = concat(nonce, hex(test.ct), hex(test.tag))
    if (test.result === 'invalid') {
      return expectThat(await isRefused(() => openBytes(key, sealed, aad)), 'opened')
    }
    const isSame = equal(
      sealBytes(key, message, aad, () => nonce),
      sealed,
    )
    return expectThat(isSame && equal(openBytes(key, sealed, aad), message), 'differs')
  })
}

export function checkAesGcm(file: AeadFile): Promise<Outcome> {
  return runCases(flatten(file), nameWycheproof, async ({ group, test }) => {
    if (group.keySize !== 256 || group.ivSize !== 96 || group.tagSize !== 128) return 'out of scope'
    const [nonce, aad, message] = [hex(test.iv), hex(test.aad), hex(test.msg)]
    const key = await importGcmKey(hex(test.key))
    const sealed = concat(hex(test.ct), hex(test.tag))
    const open = () => gcmDecrypt(key, nonce, sealed, aad, 'media-chunk')
    if (test.result === 'invalid') return expectThat(await isRefused(open), 'opened')
    const isSame = equal(await gcmEncrypt(key, nonce, message, aad), sealed)
    return expectThat(isSame && equal(await open(), message), 'differs')
  })
}

interface HkdfTest extends WycheproofTest {
  readonly ikm: string
  readonly salt: string
  readonly info: string
  readonly size: number
  readonly okm: string
}
export type HkdfFile = Wycheproof<object, HkdfTest>

export function checkHkdf(file: HkdfFile): Promise<Outcome> {
  return runCases(flatten(file), nameWycheproof, ({ test }) => {
    let derived: Uint8Array
    try {
      derived = hkdfSha256(hex(test.ikm), hex(test.salt), hex(test.info), test.size)
    } catch (error) {
      // A length that HKDF cannot give is our own bug wherever it is asked for, so it throws uncoded.
      return expectThat(test.result === 'invalid', String(error))
    }
    return expectThat(test.result === 'valid' && equal(derived, hex(test.okm)), 'differs')
  })
}

interface MacTest extends WycheproofTest {
  readonly key: string
  readonly msg: string
  readonly tag: string
}
export type MacFile = Wycheproof<{ readonly tagSize: number }, MacTest>

export function checkHmac(file: MacFile): Promise<Outcome> {
  return runCases(flatten(file), nameWycheproof, ({ group, test }) => {
    const mac = hmacSha256(hex(test.key), hex(test.msg)).slice(0, group.tagSize / 8)
    return expectThat(equal(mac, hex(test.tag)) === (test.result === 'valid'), 'differs')
  })
}

interface XdhTest extends WycheproofTest {
  readonly public: string
  readonly private: string
  readonly shared: string
}
export type XdhFile = Wycheproof<object, XdhTest>

/**
 * X25519 as it is used: inside X-Wing. With the randomness of an encapsulation given, the case's private key is
 * the ephemeral one; the other half of the shared secret follows from ML-KEM's definition (FIPS 203, algorithm
 * 17), so the expected result can be computed from the case's shared secret.
 */
export async function checkX25519(file: XdhFile): Promise<Outcome> {
  const { publicKey } = await kemPairFromSeed(new Uint8Array(32).fill(1))
  const latticeKey = publicKey.slice(0, 1184)
  const latticeMessage = new Uint8Array(32).fill(2)
  const latticeSecret = sha3_512(concat(latticeMessage, sha3_256(latticeKey))).slice(0, 32)
  const name = utf8ToBytes('\\.//^\\')
  return runCases(flatten(file), nameWycheproof, async ({ test }) => {
    const peer = hex(test.public)
    const randomness = concat(latticeMessage, hex(test.private))
    let result: { encapsulation: Uint8Array; sharedSecret: Uint8Array }
    try {
      result = await encapsulate(concat(latticeKey, peer), randomness)
    } catch (error) {
      return expectThat(test.result !== 'valid', String(error))
    }
    const ephemeral = result.encapsulation.slice(1088)
    const expected = sha3_256(concat(latticeSecret, hex(test.shared), ephemeral, peer, name))
    return expectThat(equal(result.sharedSecret, expected), `gave ${toHex(result.sharedSecret)}`)
  })
}
