import type { DeviceId, MemberId, RecordId, SpaceId } from '../ids.ts'
import type { RosterBody } from '../roster/operation.ts'
import { isInSpace } from '../roster/spaces.ts'
import type { RosterState } from '../roster/state.ts'
import { compareIds } from '../roster/sorted-ids.ts'
import { authorities, authorityOver, compareWords, inTurns, removes } from './cut-order.ts'
import type { Word } from './cut-order.ts'
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
 * How far the records of a device that is out count; null while nobody has named anything. Of first cuts those hold of whose
 * author the word goes before all others' (`compareWords`). What else was named counts where it is higher and `isBelieved`: whether its
 * author had acknowledged that record is said by records, not by the roster.
 */
export function cutOf(
  state: RosterState,
  device: DeviceId,
  space: SpaceId,
  isBelieved: (raise: NamedCut) => boolean = () => false,
): RecordLimit | null {
  if (!isDeviceOut(state, device, space)) return null
  const basic = new Set(basicCuts(state, { device, space }))
  const named = cutsOf(state, device, space).filter((cut) => basic.has(cut) || isBelieved(cut))
  if (named.length === 0) return null
  const sequence = Math.max(...named.map((cut) => cut.sequence))
  const last = named.filter((cut) => cut.sequence === sequence)
  return { sequence, records: new Set(last.flatMap(({ record }) => record ?? [])) }
}

/** What would raise the cuts that hold in a space, if it is believed. */
export function raisesIn(state: RosterState, space: SpaceId): NamedCut[] {
  return [...state.cuts].flatMap(([device, named]) => {
    const basic = new Set(basicCuts(state, { device, space }))
    return named.filter((cut) => cut.space === space && !basic.has(cut))
  })
}

function cutsOf(state: RosterState, device: DeviceId, space: SpaceId): NamedCut[] {
  return (state.cuts.get(device) ?? []).filter((cut) => cut.space === space)
}

/** The first cuts that hold: of those whose author's word comes after nobody's the lowest. */
function basicCuts(state: RosterState, { device, space }: Pick<ContentCut, 'device' | 'space'>): NamedCut[] {
  const first = cutsOf(state, device, space).filter(({ isFirst }) => isFirst)
  const best = first.filter((cut) => !first.some((other) => compareWords(state, device, other, cut) < 0))
  return best.filter((cut) => !best.some(({ sequence }) => sequence < cut.sequence))
}

/** What is said of cuts: by whom, in an operation on top of `past`, that gives `after`. */
interface Speaking {
  readonly past: RosterState
  readonly after: RosterState
  readonly by: DeviceId | null
  readonly member: MemberId
  /** Null for a rotation that changes nothing else. */
  readonly body: RosterBody | null
}

/** What somebody may say of a device in a space. */
interface Say {
  readonly word: Word
  /** Whether they may name whatever they hold: nothing holds, or what holds is of an earlier end or of who comes after them. */
  readonly isFree: boolean
  /** What they name may be lower than this; null where their word comes after that of whose cut holds. */
  readonly below: number | null
  /** It may be higher than this. */
  readonly above: number
}

function sayOf(place: Pick<ContentCut, 'device' | 'space'>, speaking: Speaking): Say {
  const { past, after, by, member, body } = speaking
  const { device, space } = place
  const named = cutsOf(past, device, space)
  const rounds = Math.max(0, ...named.map(({ round }) => round))
  const isNewEnd = rounds === 0 || !isDeviceOut(past, device, space)
  const authority = authorityOver(body, past, member, place)
  const word: Word = { member, authority, round: isNewEnd ? rounds + 1 : rounds }
  const [basic] = basicCuts(after, place)
  const order = basic === undefined ? -1 : compareWords(after, device, word, basic)
  const known = basic?.sequence ?? -1
  const raised = named.filter((cut) => by !== null && cut.by === by && !cut.isFirst)
  const isRemoved = body !== null && removes(body, past, device)
  return {
    word,
    isFree: basic === undefined || (order < 0 && (isNewEnd || isRemoved)),
    below: order < 0 || (order === 0 && basic?.member !== member) ? known : null,
    above: Math.max(known, ...raised.map(({ sequence }) => sequence)),
  }
}

/** What an operation names; what it may not name with null. */
export function nameCuts(cuts: readonly ContentCut[], speaking: Speaking): (NamedCut | null)[] {
  return cuts.map((cut) => {
    const { word, isFree, below, above } = sayOf(cut, speaking)
    const isFirst = isFree || (below !== null && cut.sequence < below)
    return isFirst || cut.sequence > above ? { ...cut, ...word, by: speaking.by, isFirst } : null
  })
}

/**
 * How many records more than it holds a device lets somebody name whose word comes after its own: they may have heard more.
 * A cut beyond that it names anew, lower.
 */
export const cutAllowance = 64

/**
 * The cuts that a rotation of this member has to say: where there is none yet, where it can raise what was named, and where
 * somebody whose word comes after theirs named more than anybody can have heard. First come those of devices that the
 * operation removes (`body`), then the others, last those that raise; what there is no room for the next rotation names.
 * `past`: what it builds on. `own`: whether the author's own devices are among those to be named. `rotated`: the space
 * that it is a rotation of; one of the clique (null) speaks of all that its author is in. `by`: the author's device.
 */
export function cutsToName(
  state: RosterState,
  member: MemberId,
  held: HeldRecords,
  options: {
    own?: boolean
    rotated?: SpaceId | null
    past?: RosterState
    by?: DeviceId | null
    body?: RosterBody | null
  } = {},
): ContentCut[] {
  const { own = false, rotated = null, past = state, by = null, body = null } = options
  const speaking = { past, after: state, by, member, body }
  const [removing, first, raising]: [ContentCut[], ContentCut[], ContentCut[]] = [[], [], []]
  const spaces = rotated === null ? [...state.spaces.keys()] : [rotated]
  for (const device of state.devices.values()) {
    if (device.member === member && !own) continue
    for (const space of spaces) {
      if (!isInSpace(state, space, member) || !isDeviceOut(state, device.id, space)) continue
      const place = { device: device.id, space }
      const { isFree, below, above } = sayOf(place, speaking)
      const last = held(device.id, space, isFree ? 'first' : 'raise')
      if (isFree) {
        const list = body !== null && removes(body, past, device.id) ? removing : first
        if (last !== undefined) list.push(cutAt(place, last))
      } else if (last != null && last.sequence > above) raising.push(cutAt(place, last))
      else if (below !== null) {
        const shown = held(device.id, space, 'first')
        if (shown !== undefined && (shown?.sequence ?? 0) + cutAllowance < below)
          first.push(cutAt(place, shown))
      }
    }
  }
  return [removing, first, raising]
    .flatMap((cuts) => inTurns(state, cuts))
    .slice(0, maxCuts)
    .toSorted((a, b) => compareIds(a.device, b.device) || compareIds(a.space, b.space))
}

function cutAt(
  place: Pick<ContentCut, 'device' | 'space'>,
  last: { readonly sequence: number; readonly id: RecordId } | null,
): ContentCut {
  return { ...place, sequence: last?.sequence ?? 0, record: last?.id ?? null }
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
    compareIds(a.member, b.member) ||
    authorities.indexOf(a.authority) - authorities.indexOf(b.authority) ||
    a.round - b.round ||
    Number(a.isFirst) - Number(b.isFirst)
  )
}
