import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core'
import { XWing } from '@hpke/hybridkem-x-wing'
import { concat } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { labelToBytes } from './label-bytes.ts'
import { labels } from './labels.ts'
import { toOwned } from './platform.ts'
import type { Random } from './platform.ts'

export const kemPublicKeySize = 1216
export const kemSeedSize = 32
/** Bytes of an X-Wing encapsulation. */
export const encapsulationSize = 1120
/** Bytes that wrapping adds: encapsulation and tag. A wrapped 32-byte secret has 1,168. */
export const wrapOverhead = encapsulationSize + 16

/** An X-Wing key pair; the private key is the 32-byte seed that the pair follows from. */
export interface KemPair {
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

const kem = new XWing()
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() })
const noAad = new Uint8Array(0)

export function generateKemPair(random: Random): Promise<KemPair> {
  return kemPairFromSeed(random(kemSeedSize))
}

export async function kemPairFromSeed(seed: Uint8Array): Promise<KemPair> {
  if (seed.length !== kemSeedSize) throw new CliqueError('key-invalid')
  const pair = await kem.generateKeyPairDerand(seed)
  return { publicKey: new Uint8Array(await kem.serializePublicKey(pair.publicKey)), privateKey: seed.slice() }
}

function contextOf(info: Uint8Array): Uint8Array<ArrayBuffer> {
  return toOwned(concat(labelToBytes(labels.wrap), info))
}

/**
 * HPKE base mode (RFC 9180), one message: X-Wing, HKDF-SHA256, AES-256-GCM. `info` says what is wrapped for whom.
 * Result: encapsulation (1,120 bytes), ciphertext, tag. @throws CliqueError `key-invalid`
 */
export async function wrap(
  publicKey: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
): Promise<Uint8Array> {
  if (publicKey.length !== kemPublicKeySize) throw new CliqueError('key-invalid')
  const recipientPublicKey = await kem.deserializePublicKey(toOwned(publicKey))
  // A key of the right length can still hold coefficients that ML-KEM refuses; that shows only when it is used.
  const sealed = await suite
    .seal({ recipientPublicKey, info: contextOf(info) }, toOwned(plaintext), noAad)
    .catch(() => {
      throw new CliqueError('key-invalid')
    })
  return concat(new Uint8Array(sealed.enc), new Uint8Array(sealed.ct))
}

/** @throws CliqueError `wrap-open` for a wrap that is not for this key and info, or was changed. */
export async function unwrap(
  privateKey: Uint8Array,
  info: Uint8Array,
  wrapped: Uint8Array,
): Promise<Uint8Array> {
  if (privateKey.length !== kemSeedSize) throw new CliqueError('key-invalid')
  if (wrapped.length < wrapOverhead) throw new CliqueError('wrap-open')
  const recipientKey = await kem.deserializePrivateKey(toOwned(privateKey))
  const enc = toOwned(wrapped.slice(0, encapsulationSize))
  const ciphertext = toOwned(wrapped.slice(encapsulationSize))
  try {
    return new Uint8Array(await suite.open({ recipientKey, enc, info: contextOf(info) }, ciphertext, noAad))
  } catch {
    throw new CliqueError('wrap-open')
  }
}

/** X-Wing alone, with its 64 bytes of randomness given: for comparing with outside vectors. */
export async function encapsulate(
  publicKey: Uint8Array,
  randomness: Uint8Array,
): Promise<{ encapsulation: Uint8Array; sharedSecret: Uint8Array }> {
  const recipientPublicKey = await kem.deserializePublicKey(toOwned(publicKey))
  const { enc, sharedSecret } = await kem.encap({
    recipientPublicKey,
    ekm: toOwned(randomness).slice().buffer,
  })
  return { encapsulation: new Uint8Array(enc), sharedSecret: new Uint8Array(sharedSecret) }
}

/** The other half of `encapsulate`. */
export async function decapsulate(privateKey: Uint8Array, encapsulation: Uint8Array): Promise<Uint8Array> {
  const recipientKey = await kem.deserializePrivateKey(toOwned(privateKey))
  return new Uint8Array(await kem.decap({ recipientKey, enc: toOwned(encapsulation).slice().buffer }))
}
