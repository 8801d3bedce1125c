import { chooseClientId, clientIdOf, maxClientIdTries } from '@clique/crypto'
import type { ClientSession, DescribedUpdate, DeviceId, OwnClocks, SpaceId } from '@clique/crypto'

/** Who writes under a client id, and the first clock that is free there. */
export interface ClientEnd {
  readonly device: DeviceId
  readonly end: number
}

interface Named {
  readonly space: SpaceId
  readonly name: string
}

/** Client ids of a device, each with its first free clock; with that of a session that has not written yet. */
export function ownClocks(
  { space, name }: Named,
  ends: ReadonlyMap<number, ClientEnd>,
  writer: ClientSession,
  used: DescribedUpdate | null,
): OwnClocks {
  const clocks = new Map<number, number>()
  for (const [client, { device, end }] of ends) {
    if (device === writer.device) clocks.set(client, end)
  }
  const fresh = new Set(used?.structs.map(({ id }) => id.client).filter((id) => !ends.has(id)))
  for (let k = 0; k < maxClientIdTries && fresh.size > 0; k++) {
    const client = clientIdOf({ space, document: name }, writer, k)
    if (fresh.delete(client)) clocks.set(client, 0)
  }
  return clocks
}

/** The client id under which a session writes. */
export function writingId(
  { space, name }: Named,
  writer: ClientSession,
  isTaken: (client: number) => boolean,
): number {
  const client = chooseClientId({ space, document: name }, writer, isTaken)
  if (client === null) throw new Error('no free client id')
  return client
}
