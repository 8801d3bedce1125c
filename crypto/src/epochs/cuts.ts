import type { DeviceId, MemberId, RecordId, SpaceId } from '../ids.ts'
import { isInSpace } from '../roster/spaces.ts'
import type { RosterState } from '../roster/state.ts'
import { compareIds, sortedIds } from '../roster/sorted-ids.ts'
import { maxCuts } from './rotation-codec.ts'
import type { ContentCut, NamedCut } from './rotation.ts'

/**
 * What somebody has to say of a device's records in a space, or null for none: to name the `first` cut, the last that they
 * hold; to `raise` one, the last that their records acknowledged before they knew that the device is out. Undefined
 * where there may be some that are not for them: they have nothing to say of it.
 */
export type HeldRecords = (
  device: DeviceId,
  space: SpaceId,
  naming: 'first' | 'raise',
) => { readonly sequence: number; readonly id: RecordId } | null | undefined

/** How far the records of a device that is out count, and at that place the named ones. */
export interface RecordLimit {
  readonly sequence: number
  readonly records: ReadonlySet<RecordId>
}

/**
 * How far the records of a device that is out count; null while nobody has named anything. What raises the first cuts
 * counts where `isBelieved`: whether its author had acknowledged that record is said by records, not by the roster.
 */
export function cutOf(
  state: RosterState,
  device: DeviceId,
  space: SpaceId,
  isBelieved: (raise: NamedCut) => boolean = () => false,
): RecordLimit | null {
  if (!isDeviceOut(state, device, space)) return null
  const named = cutsOf(state, device, space).filter((cut) => cut.isFirst || isBelieved(cut))
  if (named.length === 0) return null
  const sequence = Math.max(...named.map((cut) => cut.sequence))
  const last = named.filter((cut) => cut.sequence === sequence)
  return { sequence, records: new Set(last.flatMap(({ record }) => record ?? [])) }
}

/** What would raise the first cuts in a space, if it is believed. */
export function raisesIn(state: RosterState, space: SpaceId): NamedCut[] {
  const named = [...state.cuts.values()].flat()
  return named.filter((cut) => !cut.isFirst && cut.space === space)
}

function cutsOf(state: RosterState, device: DeviceId, space: SpaceId): NamedCut[] {
  return (state.cuts.get(device) ?? []).filter((cut) => cut.space === space)
}

/** The highest that was named first, or by the same device before: what it names has to be higher. Null for nothing. */
export function highestNamed(
  state: RosterState,
  { device, space }: Pick<ContentCut, 'device' | 'space'>,
  by: DeviceId | null,
): number | null {
  const named = cutsOf(state, device, space).filter((cut) => cut.isFirst || cut.by === by)
  return named.length === 0 ? null : Math.max(...named.map(({ sequence }) => sequence))
}

/** What an operation on top of `past` names. `removed`: the devices that it removes by name. */
export function nameCuts(
  cuts: readonly ContentCut[],
  past: RosterState,
  by: DeviceId | null,
  removed: (device: DeviceId) => boolean,
): NamedCut[] {
  return cuts.map((cut) => {
    const isFirst = isFirstNaming(past, cut) || removed(cut.device)
    return { ...cut, by, isFirst }
  })
}

function isFirstNaming(past: RosterState, { device, space }: Pick<ContentCut, 'device' | 'space'>): boolean {
  return !isDeviceOut(past, device, space) || !cutsOf(past, device, space).some(({ isFirst }) => isFirst)
}

/**
 * The cuts that a rotation of this member has to say: where there is none yet, and where it can raise what was named.
 * `past`: what it builds on. `own`: whether the author's own devices are among those to be named. `rotated`: the space
 * that it is a rotation of; one of the clique (null) speaks of all that its author is in. `by`: the author's device.
 */
export function cutsToName(
  state: RosterState,
  member: MemberId,
  held: HeldRecords,
  options: { own?: boolean; rotated?: SpaceId | null; past?: RosterState; by?: DeviceId | null } = {},
): ContentCut[] {
  const { own = false, rotated = null, past = state, by = null } = options
  const cuts: ContentCut[] = []
  const spaces = rotated === null ? sortedIds(state.spaces.keys()) : [rotated]
  for (const device of [...state.devices.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    if (device.member === member && !own) continue
    for (const space of spaces) {
      if (!isInSpace(state, space, member) || !isDeviceOut(state, device.id, space)) continue
      const place = { device: device.id, space }
      const last = held(device.id, space, isFirstNaming(past, place) ? 'first' : 'raise')
      const known = highestNamed(state, place, by)
      if (last === undefined || (known !== null && (last?.sequence ?? 0) <= known)) continue
      cuts.push({ ...place, sequence: last?.sequence ?? 0, record: last?.id ?? null })
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

/** The order in which a state lists what was named of one device. */
export function compareCuts(a: NamedCut, b: NamedCut): number {
  return (
    compareIds(a.space, b.space) ||
    a.sequence - b.sequence ||
    compareIds(a.record ?? '', b.record ?? '') ||
    compareIds(a.by ?? '', b.by ?? '') ||
    Number(a.isFirst) - Number(b.isFirst)
  )
}
