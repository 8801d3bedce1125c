import { concat, fromHex, toHex, utf8ToBytes } from '../bytes.ts'
import { encode } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { sha256 } from '../hash.ts'
import { hashRecipientKey } from '../epochs/recipients.ts'
import { idToBytes } from '../ids.ts'
import type { EpochId } from '../ids.ts'
import { labels } from '../labels.ts'
import { namedCutToValue } from '../epochs/rotation-codec.ts'
import { policyToValue, relaysToValue } from './body-codec.ts'
import { sortedIds } from './sorted-ids.ts'
import { countersignPurposes, spaceKinds } from './operation.ts'
import { roles } from './roles.ts'
import type {
  HolderId,
  Complaint,
  Countersign,
  Device,
  EpochInfo,
  Invitation,
  Member,
  RosterState,
  Space,
} from './state.ts'

/** Maps and entries are shared between one state and the next, so each is hashed once. */
const mapHashes = new WeakMap<object, Uint8Array>()
const hashes = new WeakMap<object, Uint8Array>()

function hashOnce<T extends object>(entry: T, toValue: (entry: T) => CborValue): Uint8Array {
  const known = hashes.get(entry)
  if (known !== undefined) return known
  const hash = sha256(labels.stateEntry, encode(toValue(entry)))
  hashes.set(entry, hash)
  return hash
}

/**
 * Over everything in the state. Tips, and superseded epochs that have not lost their effect, are not named: what
 * there is to say about them follows from the heads.
 */
export function hashState(state: Omit<RosterState, 'hash'>): string {
  const epochs = new Map<EpochId, EpochInfo>()
  for (const [id, epoch] of state.fallenEpochs) if (!epoch.counts) epochs.set(id, epoch)
  for (const id of state.epochHeads) {
    const epoch = state.epochs.get(id)
    if (epoch !== undefined) epochs.set(id, epoch)
  }
  return toHex(
    sha256(
      labels.stateHash,
      idToBytes(state.clique),
      encode([policyToValue(state.policy), relaysToValue(state.relays), state.heads.map(idToBytes)]),
      hashMap(state.members, memberToValue),
      hashMap(state.devices, deviceToValue),
      hashMap(state.invitations, invitationToValue),
      hashMap(state.spaces, spaceToValue),
      hashMap(epochs, epochToValue),
      hashMap(state.complaints, complaintToValue),
      hashMap(state.cuts, (cuts) => cuts.map(namedCutToValue)),
      ...(state.countersigns.size === 0 ? [] : [hashMap(state.countersigns, countersignToValue)]),
    ),
  )
}

function hashMap<Id extends string, T extends object>(
  entries: ReadonlyMap<Id, T>,
  toValue: (entry: T) => CborValue,
): Uint8Array {
  const known = mapHashes.get(entries)
  if (known !== undefined) return known
  const parts = sortedIds(entries.keys()).map((id) => {
    const entry = entries.get(id)
    if (entry === undefined) throw new Error('a key of a map has its value')
    return hashOnce(entry, toValue)
  })
  const hash = sha256(labels.stateEntry, concat(...parts))
  mapHashes.set(entries, hash)
  return hash
}

const memberStatuses = ['in', 'quarantined', 'out']
const deviceStatuses = ['in', 'forked', 'out']
const invitationStatuses = ['open', 'used', 'revoked', 'closed']

function memberToValue(member: Member): CborValue {
  return [
    idToBytes(member.id),
    member.name,
    roles.indexOf(member.role),
    [...member.rank],
    sortedIds(member.devices).map(idToBytes),
    hashRecipientKey(member.recoveryKey),
    member.recoverySalt,
    member.sealedRoot,
    idToBytes(member.since),
    member.invite === null ? null : idToBytes(member.invite),
    memberStatuses.indexOf(member.status),
    ...(member.grant === null && member.endedBy.length === 0
      ? []
      : [
          member.grant === null ? null : idToBytes(member.grant),
          member.endedBy.map(idToBytes),
          member.isBarred,
        ]),
    ...(member.lessened === null ? [] : [idToBytes(member.lessened)]),
  ]
}

function deviceToValue(device: Device): CborValue {
  return [
    idToBytes(device.id),
    idToBytes(device.member),
    hashRecipientKey(device.kem),
    device.peer,
    deviceStatuses.indexOf(device.status),
    device.proof === null ? null : device.proof.map(idToBytes),
    ...(device.since === null && device.endedBy.length === 0
      ? []
      : [device.since === null ? null : idToBytes(device.since), device.endedBy.map(idToBytes)]),
  ]
}

function invitationToValue(invitation: Invitation): CborValue {
  return [
    idToBytes(invitation.id),
    idToBytes(invitation.operation),
    idToBytes(invitation.inviter),
    hashRecipientKey(invitation.kem),
    idToBytes(invitation.mailbox),
    roles.indexOf(invitation.role),
    invitation.uses,
    invitation.used,
    invitation.expiresAt,
    invitation.label,
    invitationStatuses.indexOf(invitation.status),
  ]
}

function spaceToValue({ id, kind, title, audience, creator, since, places }: Space): CborValue {
  const named = [idToBytes(id), spaceKinds.indexOf(kind), title]
  if (creator === null || since === null) return named
  const audienceValue = sortedIds(places.keys()).flatMap((member): CborValue[] => {
    const place = places.get(member)
    return place === undefined
      ? []
      : [[idToBytes(member), idToBytes(place.since), place.endedBy.map(idToBytes)]]
  })
  const smaller = audience === 'everyone' ? null : audienceValue
  return [...named, idToBytes(creator), idToBytes(since), smaller]
}

function epochToValue(epoch: EpochInfo): CborValue {
  return [
    idToBytes(epoch.id),
    idToBytes(epoch.operation),
    epoch.depth,
    epoch.counts,
    fromHex(epoch.archive),
    epoch.capabilityGeneration,
    hashHolders(epoch.holders),
    ...(epoch.space === null ? [] : [idToBytes(epoch.space)]),
  ]
}

/** One set serves every epoch between two changes of the roster. */
function hashHolders(holders: ReadonlySet<HolderId>): Uint8Array {
  return hashOnce(holders, (set) => sortedIds(set).map(holderToBytes))
}

const holderBytes = new Map<HolderId, Uint8Array>()

function holderToBytes(holder: HolderId): Uint8Array {
  const known = holderBytes.get(holder)
  if (known !== undefined) return known
  const bytes = utf8ToBytes(holder)
  holderBytes.set(holder, bytes)
  return bytes
}

function complaintToValue(complaint: Complaint): CborValue {
  return [
    idToBytes(complaint.operation),
    idToBytes(complaint.epoch),
    idToBytes(complaint.device),
    sortedIds(complaint.answeredBy).map(idToBytes),
  ]
}

function countersignToValue({ operation, signer, purpose, member }: Countersign): CborValue {
  return [idToBytes(operation), idToBytes(signer), countersignPurposes.indexOf(purpose), idToBytes(member)]
}
