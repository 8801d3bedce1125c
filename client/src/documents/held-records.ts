import { isDeviceOut, rotateEpoch } from '@clique/crypto'
import type { Act, CliqueLog, DeviceId, DeviceKeys, HeldRecords, Random } from '@clique/crypto'
import type { RosterState, SpaceId } from '@clique/crypto'
import type { ChainHead, SpaceDocuments } from './space-documents.ts'

/**
 * The ends of all chains, in all of these spaces: where one is not looked at, what is held there would count as not held. Of
 * somebody whose records may all be out of this device's reach it can say nothing.
 */
export async function readHeld(
  spaces: Iterable<SpaceId>,
  open: (space: SpaceId) => Promise<SpaceDocuments>,
): Promise<HeldRecords> {
  const heads = new Map<SpaceId, ReadonlyMap<DeviceId, ChainHead>>()
  const seenInParts = new Set<SpaceId>()
  for (const space of spaces) {
    const documents = await open(space)
    await documents.catchUp()
    heads.set(space, documents.heads)
    if (documents.context.outOfReach().size > 0) seenInParts.add(space)
  }
  return (device, space) => heads.get(space)?.get(device) ?? (seenInParts.has(space) ? undefined : null)
}

/** While nobody is, a rotation has nothing to say about records, and nothing is opened for it. */
export function isSomebodyOut(state: RosterState): boolean {
  const places = [undefined, ...state.spaces.keys()]
  return [...state.devices.keys()].some((device) => places.some((space) => isDeviceOut(state, device, space)))
}

/** A rotation that says what is held of those who are out, while somebody is. */
export async function rotateWithCuts(
  log: CliqueLog,
  me: DeviceKeys,
  options: { readonly random: Random; readonly space: SpaceId | null },
  held: () => Promise<HeldRecords>,
): Promise<Act> {
  return rotateEpoch(log, me, isSomebodyOut(log.state) ? { ...options, held: await held() } : options)
}
