import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, equal, toHex } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { labelToBytes } from './label-bytes.ts'
import type { Label } from './labels.ts'
import { subtle, systemRandom, toOwned } from './platform.ts'
import type { Random, WebCryptoKey, WebCryptoKeyPair } from './platform.ts'

export const signaturePublicKeySize = 32
export const signatureSize = 64
export const signatureSeedSize = 32

/** Something that signs for one public key. `sign` never gets bytes that somebody else chose (see `signLabelled`). */
export interface Signer {
  readonly publicKey: Uint8Array
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** What is kept of a signer: a pair that never leaves WebCrypto, or a seed where the platform lacks Ed25519. */
export type SignerSecret =
  | { readonly kind: 'key-pair'; readonly pair: WebCryptoKeyPair }
  | { readonly kind: 'seed'; readonly seed: Uint8Array }

export interface OwnSigner extends Signer {
  readonly secret: SignerSecret
}

/** A new signer, its private half not extractable where the platform can do that. */
export async function generateSigner(random: Random = systemRandom): Promise<OwnSigner> {
  if (await platformVerifies()) {
    const pair = (await subtle().generateKey('Ed25519', false, ['sign', 'verify'])) as WebCryptoKeyPair
    return { ...(await signerFromCryptoKey(pair)), secret: { kind: 'key-pair', pair } }
  }
  const seed = random(signatureSeedSize)
  return { ...signerFromSeed(seed), secret: { kind: 'seed', seed } }
}

/** @throws CliqueError `key-invalid` */
export function signerFromSeed(seed: Uint8Array): Signer {
  if (seed.length !== signatureSeedSize) throw new CliqueError('key-invalid')
  const kept = seed.slice()
  return {
    publicKey: ed25519.getPublicKey(kept),
    sign: (bytes) => Promise.resolve(ed25519.sign(bytes, kept)),
  }
}

export async function signerFromCryptoKey(pair: WebCryptoKeyPair): Promise<Signer> {
  const publicKey = new Uint8Array(await subtle().exportKey('raw', pair.publicKey))
  return {
    publicKey,
    sign: async (bytes) => new Uint8Array(await subtle().sign('Ed25519', pair.privateKey, toOwned(bytes))),
  }
}

export async function signerFromSecret(secret: SignerSecret): Promise<OwnSigner> {
  const signer =
    secret.kind === 'key-pair' ? await signerFromCryptoKey(secret.pair) : signerFromSeed(secret.seed)
  return { ...signer, secret }
}

/** Signs the label and then the bytes: the only way in which this project signs. */
export function signLabelled(signer: Signer, label: Label, bytes: Uint8Array): Promise<Uint8Array> {
  return signer.sign(concat(labelToBytes(label), bytes))
}

export function verifyLabelled(
  publicKey: Uint8Array,
  label: Label,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return verifySignature(publicKey, concat(labelToBytes(label), bytes), signature)
}

/**
 * Ed25519 (RFC 8032) with one answer on every engine: the key is canonical and of the prime-order group, S is
 * below the group order, and R is byte for byte [S]B - [k]A. Without these, two members could disagree about one
 * operation for ever.
 */
export async function verifySignature(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signature.length !== signatureSize || !isUsablePublicKey(publicKey)) return false
  if (!(await platformVerifies())) return verifyWithoutPlatform(publicKey, message, signature)
  return platformVerify(publicKey, message, signature)
}

/** The same rule in plain arithmetic: for platforms without Ed25519, and the yardstick of the tests. */
export function verifyWithoutPlatform(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== signatureSize || !isUsablePublicKey(publicKey)) return false
  const { Point } = ed25519
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  const order = Point.Fn.ORDER
  if (s >= order) return false
  const k = littleEndian(sha512(concat(r, publicKey, message))) % order
  const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(k))
  return equal(expected.toBytes(), r)
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt('0x' + toHex(bytes.toReversed()))
}

/** Checking the group costs about as much as a signature, and a clique has few keys that sign much. */
const usableKeyLimit = 4096
const usableKeys = new Map<string, boolean>()

/** Canonical, on the curve, of the prime-order group and not its neutral element. */
export function isUsablePublicKey(bytes: Uint8Array): boolean {
  if (bytes.length !== signaturePublicKeySize) return false
  const name = toHex(bytes)
  const known = usableKeys.get(name)
  if (known !== undefined) return known
  const usable = checkPublicKey(bytes)
  if (usableKeys.size >= usableKeyLimit) usableKeys.clear()
  usableKeys.set(name, usable)
  return usable
}

function checkPublicKey(bytes: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(bytes)
    return !point.isSmallOrder() && point.isTorsionFree()
  } catch {
    return false
  }
}

const importedKeyLimit = 1024
const importedKeys = new Map<string, Promise<WebCryptoKey>>()

async function platformVerify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const name = toHex(publicKey)
  let key = importedKeys.get(name)
  if (key === undefined) {
    if (importedKeys.size >= importedKeyLimit) importedKeys.clear()
    key = subtle().importKey('raw', toOwned(publicKey), 'Ed25519', false, ['verify'])
    importedKeys.set(name, key)
    key.catch(() => importedKeys.delete(name))
  }
  return subtle().verify('Ed25519', await key, toOwned(signature), toOwned(message))
}

let verdict: Promise<boolean> | undefined

/** Whether the platform has Ed25519 and answers by our rule. Asked once. */
export function platformVerifies(): Promise<boolean> {
  verdict ??= askPlatform().catch(() => false)
  return verdict
}

/**
 * One good signature, one whose R carries a point of order 2 (the cofactored equation would take it) and one with
 * S + L. An engine that errs on any of them is not asked again.
 */
async function askPlatform(): Promise<boolean> {
  const { Point } = ed25519
  const message = new Uint8Array([0x63, 0x6c, 0x69, 0x71, 0x75, 0x65])
  const seed = new Uint8Array(signatureSeedSize).fill(7)
  const publicKey = ed25519.getPublicKey(seed)
  const good = ed25519.sign(message, seed)
  const order = Point.Fn.ORDER
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed)

  const nonce = 1234567890123456789n
  const orderTwo = Point.fromAffine({ x: 0n, y: Point.Fp.ORDER - 1n })
  const r = Point.BASE.multiply(nonce).add(orderTwo).toBytes()
  const k = littleEndian(sha512(concat(r, publicKey, message))) % order
  const twisted = concat(r, toLittleEndian((nonce + k * scalar) % order))

  const s = littleEndian(good.subarray(32))
  const oversized = concat(good.subarray(0, 32), toLittleEndian(s + order))

  return (
    (await platformVerify(publicKey, message, good)) &&
    !(await platformVerify(publicKey, message, twisted)) &&
    !(await platformVerify(publicKey, message, oversized))
  )
}

function toLittleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  for (let i = 0, left = value; i < bytes.length; i++, left >>= 8n) bytes[i] = Number(left & 0xffn)
  return bytes
}
