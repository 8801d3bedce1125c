import * as decoding from 'lib0/decoding'
import { maxStateSize } from './live-state.ts'

/** The library's number for a message of awareness states; 0 would be one of the document. */
const awarenessMessage = 1

/** States in one message: whoever comes new is told of everybody at once. */
export const maxStates = 128
/** Bytes of a message. */
export const maxMessage = maxStates * (maxStateSize + 64)

/** A state as it was heard, not checked yet. */
export interface HeardState {
  readonly client: number
  readonly clock: number
  readonly signed: string
}

/**
 * The states in a message of y-webrtc. None for any other message, those of the document above all: nothing of it
 * gets as far as Yjs. States that say somebody is gone without a signature are left out.
 */
export function readHeard(message: Uint8Array): readonly HeardState[] {
  if (message.length > maxMessage) return []
  try {
    const decoder = decoding.createDecoder(message)
    if (decoding.readVarUint(decoder) !== awarenessMessage) return []
    const states = decoding.createDecoder(decoding.readVarUint8Array(decoder))
    const count = decoding.readVarUint(states)
    if (count > maxStates) return []
    return Array.from({ length: count }, () => readOne(states)).filter((state) => state !== null)
  } catch {
    // Cut off, or no JSON: the decoder's errors are of many kinds, and all mean the same.
    return []
  }
}

function readOne(decoder: decoding.Decoder): HeardState | null {
  const client = decoding.readVarUint(decoder)
  const clock = decoding.readVarUint(decoder)
  const value: unknown = JSON.parse(decoding.readVarString(decoder))
  if (typeof value !== 'object' || value === null || !('signed' in value)) return null
  const { signed } = value
  return typeof signed === 'string' && signed.length <= maxStateSize ? { client, clock, signed } : null
}
