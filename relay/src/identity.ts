import { concat, isUsablePublicKey, labelToBytes } from '@clique/crypto/verify'
import type { Signer } from '@clique/crypto/verify'
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { join } from 'node:path'
import { keyToPeerId } from '../protocol/index.ts'
import type { SignStatement } from '../protocol/index.ts'
import { readWhole, writeWhole } from './data-folder.ts'

/**
 * The one key of a relay: its PeerId, and what its attestations, checkpoints and policies are signed with. Whoever
 * knows a relay's address so knows how to check its word.
 */
export interface Identity {
  /** Ed25519 public key, 32 bytes. */
  readonly key: Uint8Array
  readonly peer: string
  /** 32 bytes: libp2p makes its own key of it. */
  readonly seed: Uint8Array
  readonly signStatement: SignStatement
  readonly checkpointSigner: Signer
}

const fileName = 'identity.key'
const seedSize = 32
/** PKCS #8 (RFC 8410) of an Ed25519 key, up to its seed. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The identity of this data folder, made at the first start. @throws Error for a file that is no key */
export function loadIdentity(folder: string): Identity {
  const path = join(folder, fileName)
  const seed = readWhole(path) ?? makeSeed(path)
  if (seed.length !== seedSize) throw new Error(`${path} is not a relay's key`)
  return identityFromSeed(new Uint8Array(seed))
}

export function identityFromSeed(seed: Uint8Array): Identity {
  const der = Buffer.concat([pkcs8Head, seed])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  const key = new Uint8Array(spki.subarray(-seedSize))
  if (!isUsablePublicKey(key)) throw new Error('the seed makes no usable key')
  const signBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(sign(null, bytes, secret))
  return {
    key,
    peer: keyToPeerId(key),
    seed,
    signStatement: (label, body) => signBytes(concat(labelToBytes(label), body)),
    checkpointSigner: { publicKey: key, sign: (bytes) => Promise.resolve(signBytes(bytes)) },
  }
}

function makeSeed(path: string): Uint8Array {
  const seed = randomBytes(seedSize)
  writeWhole(path, seed)
  return seed
}
