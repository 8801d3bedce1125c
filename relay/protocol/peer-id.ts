import { CliqueError, concat } from '@clique/crypto/verify'

/**
 * A libp2p PeerId of an Ed25519 key is base58btc text of: identity multihash (0, 36), protobuf key type 1, 32 bytes
 * of key (libp2p peer-ids spec). So a relay's PeerId is its verification key, and nothing else need be trusted.
 */
const head = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const keySize = 32
const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
/** Letters of such a PeerId; also the bound on what is parsed. */
export const maxPeerIdLength = 64

export function keyToPeerId(key: Uint8Array): string {
  if (key.length !== keySize) throw new CliqueError('key-invalid')
  const bytes = concat(head, key)
  let number = 0n
  for (const byte of bytes) number = number * 256n + BigInt(byte)
  let letters = ''
  for (; number > 0n; number /= 58n) letters = (alphabet[Number(number % 58n)] ?? '') + letters
  // One leading zero byte, which base58 writes as its first letter.
  return '1' + letters
}

/** @throws CliqueError `key-invalid` for anything but the one text of an Ed25519 key */
export function peerIdToKey(text: string): Uint8Array {
  if (text.length > maxPeerIdLength || !text.startsWith('1')) throw new CliqueError('key-invalid')
  let number = 0n
  for (const letter of text) {
    const value = alphabet.indexOf(letter)
    if (value < 0) throw new CliqueError('key-invalid')
    number = number * 58n + BigInt(value)
  }
  const bytes = new Uint8Array(head.length + keySize)
  for (let i = bytes.length - 1; i >= 0; i--, number >>= 8n) bytes[i] = Number(number & 255n)
  const key = bytes.slice(head.length)
  if (number > 0n || keyToPeerId(key) !== text) throw new CliqueError('key-invalid')
  return key
}
