import { cutOf } from '@clique/crypto'
import type { DeviceId, RecordId, RosterState, SpaceId } from '@clique/crypto'

/** How far a device's records of one space are shown: those before `sequence`, and at it those that are named. */
export interface Limit {
  readonly sequence: number
  readonly records: ReadonlySet<RecordId>
}

const everything: Limit = { sequence: Infinity, records: new Set() }
const nothing: Limit = { sequence: 0, records: new Set() }

/**
 * What the roster of today says. It is asked whenever something is shown and not only when it comes, so that the screen
 * follows from what is held, whatever came first. What is hidden stays stored: the answer may be another tomorrow.
 */
export function limitOf(roster: RosterState, space: SpaceId, device: DeviceId): Limit {
  const found = roster.devices.get(device)
  if (found === undefined || roster.members.get(found.member)?.status !== 'in') return nothing
  return found.status === 'in' ? everything : (cutOf(roster, device, space) ?? everything)
}

export function isWithin(
  limit: Limit,
  record: { readonly sequence: number; readonly id: RecordId | null },
): boolean {
  if (record.sequence !== limit.sequence) return record.sequence < limit.sequence
  return record.id !== null && limit.records.has(record.id)
}
