import { concat, fromHex, toHex, utf8ToBytes } from '../bytes.ts'
import { encode } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { sha256 } from '../hash.ts'
import { idToBytes } from '../ids.ts'
import { labels } from '../labels.ts'
import { policyToValue, relaysToValue } from './body-codec.ts'
import { sortedIds } from './node.ts'
import { spaceKinds } from './operation.ts'
import { roles } from './roles.ts'
import type { Complaint, Device, EpochInfo, Invitation, Member, RosterState, Space } from './state.ts'

/** Entries are shared between one state and the next, so each is hashed once. */
const hashes = new WeakMap<object, Uint8Array>()

function hashOnce<T extends object>(entry: T, toValue: (entry: T) => CborValue): Uint8Array {
  const known = hashes.get(entry)
  if (known !== undefined) return known
  const hash = sha256(labels.stateEntry, encode(toValue(entry)))
  hashes.set(entry, hash)
  return hash
}

/**
 * Over everything in the state. Of superseded epochs only those that lost their effect are named: what else there
 * is to say about them follows from the heads.
 */
export function hashState(state: Omit<RosterState, 'hash'>): string {
  const epochHeads = new Map(
    [...state.epochs].filter(([id, epoch]) => !epoch.counts || state.epochHeads.includes(id)),
  )
  return toHex(
    sha256(
      labels.stateHash,
      idToBytes(state.clique),
      encode([policyToValue(state.policy), relaysToValue(state.relays), state.heads.map(idToBytes)]),
      hashMap(state.members, memberToValue),
      hashMap(state.devices, deviceToValue),
      hashMap(state.invitations, invitationToValue),
      hashMap(state.spaces, spaceToValue),
      hashMap(epochHeads, epochToValue),
      hashMap(state.complaints, complaintToValue),
    ),
  )
}

function hashMap<Id extends string, T extends object>(
  entries: ReadonlyMap<Id, T>,
  toValue: (entry: T) => CborValue,
): Uint8Array {
  return concat(
    ...sortedIds(entries.keys()).map((id) => {
      const entry = entries.get(id)
      if (entry === undefined) throw new Error('a key of a map has its value')
      return hashOnce(entry, toValue)
    }),
  )
}

const memberStatuses = ['in', 'quarantined', 'out']
const deviceStatuses = ['in', 'forked']
const invitationStatuses = ['open', 'used', 'revoked', 'closed']

function memberToValue(member: Member): CborValue {
  return [
    idToBytes(member.id),
    member.name,
    roles.indexOf(member.role),
    [...member.rank],
    sortedIds(member.devices).map(idToBytes),
    member.recoveryKey,
    member.recoverySalt,
    member.sealedRoot,
    idToBytes(member.since),
    member.invite === null ? null : idToBytes(member.invite),
    memberStatuses.indexOf(member.status),
  ]
}

function deviceToValue(device: Device): CborValue {
  return [
    idToBytes(device.id),
    idToBytes(device.member),
    device.kem,
    device.peer,
    device.sequence,
    device.head === null ? null : idToBytes(device.head),
    deviceStatuses.indexOf(device.status),
    device.proof === null ? null : device.proof.map(idToBytes),
  ]
}

function invitationToValue(invitation: Invitation): CborValue {
  return [
    idToBytes(invitation.id),
    idToBytes(invitation.operation),
    idToBytes(invitation.inviter),
    invitation.kem,
    idToBytes(invitation.mailbox),
    roles.indexOf(invitation.role),
    invitation.uses,
    invitation.used,
    invitation.expiresAt,
    invitation.label,
    invitationStatuses.indexOf(invitation.status),
  ]
}

function spaceToValue(space: Space): CborValue {
  return [idToBytes(space.id), spaceKinds.indexOf(space.kind), space.title]
}

function epochToValue(epoch: EpochInfo): CborValue {
  return [
    idToBytes(epoch.id),
    idToBytes(epoch.operation),
    epoch.depth,
    epoch.counts,
    fromHex(epoch.archive),
    epoch.capabilityGeneration,
    sortedIds(epoch.holders).map((holder) => utf8ToBytes(holder)),
  ]
}

function complaintToValue(complaint: Complaint): CborValue {
  return [
    idToBytes(complaint.operation),
    idToBytes(complaint.epoch),
    idToBytes(complaint.device),
    sortedIds(complaint.answeredBy).map(idToBytes),
  ]
}
