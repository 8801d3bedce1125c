import { cutOf } from '@clique/crypto'
import type { Device, DeviceId, Member, NamedCut, RecordId, RecordLimit } from '@clique/crypto'
import type { RosterState, SpaceId } from '@clique/crypto'
import type { RecordRow } from '../storage/record-rows.ts'

const everything: RecordLimit = { sequence: Infinity, records: new Set() }
const nothing: RecordLimit = { sequence: 0, records: new Set() }

/** Whether somebody who raises a cut had acknowledged what they name (`raises.ts`). */
export type IsBelieved = (raise: NamedCut) => boolean

/**
 * What the roster of today says. It is asked whenever something is shown and not only when it comes, so that the screen
 * follows from what is held, whatever came first. What is hidden stays stored: the answer may be another tomorrow.
 */
export function limitOf(
  roster: RosterState,
  space: SpaceId,
  device: DeviceId,
  isBelieved: IsBelieved,
): RecordLimit {
  const found = roster.devices.get(device)
  const member = found === undefined ? undefined : roster.members.get(found.member)
  if (found === undefined || member === undefined || !wasAdmitted(member) || wasNeverAdded(found))
    return nothing
  if (!wasInSpace(roster, space, member)) return nothing
  return cutOf(roster, device, space, isBelieved) ?? everything
}

/**
 * Whoever was a member stays the author of what they wrote until they left or were removed. Somebody whose admission does
 * not stand never was one, and in quarantine that is open.
 */
function wasAdmitted({ status, admission, endedBy }: Member): boolean {
  return status === 'in' || (status === 'out' && admission === 'in' && endedBy.length > 0)
}

/** Whoever was taken out of a smaller audience stays the author of what they wrote there before. */
function wasInSpace({ spaces }: RosterState, space: SpaceId, { id }: Member): boolean {
  const found = spaces.get(space)
  return found !== undefined && (found.audience === 'everyone' || found.places.has(id))
}

/** What added it has lost its effect. */
function wasNeverAdded({ status, endedBy }: Device): boolean {
  return status === 'out' && endedBy.length === 0
}

export function isWithin(
  limit: RecordLimit,
  record: { readonly sequence: number; readonly id: RecordId | null },
): boolean {
  if (record.sequence !== limit.sequence) return record.sequence < limit.sequence
  return record.id !== null && limit.records.has(record.id)
}

/** Whether anything is within that a row stands for: what a compaction carries cannot be handed on in parts. */
export function beginsWithin(limit: RecordLimit, row: Pick<RecordRow, 'sequence' | 'id' | 'first'>): boolean {
  return row.first === undefined ? isWithin(limit, row) : row.first <= limit.sequence
}
