import { isBlank } from '../blank.ts'
import { readBytes, readText, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { isUsableKemKey } from '../epochs/kem-key.ts'
import { CliqueError } from '../errors.ts'
import { kemPublicKeySize } from '../hpke.ts'
import { isUsablePublicKey } from '../signature.ts'

/** Characters (code points) of a person's, clique's or space's name, and of a note on an invitation. */
export const maxNameLength = 64
/** UTF-8 takes four bytes for a character at most. */
const maxNameSize = 4 * maxNameLength
export const maxPeerSize = 128
const peerPattern = /^[0-9A-Za-z]{1,128}$/

/** @throws CliqueError */
export function readPeer(value: CborValue | undefined): string {
  const peer = readText(value, maxPeerSize)
  if (!peerPattern.test(peer)) throw new CliqueError('operation-format')
  return peer
}

/** `min` 1: one that shows ([OPS8]). @throws CliqueError */
export function readName(value: CborValue | undefined, min: 0 | 1): string {
  const name = readText(value, maxNameSize)
  const length = [...name].length
  if (length > maxNameLength || (min === 1 && isBlank(name))) throw new CliqueError('shape-out-of-range')
  return name
}

/** @throws CliqueError */
export function readSigningKey(value: CborValue | undefined): Uint8Array {
  const key = readBytes(value, 32)
  if (!isUsablePublicKey(key)) throw new CliqueError('key-invalid')
  return key
}

/** @throws CliqueError */
export function readKemKey(value: CborValue | undefined): Uint8Array {
  const key = readBytes(value, kemPublicKeySize)
  if (!isUsableKemKey(key)) throw new CliqueError('key-invalid')
  return key
}

/** @throws CliqueError */
export function readChoice<T>(value: CborValue | undefined, choices: readonly T[]): T {
  const choice = choices[readUint(value, choices.length - 1)]
  if (choice === undefined) throw new CliqueError('shape-out-of-range')
  return choice
}
