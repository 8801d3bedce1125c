import { expect } from 'vitest'
import { concat } from '../bytes.ts'
import { CliqueError } from '../errors.ts'

export interface DamageOptions {
  /** Tries every n-th byte and length only, where one try is slow. The last ones are always tried. */
  readonly step?: number
}

/**
 * For every structure that travels or rests: one bit changed in any byte, cut off at any length, or one byte
 * longer, it is refused with a coded error and never with another.
 */
export async function expectDamageRefused(
  whole: Uint8Array,
  open: (bytes: Uint8Array) => unknown,
  { step = 1 }: DamageOptions = {},
): Promise<void> {
  await open(whole)
  for (let at = 0; at < whole.length; at = nextOf(at, step, whole.length)) {
    const changed = whole.slice()
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    expect(await codeOf(changed, open), `byte ${at} changed`).toBeTypeOf('string')
    expect(await codeOf(whole.slice(0, at), open), `cut at ${at}`).toBeTypeOf('string')
  }
  for (const extra of [0, 0x80, 0xff]) {
    expect(await codeOf(concat(whole, Uint8Array.of(extra)), open), `then ${extra}`).toBeTypeOf('string')
  }
}

function nextOf(at: number, step: number, length: number): number {
  return at < length - 1 ? Math.min(at + step, length - 1) : length
}

/** The code of the refusal, or null where there was none. Anything but a `CliqueError` goes on. */
export async function codeOf(
  bytes: Uint8Array,
  open: (bytes: Uint8Array) => unknown,
): Promise<string | null> {
  return codeThrown(() => open(bytes))
}

export async function codeThrown(work: () => unknown): Promise<string | null> {
  try {
    await work()
  } catch (error) {
    if (error instanceof CliqueError) return error.code
    throw error
  }
  return null
}
