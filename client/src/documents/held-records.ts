import type { DeviceId, HeldRecords, RosterState, SpaceId } from '@clique/crypto'
import type { ChainHead, SpaceDocuments } from './space-documents.ts'

/**
 * The ends of the chains of devices that are out, in all spaces: where one is not looked at, what is held there would
 * count as not held. Of somebody whose records may all be out of this device's reach it can say nothing. Nothing is opened
 * while nobody is out.
 */
export async function readHeldOfOut(
  { devices, spaces }: Pick<RosterState, 'devices' | 'spaces'>,
  open: (space: SpaceId) => Promise<SpaceDocuments>,
): Promise<HeldRecords> {
  const heads = new Map<SpaceId, ReadonlyMap<DeviceId, ChainHead>>()
  const seenInParts = new Set<SpaceId>()
  const isSomebodyOut = [...devices.values()].some(({ status }) => status !== 'in')
  for (const space of isSomebodyOut ? spaces.keys() : []) {
    const documents = await open(space)
    await documents.catchUp()
    heads.set(space, documents.heads)
    if (documents.context.outOfReach().size > 0) seenInParts.add(space)
  }
  return (device, space) => heads.get(space)?.get(device) ?? (seenInParts.has(space) ? undefined : null)
}
