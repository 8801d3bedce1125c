import { equal, fromHex } from '../bytes.ts'
import type { ErrorCode } from '../errors.ts'
import type { MemberId, SpaceId } from '../ids.ts'
import type { Role } from '../roster/roles.ts'
import { mayChangeSettings } from '../roster/roles.ts'
import { isInSpace } from '../roster/spaces.ts'
import type { EpochInfo, HolderId, RosterState } from '../roster/state.ts'
import { awarenessOf } from './awareness.ts'
import { isDeviceOut } from './cuts.ts'
import { isOfEpoch } from './links.ts'
import { entitledRecipients } from './recipients.ts'
import type { ArchiveEntry, ArchiveId, Capability, ControlLink, NamedCut, RotationPart } from './rotation.ts'

/** What a rotation is checked against. */
export interface RotationContext {
  /** At the operation's parents. */
  readonly past: RosterState
  /** With the operation itself: its recipients are those who are entitled then. */
  readonly after: RosterState
  /** Null for a genesis or join, where there is no role yet. */
  readonly role: Role | null
  /** Whose operation it is. */
  readonly member: MemberId
  /** Whose epochs an operation of this type rotates; undefined for none. */
  readonly space: SpaceId | null | undefined
  /** Whether it is of a type that may say how far the records of devices that are out still count. */
  readonly mayCut: boolean
  /** Of a removal of one's own device. */
  readonly mayCutOwn: boolean
  /** Its cuts, each null where the author may not say that. */
  readonly named: readonly (NamedCut | null)[]
  /** Whether an epoch in the past had this archive. */
  isKnownArchive(archive: ArchiveId): boolean
  /** The capability that an epoch brought. */
  capabilityOf(epoch: EpochInfo): Capability
}

/** Null when the rotation is what its place in the roster demands. Every client comes to the same answer. */
export function checkRotation(part: RotationPart, context: RotationContext): ErrorCode | null {
  const { past } = context
  if (part.space !== context.space) return 'rotation-space'
  if (past.epochs.has(part.epoch)) return 'epoch-known'
  if (!equal(part.stateHash, past.members.size === 0 ? new Uint8Array(32) : fromHex(past.hash))) {
    return 'rotation-state'
  }
  return (
    checkParents(part, past) ??
    checkRecipients(part, context) ??
    checkCapability(part, context) ??
    checkCuts(part, context) ??
    checkArchive(part, context)
  )
}

function checkParents(part: RotationPart, past: RosterState): ErrorCode | null {
  const heads = headsOf(past, part.space)
  if (part.space !== null) {
    // Who is in a space need not hold all of its epochs, and what is sealed there others cannot check.
    const isHead = ({ epoch, contentCommitment, signingKey, terms }: ControlLink): boolean =>
      heads.some(
        ({ id, commitments }) =>
          id === epoch &&
          equal(commitments.content, contentCommitment) &&
          equal(commitments.signingKey, signingKey) &&
          equal(commitments.terms, terms),
      )
    return part.parents.every(isHead) ? null : 'rotation-parents'
  }
  if (part.parents.length !== heads.length) return 'rotation-parents'
  for (const [index, link] of part.parents.entries()) {
    if (link.epoch !== heads[index]?.id || !isOfEpoch(link, link.controlKey, null)) return 'rotation-parents'
  }
  return null
}

function checkRecipients(part: RotationPart, context: RotationContext): ErrorCode | null {
  const entitled = entitledRecipients(context.after, part.space)
  const same = part.recipientCount === entitled.recipients.length && equal(part.recipientsHash, entitled.hash)
  return same ? null : 'rotation-recipients'
}

/**
 * The newest generation of the clique's epochs that count, and what belongs to it: whoever is out could else bring one of
 * their own into force, dated back. Asked of all and not of the heads, which need not count.
 */
export function capabilitiesInForce(
  { epochs }: Pick<RosterState, 'epochs'>,
  capabilityOf: (epoch: EpochInfo) => Capability,
): Capability[] {
  let newest: EpochInfo[] = []
  for (const epoch of epochs.values()) {
    if (epoch.space !== null || !epoch.counts) continue
    const before = newest[0]?.capabilityGeneration ?? 0
    if (epoch.capabilityGeneration > before) newest = [epoch]
    else if (epoch.capabilityGeneration === before) newest.push(epoch)
  }
  return newest.map(capabilityOf)
}

function checkCapability(part: RotationPart, context: RotationContext): ErrorCode | null {
  const { past, role } = context
  const { capability } = part
  if (capability === null) return null
  const inForce = capabilitiesInForce(past, (epoch) => context.capabilityOf(epoch))
  const generation = inForce[0]?.generation ?? 0
  if (capability.generation === generation) {
    return inForce.some((known) => equal(known.seed, capability.seed)) ? null : 'rotation-capability'
  }
  if (capability.generation !== generation + 1) return 'rotation-capability'
  if (generation > 0 && (role === null || !mayChangeSettings(role))) return 'rotation-capability'
  return null
}

/**
 * Cuts are of devices of others that are out with this operation, in spaces that the author is in, and of what the author
 * may say there (`nameCuts`).
 */
function checkCuts({ cuts, space: rotated }: RotationPart, context: RotationContext): ErrorCode | null {
  if (cuts.length > 0 && !context.mayCut) return 'rotation-cuts'
  const { after } = context
  const isFine = cuts.every(({ device: id, space }, place) => {
    const device = after.devices.get(id)
    const mayName = context.mayCutOwn || device?.member !== context.member
    const isOut = device !== undefined && isDeviceOut(after, id, space) && mayName
    const isOwn = isInSpace(after, space, context.member) && (rotated === null || rotated === space)
    return isOut && isOwn && context.named[place] != null
  })
  return isFine ? null : 'rotation-cuts'
}

function checkArchive(part: RotationPart, context: RotationContext): ErrorCode | null {
  const { past, after } = context
  const { holders } = entitledRecipients(after, part.space)
  const heads = headsOf(past, part.space)
  const parents = parentsOf(part, heads)
  const known =
    heads.some((head) => head.archive === part.archive.id) || context.isKnownArchive(part.archive.id)
  if (known && !mayKeepArchive(past, heads, part.archive.id, after, part.space)) return 'rotation-archive'
  const seen = new Set<string>()
  for (const entry of part.archive.entries) {
    const name = entry.kind === 'content' ? entry.epoch : entry.archive
    if (seen.has(`${entry.kind}:${name}`) || !mayArchive(entry, part.archive.id, past, parents, holders)) {
      return 'rotation-archive'
    }
    seen.add(`${entry.kind}:${name}`)
  }
  return null
}

/**
 * An archive key lives on only if everybody who ever held it is entitled still, and under `since-join` only if
 * nobody is new; and if who made it knew of everybody who is out now, so that nobody hands it on to them. Every holder of the key held one of the heads or was kept through to one, by this same rule.
 */
export function mayKeepArchive(
  past: RosterState,
  heads: readonly EpochInfo[],
  archive: ArchiveId,
  after: RosterState,
  space: SpaceId | null,
): boolean {
  const { holders: entitled } = entitledRecipients(after, space)
  const knowsWhoIsOut = awarenessOf(after, space)
  return heads.every(
    (head) =>
      head.archive === archive &&
      knowsWhoIsOut(head.archiveViews) &&
      isSubset(head.holders, entitled) &&
      (past.policy.history === 'full' || isSubset(entitled, head.named)),
  )
}

/** Superseded keys go to newcomers under `full`; under `since-join` only where there are no newcomers. */
export function maySealParent(
  past: RosterState,
  parent: EpochInfo,
  entitled: ReadonlySet<HolderId>,
): boolean {
  return past.policy.history === 'full' || isSubset(entitled, parent.named)
}

function mayArchive(
  entry: ArchiveEntry,
  current: ArchiveId,
  past: RosterState,
  parents: readonly EpochInfo[],
  entitled: ReadonlySet<HolderId>,
): boolean {
  if (entry.kind === 'content') {
    return parents.some((head) => head.id === entry.epoch && maySealParent(past, head, entitled))
  }
  const { archive } = entry
  const isSuperseded = archive !== current && parents.some((head) => head.archive === archive)
  return isSuperseded && mayPassArchive(past, archive, entitled)
}

/**
 * Whether an archive's key goes to all of these. Its id is in the roster, and whoever reads it there can date back an epoch that
 * names it and them: so it goes only to those for whom every epoch with it was.
 */
export function mayPassArchive(
  past: RosterState,
  archive: ArchiveId,
  entitled: ReadonlySet<HolderId>,
): boolean {
  const others = [...past.epochs.values()].filter((epoch) => epoch.archive === archive)
  return others.every((epoch) => maySealParent(past, epoch, entitled))
}

/** Epochs that no other follows, in the order of their ids. */
export function headsOf(state: RosterState, space: SpaceId | null = null): EpochInfo[] {
  return state.epochHeads.flatMap((id) => state.epochs.get(id) ?? []).filter((head) => head.space === space)
}

/** Those of the heads that a rotation follows. */
export function parentsOf(part: Pick<RotationPart, 'parents'>, heads: readonly EpochInfo[]): EpochInfo[] {
  const named = new Set(part.parents.map(({ epoch }) => epoch))
  return heads.filter(({ id }) => named.has(id))
}

export function isSubset<T>(some: ReadonlySet<T>, all: ReadonlySet<T>): boolean {
  if (some === all) return true
  if (some.size > all.size) return false
  for (const item of some) if (!all.has(item)) return false
  return true
}
