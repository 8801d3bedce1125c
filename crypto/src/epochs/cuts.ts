import type { DeviceId, MemberId, RecordId, SpaceId } from '../ids.ts'
import { isInSpace } from '../roster/spaces.ts'
import type { RosterState } from '../roster/state.ts'
import { sortedIds } from '../roster/sorted-ids.ts'
import { maxCuts } from './rotation-codec.ts'
import type { ContentCut } from './rotation.ts'

/**
 * The last record of a device in a space that somebody holds, or null for none. Undefined where there may be some that
 * are not for them: they have nothing to say of it.
 */
export type HeldRecords = (
  device: DeviceId,
  space: SpaceId,
) => { readonly sequence: number; readonly id: RecordId } | null | undefined

/** What was named as the last that counts of a device that is out; null while nobody has named anything. */
export function cutOf(
  state: RosterState,
  device: DeviceId,
  space: SpaceId,
): { readonly sequence: number; readonly records: ReadonlySet<RecordId> } | null {
  if (!isDeviceOut(state, device, space)) return null
  const named = (state.cuts.get(device) ?? []).filter((cut) => cut.space === space)
  if (named.length === 0) return null
  const sequence = Math.max(...named.map((cut) => cut.sequence))
  const last = named.filter((cut) => cut.sequence === sequence)
  return { sequence, records: new Set(last.flatMap(({ record }) => record ?? [])) }
}

/**
 * The cuts that a rotation of this member has to say: where there is none yet, and where more is held than was named.
 * `own`: whether the author's own devices are among those to be named. `rotated`: the space that it is a rotation of; one
 * of the clique (null) speaks of all that its author is in.
 */
export function cutsToName(
  state: RosterState,
  member: MemberId,
  held: HeldRecords,
  { own = false, rotated = null }: { own?: boolean; rotated?: SpaceId | null } = {},
): ContentCut[] {
  const cuts: ContentCut[] = []
  const spaces = rotated === null ? sortedIds(state.spaces.keys()) : [rotated]
  for (const device of [...state.devices.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (device.member === member && !own) continue
    for (const space of spaces) {
      if (!isInSpace(state, space, member) || !isDeviceOut(state, device.id, space)) continue
      const last = held(device.id, space)
      if (last === undefined) continue
      const known = cutOf(state, device.id, space)
      if (known !== null && (last?.sequence ?? 0) <= known.sequence) continue
      cuts.push({ device: device.id, space, sequence: last?.sequence ?? 0, record: last?.id ?? null })
    }
  }
  return cuts.slice(0, maxCuts)
}

/**
 * Whether a device has stopped for good: it or its member is out. Somebody in quarantine may yet be let in. Where a
 * `space` has a smaller audience, it is about those who were in it, and who were taken out of it have stopped there, too.
 */
export function isDeviceOut(state: RosterState, id: DeviceId, space?: SpaceId): boolean {
  const device = state.devices.get(id)
  if (device === undefined) return false
  const isOut = device.status !== 'in' || state.members.get(device.member)?.status === 'out'
  const found = space === undefined ? undefined : state.spaces.get(space)
  if (found === undefined || found.audience === 'everyone') return isOut
  const place = found.places.get(device.member)
  return place !== undefined && (isOut || place.endedBy.length > 0)
}
