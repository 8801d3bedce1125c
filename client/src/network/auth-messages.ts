import {
  CliqueError,
  decode,
  encode,
  idToBytes,
  readArray,
  readBytes,
  readId,
  readList,
  readUint,
} from '@clique/crypto'
import type { DeviceId, OperationId } from '@clique/crypto'

/** libp2p protocol id. */
export const authProtocol = '/clique/auth/1'
export const authVersion = 1

export const nonceSize = 32
export const tagSize = 16
/**
 * Tags in one list. Always exactly so many, filled up with random bytes, so that a stranger cannot count epochs.
 * 32 epochs are more than half a year of weekly rotations; who was away longer is met by the other side's search.
 */
export const tagCount = 32
/** More heads than a roster has branches in a clique of 450 devices that all wrote at once would be a flood. */
export const maxHeads = 450

/** Bytes. The largest message is an identity with all its heads. */
export const maxAuthFrame = 20 * 1024
const limits = { size: maxAuthFrame, depth: 3, items: 512 }

export type AuthMessage =
  | { readonly kind: 'hello'; readonly nonce: Uint8Array }
  | { readonly kind: 'challenge'; readonly nonce: Uint8Array; readonly tags: readonly Uint8Array[] }
  | { readonly kind: 'tags'; readonly tags: readonly Uint8Array[] }
  | { readonly kind: 'answer'; readonly tag: Uint8Array }
  | ({ readonly kind: 'identity' } & Identity)

export interface Identity {
  readonly device: DeviceId
  readonly heads: readonly OperationId[]
  readonly signature: Uint8Array
}

const numbers = { hello: 1, challenge: 2, tags: 3, answer: 4, identity: 5 } as const

export function authMessageToBytes(message: AuthMessage): Uint8Array {
  const number = numbers[message.kind]
  switch (message.kind) {
    case 'hello':
      return encode([authVersion, number, message.nonce])
    case 'challenge':
      return encode([authVersion, number, message.nonce, message.tags])
    case 'tags':
      return encode([authVersion, number, message.tags])
    case 'answer':
      return encode([authVersion, number, message.tag])
    case 'identity':
      return encode([
        authVersion,
        number,
        idToBytes(message.device),
        message.heads.map(idToBytes),
        message.signature,
      ])
  }
}

/** @throws CliqueError `auth-message` for anything but a well-formed message of this version */
export function bytesToAuthMessage(bytes: Uint8Array): AuthMessage {
  try {
    return readMessage(bytes)
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('auth-message')
    throw error
  }
}

function readMessage(bytes: Uint8Array): AuthMessage {
  const fields = readArray(decode(bytes, limits))
  if (readUint(fields[0]) !== authVersion) throw new CliqueError('version-unknown')
  switch (readUint(fields[1])) {
    case numbers.hello:
      readArray(fields, 3)
      return { kind: 'hello', nonce: readBytes(fields[2], nonceSize) }
    case numbers.challenge:
      readArray(fields, 4)
      return { kind: 'challenge', nonce: readBytes(fields[2], nonceSize), tags: readTags(fields[3]) }
    case numbers.tags:
      readArray(fields, 3)
      return { kind: 'tags', tags: readTags(fields[2]) }
    case numbers.answer:
      readArray(fields, 3)
      return { kind: 'answer', tag: readBytes(fields[2], tagSize) }
    case numbers.identity:
      readArray(fields, 5)
      return {
        kind: 'identity',
        device: readId(fields[2], 'device'),
        heads: readList(fields[3], maxHeads, (head) => readId(head, 'operation')),
        signature: readBytes(fields[4], 64),
      }
    default:
      throw new CliqueError('shape-out-of-range')
  }
}

function readTags(value: Parameters<typeof readArray>[0]): Uint8Array[] {
  return readArray(value, tagCount).map((tag) => readBytes(tag, tagSize))
}
