import { CliqueError } from './errors.ts'
import { utf8Decoder, utf8Encoder } from './platform.ts'

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Equality that takes the same time wherever the first difference is. Lengths are not secret. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

/** Lexicographic by byte; a prefix comes first. Negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexPairs[byte] ?? ''
  return text
}

/** Lower case only, so that one value has one text. @throws CliqueError `hex-invalid` */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new CliqueError('hex-invalid')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = digitAt(text, 2 * i) * 16 + digitAt(text, 2 * i + 1)
  return bytes
}

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x61 && code <= 0x66) return code - 0x57
  throw new CliqueError('hex-invalid')
}

const base64urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const base64urlValues = new Map([...base64urlAlphabet].map((letter, value) => [letter, value]))

/** RFC 4648 section 5, without padding characters. */
export function toBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const letters = left === 1 ? 2 : left === 2 ? 3 : 4
    for (let j = 0; j < letters; j++) text += base64urlAlphabet[(group >> (18 - 6 * j)) & 63] ?? ''
  }
  return text
}

/** Refuses padding, foreign letters and stray bits at the end. @throws CliqueError `base64url-invalid` */
export function fromBase64url(text: string): Uint8Array {
  const tail = text.length % 4
  if (tail === 1) throw new CliqueError('base64url-invalid')
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let pending = 0
  let bits = 0
  let offset = 0
  for (const letter of text) {
    const value = base64urlValues.get(letter)
    if (value === undefined) throw new CliqueError('base64url-invalid')
    pending = ((pending << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[offset++] = (pending >> bits) & 0xff
    }
  }
  if ((pending & ((1 << bits) - 1)) !== 0) throw new CliqueError('base64url-invalid')
  return bytes
}

/** @throws CliqueError `utf8-invalid` for text with a lone surrogate, which has no UTF-8. */
export function utf8ToBytes(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new CliqueError('utf8-invalid')
  return utf8Encoder.encode(text)
}

/** @throws CliqueError `utf8-invalid` */
export function bytesToUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    throw new CliqueError('utf8-invalid')
  }
}
