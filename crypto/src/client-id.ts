import { utf8ToBytes } from './bytes.ts'
import { sha256 } from './hash.ts'
import { idToBytes } from './ids.ts'
import type { DeviceId, SessionId, SpaceId } from './ids.ts'
import { labels } from './labels.ts'

/** Tries for a free id. That even one is needed takes 2^26 sessions in one document, or somebody's malice. */
export const maxClientIdTries = 16

/** One writer of one document: a device in one start of one tab. */
export interface ClientSession {
  readonly device: DeviceId
  readonly session: SessionId
}

export interface DocumentPlace {
  readonly space: SpaceId
  readonly document: string
}

/** The k-th Yjs client id of a session in a document, from 0 to 2^53 - 1. */
export function clientIdOf(place: DocumentPlace, writer: ClientSession, k: number): number {
  const counter = new Uint8Array(4)
  new DataView(counter.buffer).setUint32(0, k)
  const hash = sha256(
    labels.yjsClientId,
    idToBytes(writer.device),
    idToBytes(place.space),
    utf8ToBytes(place.document),
    idToBytes(writer.session),
    counter,
  )
  return lowBitsOf(hash)
}

function lowBitsOf(hash: Uint8Array): number {
  const view = new DataView(hash.buffer, hash.byteOffset)
  return (view.getUint32(0) & 0x1fffff) * 2 ** 32 + view.getUint32(4)
}

/** The first id of a session that no more senior writer has; null when `maxClientIdTries` are all taken. */
export function chooseClientId(
  place: DocumentPlace,
  writer: ClientSession,
  isTaken: (clientId: number) => boolean,
): number | null {
  for (let k = 0; k < maxClientIdTries; k++) {
    const clientId = clientIdOf(place, writer, k)
    if (!isTaken(clientId)) return clientId
  }
  return null
}

/**
 * The owners of all client ids in a document, as a function of the set of sessions that its records name.
 * `compareSeniority` orders devices, the senior first; sessions of one device go by their id.
 */
export function assignClientIds(
  place: DocumentPlace,
  sessions: Iterable<ClientSession>,
  compareSeniority: (a: DeviceId, b: DeviceId) => number,
): Map<number, ClientSession> {
  const owners = new Map<number, ClientSession>()
  const seen = new Set<string>()
  const ordered = [...sessions].sort(
    (a, b) =>
      compareSeniority(a.device, b.device) ||
      compareText(a.device, b.device) ||
      compareText(a.session, b.session),
  )
  for (const writer of ordered) {
    const name = writer.device + writer.session
    if (seen.has(name)) continue
    seen.add(name)
    const clientId = chooseClientId(place, writer, (taken) => owners.has(taken))
    if (clientId !== null) owners.set(clientId, writer)
  }
  return owners
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
