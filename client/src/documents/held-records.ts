import { isDeviceOut } from '@clique/crypto'
import type { DeviceId, HeldRecords, RosterState, SpaceId } from '@clique/crypto'
import type { ChainHead, SpaceDocuments } from './space-documents.ts'

/**
 * The ends of all chains, in all spaces: where one is not looked at, what is held there would count as not held. Of
 * somebody whose records may all be out of this device's reach it can say nothing.
 */
export async function readHeld(
  { spaces }: Pick<RosterState, 'spaces'>,
  open: (space: SpaceId) => Promise<SpaceDocuments>,
): Promise<HeldRecords> {
  const heads = new Map<SpaceId, ReadonlyMap<DeviceId, ChainHead>>()
  const seenInParts = new Set<SpaceId>()
  for (const space of spaces.keys()) {
    const documents = await open(space)
    await documents.catchUp()
    heads.set(space, documents.heads)
    if (documents.context.outOfReach().size > 0) seenInParts.add(space)
  }
  return (device, space) => heads.get(space)?.get(device) ?? (seenInParts.has(space) ? undefined : null)
}

/** While nobody is, a rotation has nothing to say about records, and nothing is opened for it. */
export function isSomebodyOut(state: RosterState): boolean {
  return [...state.devices.keys()].some((device) => isDeviceOut(state, device))
}
