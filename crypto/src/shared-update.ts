import { decode, encode, readArray, readBytesUpTo, readList } from './cbor.ts'
import type { CborLimits } from './cbor.ts'
import { CliqueError } from './errors.ts'
import { maxUpdateClients } from './gate-rules.ts'
import { maxPayloadSize, readDependency, writeDependency } from './record.ts'
import type { RecordDependency } from './record.ts'

/** The client id under which every record of a `shared` document names what it brings itself. */
export const ownClient = 0

/** What a record of a `shared` document says. */
export interface SharedUpdate {
  /** What the update touches of others, ascending by record, each once: the first under client id 1, the next under 2. */
  readonly builtOn: readonly RecordDependency[]
  /** A Yjs V1 update. */
  readonly update: Uint8Array
}

/** The payload of such a record. */
export function encodeSharedUpdate({ builtOn, update }: SharedUpdate): Uint8Array {
  return encode([builtOn.map(writeDependency), update])
}

const limits: CborLimits = { size: maxPayloadSize, depth: 3, items: 3 + 4 * maxUpdateClients }

/** @throws CliqueError where it is no such payload */
export function decodeSharedUpdate(payload: Uint8Array): SharedUpdate {
  const fields = readArray(decode(payload, limits), 2)
  const builtOn = readList(fields[0], maxUpdateClients, readDependency)
  if (builtOn.some(({ sequence }) => sequence < 1)) throw new CliqueError('shape-out-of-range')
  // One update has one encoding, and a record one place in it.
  if (builtOn.some(({ record }, i) => i > 0 && (builtOn[i - 1]?.record ?? '') >= record)) {
    throw new CliqueError('cbor-not-canonical')
  }
  return { builtOn, update: readBytesUpTo(fields[1], maxPayloadSize) }
}
