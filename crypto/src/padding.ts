import { CliqueError } from './errors.ts'

/** Nothing sealed is shorter: most chat messages then look alike. */
export const minimumPaddedSize = 256

const marker = 0x80

/**
 * Padmé (Nikitin et al., "Reducing metadata leakage from encrypted files", 2019): the next size whose binary
 * form has no more significant bits than the exponent needs. At most 12 % is added, and log log sizes remain.
 */
export function paddedSize(size: number): number {
  if (size <= minimumPaddedSize) return minimumPaddedSize
  const exponent = Math.floor(Math.log2(size))
  const significant = Math.floor(Math.log2(exponent)) + 1
  const step = 2 ** (exponent - significant)
  return Math.ceil(size / step) * step
}

export function isPaddedSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= minimumPaddedSize && paddedSize(size) === size
}

/** The bytes, one marker byte, zeros. */
export function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedSize(bytes.length + 1))
  padded.set(bytes)
  padded[bytes.length] = marker
  return padded
}

/** Accepts only what `pad` makes. @throws CliqueError `padding-invalid` */
export function unpad(padded: Uint8Array): Uint8Array {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end--
  if (end < 0 || padded[end] !== marker || paddedSize(end + 1) !== padded.length) {
    throw new CliqueError('padding-invalid')
  }
  return padded.slice(0, end)
}
