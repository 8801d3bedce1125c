import { utf8ToBytes } from './bytes.ts'
import { sha256 } from './hash.ts'
import { idToBytes } from './ids.ts'
import type { DeviceId, SessionId, SpaceId } from './ids.ts'
import { labels } from './labels.ts'

/** One writer of one document: a device in one start of one tab. */
export interface ClientSession {
  readonly device: DeviceId
  readonly session: SessionId
}

export interface DocumentPlace {
  readonly space: SpaceId
  readonly document: string
}

/** The last part of what is hashed. Ids mean something within one device alone, so nobody ever needs a further one. */
const counter = new Uint8Array(4)

/** The Yjs client id of a session in a document, from 0 to 2^53 - 1. Only its own device writes under it ([CID2]). */
export function clientIdOf(place: DocumentPlace, writer: ClientSession): number {
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
