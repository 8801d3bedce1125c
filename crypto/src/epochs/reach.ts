import type { DeviceId, KeyId, SpaceId } from '../ids.ts'
import { deriveKeyId } from '../key-schedule.ts'
import { epochsOwner } from '../roster/spaces.ts'
import type { EpochInfo, RosterState } from '../roster/state.ts'

/**
 * Whether a device is meant to open what is sealed in an epoch, today or once a merge has brought it the key. Under
 * `since-join` that never changes: nobody may hand an epoch's keys on to people who were not named in it. The
 * device that took an invitation also stands for the invitation, whose keys it came by and keeps.
 */
export function isMeantFor(state: RosterState, epoch: EpochInfo, device: DeviceId): boolean {
  if (state.policy.history === 'full' || epoch.named.has(`device:${device}`)) return true
  const member = state.devices.get(device)?.member
  const invite = member === undefined ? null : (state.members.get(member)?.invite ?? null)
  return invite !== null && epoch.named.has(`invite:${invite}`)
}

/** The record keys of a space that a device is not meant to hold. Decided by the roster alone; grows with it. */
export function keysOutOfReach(state: RosterState, space: SpaceId, device: DeviceId): ReadonlySet<KeyId> {
  const keys = new Set<KeyId>()
  if (state.policy.history === 'full') return keys
  const owner = epochsOwner(state, space)
  for (const epoch of state.epochs.values()) {
    if (epoch.space === owner && !isMeantFor(state, epoch, device)) keys.add(keyIdOf(epoch, space))
  }
  return keys
}

const keyIds = new WeakMap<EpochInfo, Map<SpaceId, KeyId>>()

function keyIdOf(epoch: EpochInfo, space: SpaceId): KeyId {
  const bySpace = keyIds.get(epoch) ?? new Map<SpaceId, KeyId>()
  keyIds.set(epoch, bySpace)
  const keyId = bySpace.get(space) ?? deriveKeyId(epoch.id, space)
  bySpace.set(space, keyId)
  return keyId
}
