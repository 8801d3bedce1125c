import {
  CliqueError,
  decode,
  encode,
  fromBase64url,
  idToBytes,
  labels,
  readArray,
  readBytes,
  readId,
  readText,
  readUint,
  signLabelled,
  signatureSize,
  toBase64url,
  verifyLabelled,
} from '@clique/crypto'
import type { DeviceId, Signer } from '@clique/crypto'

/** Their order is what is signed. */
export const activities = ['gone', 'here', 'typing'] as const
export type Activity = (typeof activities)[number]

/** Characters of a signed state; an honest one has about 250. */
export const maxStateSize = 400
/** Characters of a room's name. */
const maxRoomName = 64
/** Milliseconds by which the clocks of two devices may differ; what is older could be played back. */
export const clockToleranceMs = 5 * 60 * 1000

/** What one device says of itself in a live room. */
export interface LiveState {
  readonly device: DeviceId
  /** Yjs client id of the throwaway document, and the number of the state: so none can be set above its own. */
  readonly client: number
  readonly clock: number
  /** Milliseconds since 1970, by the device's clock. */
  readonly at: number
  readonly activity: Activity
}

export interface StateRules {
  /** Name of the room, which follows from clique, epoch and space. */
  readonly room: string
  isIn(device: DeviceId): boolean
  now(): number
}

export async function signState(signer: Signer, room: string, state: LiveState): Promise<string> {
  const { device, client, clock, at, activity } = state
  const body = encode([room, idToBytes(device), client, clock, at, activities.indexOf(activity)])
  return toBase64url(encode([body, await signLabelled(signer, labels.liveState, body)]))
}

/** Null for what is no state of this room, now, under that number, by a device that is in. Never rejects. */
export async function readState(
  text: unknown,
  client: number,
  clock: number,
  rules: StateRules,
): Promise<LiveState | null> {
  if (typeof text !== 'string' || text.length > maxStateSize) return null
  try {
    const [signed, signature] = readArray(decode(fromBase64url(text)), 2)
    if (!(signed instanceof Uint8Array)) return null
    const fields = readArray(decode(signed), 6)
    const state: LiveState = {
      device: readId(fields[1], 'device'),
      client: readUint(fields[2]),
      clock: readUint(fields[3]),
      at: readUint(fields[4]),
      activity: activities[readUint(fields[5], activities.length - 1)] ?? 'gone',
    }
    if (readText(fields[0], maxRoomName) !== rules.room) return null
    if (state.client !== client || state.clock !== clock) return null
    if (Math.abs(state.at - rules.now()) > clockToleranceMs || !rules.isIn(state.device)) return null
    // A device's id is its public key.
    const proof = readBytes(signature, signatureSize)
    return (await verifyLabelled(idToBytes(state.device), labels.liveState, signed, proof)) ? state : null
  } catch (error) {
    if (error instanceof CliqueError) return null
    throw error
  }
}
