import { CliqueError } from '../../../crypto/src/errors.ts'
import type { Shape } from './mutate.ts'

/** Something that reads bytes of others. */
export interface Target {
  readonly name: string
  readonly shape: Shape
  /** Well-formed inputs. */
  readonly seeds: readonly Uint8Array[]
  /** Reads. Gives the bytes that what was read is encoded to, where the format has one encoding; null where not, or nothing was read. */
  read(input: Uint8Array): Promise<Uint8Array | null> | Uint8Array | null
}

/** What came of one input. */
export type Outcome = 'read' | 'refused' | { readonly fault: string }

/** Refusals are coded errors, or what `read` makes null; anything else is a fault, and so is another encoding. */
export async function tryInput({ read }: Target, input: Uint8Array): Promise<Outcome> {
  const before = input.slice()
  try {
    const again = await read(input)
    if (!isSame(before, input)) return { fault: 'the input was changed' }
    if (again !== null && !isSame(again, input)) return { fault: `encodes to ${hex(again)}` }
    return 'read'
  } catch (error) {
    if (error instanceof CliqueError) return 'refused'
    return { fault: error instanceof Error ? (error.stack ?? error.message) : `threw ${String(error)}` }
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
