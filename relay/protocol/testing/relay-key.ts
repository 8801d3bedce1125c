import { concat, labelToBytes } from '@clique/crypto/verify'
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { SignStatement } from '../statements.ts'

const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface TestKey {
  readonly publicKey: Uint8Array
  /** Signs bytes that already hold their label. */
  sign(bytes: Uint8Array): Uint8Array
  readonly signStatement: SignStatement
}

/** An Ed25519 key whose seed is one repeated byte, with `n` before it where there are many: the same in every run. */
export function testKey(seedByte: number, n?: number): TestKey {
  const seed = Buffer.alloc(32, seedByte)
  if (n !== undefined) seed.writeUInt32BE(n)
  return keyOfSeed(seed)
}

/** The Ed25519 key of these 32 bytes. */
export function keyOfSeed(seed: Uint8Array): TestKey {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32))
  const signBytes = (bytes: Uint8Array): Uint8Array => new Uint8Array(sign(null, bytes, key))
  return {
    publicKey,
    sign: signBytes,
    signStatement: (label, body) => signBytes(concat(labelToBytes(label), body)),
  }
}
