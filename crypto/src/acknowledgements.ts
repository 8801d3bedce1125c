import type { DeviceId, MemberId, RecordId, SpaceId } from './ids.ts'
import type { RecordDependency } from './record.ts'
import { isDeviceOut } from './epochs/cuts.ts'
import { compareRanks, wasLetInBy } from './roster/rank.ts'
import type { RosterState } from './roster/state.ts'

/**
 * Devices that one record acknowledges at most, about 70 bytes each; the author's next records take the rest. In a
 * conversation of a few people it is all of them, and in a busy one of hundreds each is named by many.
 */
export const maxAcknowledged = 16

/** What a device said last that it holds of another device's chain in a space. */
export interface Acknowledgement {
  /** The device that says it. */
  readonly by: DeviceId
  /** The last record of the other's chain that it held, with all that stands before. */
  readonly record: RecordId
}

/** The end of a device's chain, as somebody holds it. */
export type HeldEnd = RecordDependency

/**
 * What a record of `author` acknowledges: of others what is held beyond what the author's records have acknowledged
 * already (`said`: device -> sequence), the furthest behind first. What is known to be out gets no word any more.
 */
export function toAcknowledge(
  state: RosterState,
  space: SpaceId,
  author: DeviceId,
  held: Iterable<HeldEnd>,
  said: ReadonlyMap<DeviceId, number>,
): RecordDependency[] {
  const behind = ({ device, sequence }: HeldEnd): number => sequence - (said.get(device) ?? 0)
  return [...held]
    .filter((end) => behind(end) > 0 && mayAcknowledge(state, space, author, end.device))
    .toSorted((a, b) => behind(b) - behind(a) || compareText(a.device, b.device))
    .slice(0, maxAcknowledged)
}

/**
 * Whether a record of `author` that names this roster can acknowledge another device's records in a space: those of other
 * people, and of nobody who is out there.
 */
export function mayAcknowledge(
  state: RosterState,
  space: SpaceId,
  author: DeviceId,
  other: DeviceId,
): boolean {
  const [own, theirs] = [state.devices.get(author)?.member, state.devices.get(other)?.member]
  return own !== undefined && theirs !== undefined && own !== theirs && !isDeviceOut(state, other, space)
}

/**
 * In which order acknowledgements of a device's records are heard, where they contradict each other. First those of
 * people whom that device's member did not let in, directly or through others, then those of people whom they did; each
 * by rank. So whoever has copied a device gains nothing by letting in accomplices with it, nor by their number.
 */
export function orderAcknowledgements<A extends Acknowledgement>(
  state: RosterState,
  device: DeviceId,
  acknowledgements: Iterable<A>,
): A[] {
  const owner = state.devices.get(device)?.member
  const heard = [...acknowledgements].flatMap((said) => {
    const member = state.members.get(state.devices.get(said.by)?.member ?? ('' as MemberId))
    if (member === undefined || member.id === owner) return []
    return [{ said, rank: member.rank, isGuest: wasLetInBy(state, member, owner) }]
  })
  heard.sort(
    (a, b) =>
      Number(a.isGuest) - Number(b.isGuest) ||
      compareRanks(a.rank, b.rank) ||
      compareText(a.said.by, b.said.by) ||
      compareText(a.said.record, b.said.record),
  )
  return heard.map(({ said }) => said)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
