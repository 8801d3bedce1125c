import { CliqueError } from '../errors.ts'
import type { EpochId, KeyId, MailboxId, SpaceId } from '../ids.ts'
import { deriveGateKey, deriveSpaceKeys } from '../key-schedule.ts'
import type { SpaceKeys } from '../key-schedule.ts'
import { mailboxIdOf } from '../mailbox-name.ts'
import type { CliqueLog } from '../roster/log.ts'
import { epochsOwner } from '../roster/spaces.ts'
import { compareIds } from '../roster/sorted-ids.ts'
import type { EpochInfo, RosterState } from '../roster/state.ts'
import { signerFromSeed } from '../signature.ts'
import { awarenessOf } from './awareness.ts'
import { isSubset } from './check-rotation.ts'
import { entitledRecipients } from './recipients.ts'
import type { Capability } from './rotation.ts'

export interface SpaceKey {
  readonly epoch: EpochId
  readonly keyId: KeyId
  readonly recordKey: Uint8Array
}

/** An Ed25519 key pair that names a mailbox or proves a capability. */
export interface NamedKeyPair {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
}

/**
 * The epoch to send under: its effect stands, every holder of it and of what came after it is entitled now, and it
 * came to this device in a wrap. (Later epochs are looked at because their archives open earlier ones.) For content
 * under `since-join` it also leaves nobody out, because who lacks its key today would lack it for ever. The deepest
 * of these, then the lowest id. Null: rotate first, or queue. Without `space`: of the clique's epochs, for control.
 */
export function safeEpoch(log: CliqueLog, space?: SpaceId): EpochId | null {
  if (space !== undefined && !log.state.spaces.has(space)) return null
  const owner = space === undefined ? null : epochsOwner(log.state, space)
  const { holders } = entitledRecipients(log.state, owner)
  const needsAll = space !== undefined && log.state.policy.history === 'since-join'
  const [best] = findSafeEpochs(log, owner)
    .filter((epoch) => log.keyring.epochs.get(epoch.id)?.secret != null)
    .filter((epoch) => !needsAll || isSubset(holders, epoch.named))
    .sort((a, b) => b.depth - a.depth || compareIds(a.id, b.id))
  return best?.id ?? null
}

const safeEpochs = new WeakMap<RosterState, Map<SpaceId | null, readonly EpochInfo[]>>()

/** Every epoch that anybody may send under, whoever holds it: of a space's own, or of the clique's. The deepest first. */
export function findSafeEpochs(
  { state }: Pick<CliqueLog, 'state'>,
  owner: SpaceId | null = null,
): readonly EpochInfo[] {
  const byOwner = safeEpochs.get(state) ?? new Map<SpaceId | null, readonly EpochInfo[]>()
  safeEpochs.set(state, byOwner)
  const found = byOwner.get(owner) ?? judgeEpochs(state, owner)
  byOwner.set(owner, found)
  return found
}

function judgeEpochs(state: RosterState, owner: SpaceId | null): EpochInfo[] {
  const { holders } = entitledRecipients(state, owner)
  const knowsWhoIsOut = awarenessOf(state, owner)
  const epochs = epochsOf(state, owner)
  const tainted = new Set<EpochId>()
  // Along the links and not by depth: where an epoch was begun twice, a parent can be the deeper one.
  const found = epochs.filter((epoch) => !isSubset(epoch.holders, holders))
  for (let epoch = found.pop(); epoch !== undefined; epoch = found.pop()) {
    if (tainted.has(epoch.id)) continue
    tainted.add(epoch.id)
    found.push(...epoch.parents.flatMap((parent) => state.epochs.get(parent) ?? []))
  }
  return epochs
    .filter((epoch) => epoch.counts && !tainted.has(epoch.id) && knowsWhoIsOut(epoch.views))
    .sort((a, b) => b.depth - a.depth)
}

function epochsOf(state: RosterState, owner: SpaceId | null): EpochInfo[] {
  return [...state.epochs.values()].filter(({ space }) => space === owner)
}

/** Null when there is no safe epoch. */
export function sendingKey(log: CliqueLog, space: SpaceId): SpaceKey | null {
  const epoch = safeEpoch(log, space)
  const keys = epoch === null ? null : keysOf(log, epoch, space)
  return epoch === null || keys === null ? null : { epoch, keyId: keys.keyId, recordKey: keys.recordKey }
}

/** Every content key of this space that the device may open. */
export function spaceKeys(log: CliqueLog, space: SpaceId): ReadonlyMap<KeyId, SpaceKey> {
  const found = new Map<KeyId, SpaceKey>()
  for (const { epoch, keys } of heldKeys(log, space)) {
    found.set(keys.keyId, { epoch, keyId: keys.keyId, recordKey: keys.recordKey })
  }
  return found
}

/** Newest first. `current`: where one sends; the others still have to be read. */
export function contentMailboxes(
  log: CliqueLog,
  space: SpaceId,
): readonly { epoch: EpochId; keyPair: NamedKeyPair; mailbox: MailboxId; current: boolean }[] {
  const safe = safeEpoch(log, space)
  const found = new Map<MailboxId, { epoch: EpochId; keyPair: NamedKeyPair; current: boolean }>()
  for (const { epoch, keys } of heldKeys(log, space)) {
    const keyPair = keyPairOf(keys.mailboxSeed)
    const mailbox = mailboxIdOf(keyPair.publicKey)
    const current = epoch === safe
    // Whoever begins another epoch with a secret that there is gives it the same mailbox.
    if (current || !found.has(mailbox)) found.set(mailbox, { epoch, keyPair, current })
  }
  return [...found].map(([mailbox, one]) => ({ ...one, mailbox }))
}

/** @throws CliqueError `operation-parents` for a log without its genesis */
export function controlMailbox(log: CliqueLog): { keyPair: NamedKeyPair; mailbox: MailboxId } {
  for (const { body } of log.operations.values()) {
    if (body.type !== 'genesis') continue
    const keyPair = keyPairOf(body.controlMailboxSeed)
    return { keyPair, mailbox: mailboxIdOf(keyPair.publicKey) }
  }
  throw new CliqueError('operation-parents')
}

/** The capability in force: that of the epoch one sends under. */
export function capability(log: CliqueLog): { generation: number; keyPair: NamedKeyPair } {
  const current = safeEpoch(log)
  const [newest] = capabilities(log)
  if (newest === undefined) throw new CliqueError('operation-parents')
  const epoch = current === null ? undefined : log.state.epochs.get(current)
  if (epoch === undefined) return newest
  const { generation, seed } = log.graph.capabilityOf(epoch)
  return { generation, keyPair: keyPairOf(seed) }
}

/** Every capability that an epoch brought which counts, newest first: a relay may not have heard of the newest yet. */
export function capabilities(log: CliqueLog): readonly { generation: number; keyPair: NamedKeyPair }[] {
  const known: Capability[] = []
  for (const epoch of epochsOf(log.state, null).sort(newestFirst)) {
    if (!epoch.counts) continue
    const found = log.graph.capabilityOf(epoch)
    const same = (other: Capability): boolean =>
      other.generation === found.generation && other.seed.every((byte, i) => byte === found.seed[i])
    if (!known.some(same)) known.push(found)
  }
  return known
    .sort((a, b) => b.generation - a.generation)
    .map(({ generation, seed }) => ({ generation, keyPair: keyPairOf(seed) }))
}

/** Of every epoch that this device holds, newest first. Says only that somebody belonged here once. */
export function gateKeys(log: CliqueLog): readonly { epoch: EpochId; key: Uint8Array }[] {
  return epochsOf(log.state, null)
    .sort(newestFirst)
    .flatMap(({ id }) => {
      const held = log.keyring.epochs.get(id)
      // Not those out of an archive: there each new member finds all of them.
      return held?.secret == null || held.contentRoot === null
        ? []
        : [{ epoch: id, key: deriveGateKey(held.contentRoot) }]
    })
}

/** Rebuilt at every change of the epoch; null while there is no safe one. */
export function liveRoom(
  log: CliqueLog,
  space: SpaceId,
): { epoch: EpochId; name: string; password: string } | null {
  const epoch = safeEpoch(log, space)
  const keys = epoch === null ? null : keysOf(log, epoch, space)
  return epoch === null || keys === null ? null : { epoch, name: keys.liveRoom, password: keys.livePassword }
}

function newestFirst(a: EpochInfo, b: EpochInfo): number {
  return b.depth - a.depth || compareIds(a.id, b.id)
}

function heldKeys(log: CliqueLog, space: SpaceId): { epoch: EpochId; keys: SpaceKeys }[] {
  const epochs = epochsOf(log.state, epochsOwner(log.state, space))
  return epochs.sort(newestFirst).flatMap(({ id }) => {
    const keys = keysOf(log, id, space)
    return keys === null ? [] : [{ epoch: id, keys }]
  })
}

/** A content root never changes, and its keys are asked for again and again. */
const derived = new WeakMap<Uint8Array, Map<SpaceId, SpaceKeys>>()

function keysOf(log: CliqueLog, epoch: EpochId, space: SpaceId): SpaceKeys | null {
  const contentRoot = log.keyring.epochs.get(epoch)?.contentRoot
  if (contentRoot == null) return null
  const bySpace = derived.get(contentRoot) ?? new Map<SpaceId, SpaceKeys>()
  derived.set(contentRoot, bySpace)
  const keys = bySpace.get(space) ?? deriveSpaceKeys(contentRoot, epoch, space)
  bySpace.set(space, keys)
  return keys
}

const pairs = new WeakMap<Uint8Array, NamedKeyPair>()

function keyPairOf(seed: Uint8Array): NamedKeyPair {
  const known = pairs.get(seed)
  if (known !== undefined) return known
  const pair = { seed, publicKey: signerFromSeed(seed).publicKey }
  pairs.set(seed, pair)
  return pair
}
