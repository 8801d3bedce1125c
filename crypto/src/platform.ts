/**
 * The one file that reaches for globals of the platform. The shapes are declared here, not taken from the DOM
 * or Node libraries, so that any other call of a browser or of Node inside this workspace is a type error, and
 * so that the sources type-check the same in the client, the relay and here.
 */

/** Structurally the platform's `CryptoKey`; a browser's own type and this one are assignable to each other. */
export interface WebCryptoKey {
  readonly algorithm: { name: string }
  readonly extractable: boolean
  readonly type: 'private' | 'public' | 'secret'
  readonly usages: (
    'decrypt' | 'deriveBits' | 'deriveKey' | 'encrypt' | 'sign' | 'unwrapKey' | 'verify' | 'wrapKey'
  )[]
}

/** Structurally the platform's `CryptoKeyPair`. */
export interface WebCryptoKeyPair {
  readonly publicKey: WebCryptoKey
  readonly privateKey: WebCryptoKey
}

/** Fills a fresh array of `n` bytes with randomness fit for keys. */
export type Random = (n: number) => Uint8Array

type OwnedBytes = Uint8Array<ArrayBuffer>
type Algorithm = string | { name: string; length?: number }
type GcmParams = { name: 'AES-GCM'; iv: OwnedBytes; additionalData: OwnedBytes; tagLength: 128 }

interface Subtle {
  digest(algorithm: 'SHA-256', data: OwnedBytes): Promise<ArrayBuffer>
  generateKey(algorithm: Algorithm, extractable: boolean, usages: string[]): Promise<unknown>
  importKey(
    format: 'raw',
    data: OwnedBytes,
    algorithm: Algorithm,
    extractable: boolean,
    usages: string[],
  ): Promise<WebCryptoKey>
  exportKey(format: 'raw', key: WebCryptoKey): Promise<ArrayBuffer>
  sign(algorithm: Algorithm, key: WebCryptoKey, data: OwnedBytes): Promise<ArrayBuffer>
  verify(algorithm: Algorithm, key: WebCryptoKey, sig: OwnedBytes, data: OwnedBytes): Promise<boolean>
  encrypt(algorithm: GcmParams, key: WebCryptoKey, data: OwnedBytes): Promise<ArrayBuffer>
  decrypt(algorithm: GcmParams, key: WebCryptoKey, data: OwnedBytes): Promise<ArrayBuffer>
}

interface Platform {
  crypto: { subtle?: Subtle; getRandomValues(bytes: OwnedBytes): OwnedBytes }
  TextEncoder: new () => { encode(text: string): OwnedBytes }
  TextDecoder: new (
    encoding: 'utf-8',
    options: { fatal: true; ignoreBOM: true },
  ) => {
    decode(bytes: Uint8Array): string
  }
}

const platform = globalThis as unknown as Platform

/** WebCrypto, or a loud failure: browsers withhold it on insecure origins, where nothing here may run. */
export function subtle(): Subtle {
  const found = platform.crypto.subtle
  if (found === undefined) throw new Error('WebCrypto is absent: the origin is not secure')
  return found
}

/** WebCrypto refuses views of shared memory by type, and we never have any: one conversion, at this edge. */
export function toOwned(bytes: Uint8Array): OwnedBytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as OwnedBytes) : new Uint8Array(bytes)
}

/** Randomness of the platform. `n` is at most 65,536, the platform's own limit. */
export const systemRandom: Random = (n) => platform.crypto.getRandomValues(new Uint8Array(n))

export const utf8Encoder = new platform.TextEncoder()

/** A byte order mark is kept: dropping it would make two encodings of one text. */
export const utf8Decoder = new platform.TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
