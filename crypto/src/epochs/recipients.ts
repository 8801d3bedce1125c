import { concat, toHex, utf8ToBytes } from '../bytes.ts'
import { sha256 } from '../hash.ts'
import { idToBytes } from '../ids.ts'
import type { EpochId, SpaceId } from '../ids.ts'
import { labels } from '../labels.ts'
import { compareRanks } from '../roster/rank.ts'
import { maxDevices } from '../roster/limits.ts'
import { isInSpace } from '../roster/spaces.ts'
import { openInvitations } from '../roster/standing.ts'
import { compareIds, sortedIds } from '../roster/sorted-ids.ts'
import type { HolderId, Member, RosterState, Space } from '../roster/state.ts'

export const wrapTagSize = 16
/** A device and a recovery key for each of 300 people, and as many open invitations. Their wraps fit into an item. */
export const maxRecipients = 900

export interface Recipient {
  readonly holder: HolderId
  readonly publicKey: Uint8Array
  /** Hash of the public key, once for all epochs. */
  readonly keyHash: Uint8Array
}

export interface Entitled {
  /** In the order of their key hashes, each key once. */
  readonly recipients: readonly Recipient[]
  readonly holders: ReadonlySet<HolderId>
  /** Labelled hash over who they are, whatever their keys. */
  readonly circle: Uint8Array
  /** What a rotation to exactly these says. */
  readonly hash: Uint8Array
}

const keyHashes = new WeakMap<Uint8Array, Uint8Array>()
const keyNames = new WeakMap<Uint8Array, string>()
/** Of the clique, and of spaces as they were in a state: one that was changed since is another. */
const entitledByState = new WeakMap<RosterState, Map<Space | null, Entitled>>()

/**
 * Who gets the keys of the next epoch: the good devices and the recovery key of every member who is in, and every
 * open invitation. Nobody else, a relay least of all. Where invitations made side by side let in more than a rotation
 * can serve, the most senior members come first and invitations last: a rotation is possible whatever anybody does.
 * Of a space with a smaller audience: of those the members who are in it, and no invitation.
 */
export function entitledRecipients(state: RosterState, space: SpaceId | null = null): Entitled {
  const found = space === null ? null : (state.spaces.get(space) ?? null)
  if (space !== null && found === null) throw new Error('only a space that there is has an audience')
  const bySpace = entitledByState.get(state) ?? new Map<Space | null, Entitled>()
  entitledByState.set(state, bySpace)
  const known = bySpace.get(found)
  if (known !== undefined) return known
  const holders = new Set<HolderId>()
  const byKey = new Map<string, Recipient>()
  const add = (holder: HolderId, publicKey: Uint8Array): void => {
    const keyHash = hashRecipientKey(publicKey)
    if (byKey.size >= maxRecipients && !byKey.has(nameOf(keyHash))) return
    holders.add(holder)
    byKey.set(nameOf(keyHash), { holder, publicKey, keyHash })
  }
  for (const member of mostSeniorFirst(state)) {
    if (member.status !== 'in' || (space !== null && !isInSpace(state, space, member.id))) continue
    add(`recovery:${member.id}`, member.recoveryKey)
    const devices = sortedIds(member.devices).flatMap((id) => state.devices.get(id) ?? [])
    for (const { id, kem } of devices.filter(({ status }) => status === 'in').slice(0, maxDevices)) {
      add(`device:${id}`, kem)
    }
  }
  const invitations = space === null ? openInvitations(state) : []
  for (const invitation of invitations.toSorted((a, b) => compareIds(a.id, b.id))) {
    add(`invite:${invitation.id}`, invitation.kem)
  }
  const recipients = sortedIds(byKey.keys()).flatMap((name) => byKey.get(name) ?? [])
  const circle = sha256(labels.circle, utf8ToBytes([...holders].sort().join()))
  const hash = sha256(labels.recipients, concat(...recipients.map(({ keyHash }) => keyHash)), circle)
  const entitled: Entitled = { recipients, holders, circle, hash }
  bySpace.set(found, entitled)
  return entitled
}

function mostSeniorFirst(state: RosterState): Member[] {
  return [...state.members.values()].sort((a, b) => compareRanks(a.rank, b.rank) || compareIds(a.id, b.id))
}

/** For a state in which nobody's right has changed. */
export function shareEntitled(from: RosterState, to: RosterState): void {
  const known = entitledByState.get(from)
  if (known !== undefined) entitledByState.set(to, known)
}

function nameOf(keyHash: Uint8Array): string {
  const known = keyNames.get(keyHash)
  if (known !== undefined) return known
  const name = toHex(keyHash)
  keyNames.set(keyHash, name)
  return name
}

export function hashRecipientKey(publicKey: Uint8Array): Uint8Array {
  const known = keyHashes.get(publicKey)
  if (known !== undefined) return known
  const hash = sha256(labels.recipientKey, publicKey)
  keyHashes.set(publicKey, hash)
  return hash
}

/** Tells a recipient which wrap is its own, and everybody else nothing. */
export function wrapTag(epoch: EpochId, keyHash: Uint8Array): Uint8Array {
  return sha256(labels.wrapTag, idToBytes(epoch), keyHash).slice(0, wrapTagSize)
}
