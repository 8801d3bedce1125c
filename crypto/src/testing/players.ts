import { findSafeEpochs } from '../epochs/sending.ts'
import type { DeviceId, EpochId, MemberId, OperationId, SpaceId } from '../ids.ts'
import type { EpochInfo, RosterState } from '../roster/state.ts'
import { smallerSpaces } from './space-moves.ts'

/** One device of one person, and what it has seen. */
export interface Player {
  readonly member: MemberId
  readonly device: DeviceId
  readonly isHostile: boolean
  seen: ReadonlySet<OperationId>
  /** Earlier views, for those who date back. */
  readonly past: ReadonlySet<OperationId>[]
}

/** Something written under an epoch by an honest device that knew this much. */
export interface Sent {
  readonly seen: ReadonlySet<OperationId>
  readonly epoch: EpochId
  /** Null for what the whole clique reads. */
  readonly space: SpaceId | null
}

/** How a sender chooses an epoch. */
export type Choice = 'safe' | 'deepest'

/** What a device would send under. */
export type Chosen = Omit<Sent, 'seen'> & { readonly choice: Choice }

/** In each space that they are in, by each choice; nothing for whoever is out. */
export function choicesOf(state: RosterState, { member, device }: Player): Chosen[] {
  if (state.devices.get(device)?.status !== 'in' || state.members.get(member)?.status !== 'in') return []
  const holds = (epoch: EpochInfo): boolean => epoch.holders.has(`device:${device}`)
  return [null, ...smallerSpaces(state, member)].flatMap((space) => {
    const safe = findSafeEpochs({ state }, space).find(holds)
    const held = [...state.epochs.values()].filter((epoch) => epoch.space === space && holds(epoch))
    const [deepest] = held.toSorted((a, b) => b.depth - a.depth)
    const chosen: Chosen[] = []
    if (safe !== undefined) chosen.push({ choice: 'safe', epoch: safe.id, space })
    if (deepest !== undefined) chosen.push({ choice: 'deepest', epoch: deepest.id, space })
    return chosen
  })
}
