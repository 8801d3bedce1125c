import { fromHex } from '../bytes.ts'
import { CliqueError } from '../errors.ts'
import type { SpaceId } from '../ids.ts'
import { deriveEpochKeys, epochSecretSize, termsOf } from '../key-schedule.ts'
import type { EpochKeys } from '../key-schedule.ts'
import type { Random } from '../platform.ts'
import type { RosterGraph } from '../roster/graph.ts'
import { isOpen, openInvitations } from '../roster/standing.ts'
import type { EpochInfo, RosterState } from '../roster/state.ts'
import { archiveIdOf, chooseArchiveKey, makeArchive } from './archive.ts'
import { capabilitiesInForce, headsOf } from './check-rotation.ts'
import type { Keyring } from './keyring.ts'
import { makeLink } from './links.ts'
import { entitledRecipients } from './recipients.ts'
import type { Entitled } from './recipients.ts'
import { maxEpochHeads } from './rotation-codec.ts'
import type { Capability, ContentCut, RotationPart, Wrap } from './rotation.ts'
import { makeNotices, makeWraps, rootOfWraps } from './wraps.ts'
import type { NoticeCode } from './wraps.ts'

export interface MadeRotation {
  readonly part: RotationPart
  readonly wraps: readonly Wrap[]
  readonly notices: readonly Wrap[]
  readonly secret: Uint8Array
  readonly keys: EpochKeys
}

/**
 * A new epoch for exactly those who are entitled `after` the operation that carries it, leading back to every epoch
 * that nothing followed in its `past`; of a space, to those that the author holds. @throws CliqueError `epoch-not-held`
 */
export async function makeRotation(options: RotationOptions): Promise<MadeRotation> {
  const { past, after, space = null } = options
  const { part, secret, keys, recipients } = beginEpoch(options)
  const wraps = await makeWraps(keys.epoch, secret, recipients)
  const dropped = space === null ? droppedInvitations(past, after) : []
  const notices = await makeNotices(keys.epoch, dropped)
  return { part: { ...part, wrapsRoot: rootOfWraps(wraps) }, wraps, notices, secret, keys }
}

interface RotationOptions {
  past: RosterState
  after: RosterState
  /** Of a space with a smaller audience; else of the clique. */
  space?: SpaceId | null
  graph: RosterGraph
  keyring: Keyring
  renewCapability: boolean
  cuts?: readonly ContentCut[]
  random: Random
  /** Otherwise than `deriveEpochKeys`, for tests in which nobody signs. */
  derive?: typeof deriveEpochKeys
}

/** All of a rotation but the wraps, whose root is left empty. @throws CliqueError `epoch-not-held` */
export function beginEpoch(
  options: RotationOptions,
): Pick<MadeRotation, 'part' | 'secret' | 'keys'> & { readonly recipients: Entitled['recipients'] } {
  const { past, after, space = null, graph, keyring, random, derive = deriveEpochKeys } = options
  const secret = random(epochSecretSize)
  const archiveKey = chooseArchiveKey({ past, after, space }, keyring, random)
  const { recipients, hash } = entitledRecipients(after, space)
  const terms = { archive: fromHex(archiveIdOf(archiveKey, space)), recipients: hash }
  const keys = derive(secret, termsOf(secret, terms), space)
  const followed = headsToFollow(past, space, keyring)
  const parents = followed.map(({ head }) => head)
  const part: RotationPart = {
    space,
    epoch: keys.epoch,
    commitments: keys.commitments,
    wrapsRoot: new Uint8Array(32),
    recipientCount: recipients.length,
    recipientsHash: hash,
    parents: followed.map(({ head, controlKey }) => makeLink(head, controlKey, keys, random)),
    archive: makeArchive(keys, archiveKey, { past, after, space }, parents, keyring, random),
    capability: space === null ? chooseCapability(past, graph, options.renewCapability, random) : null,
    cuts: options.cuts ?? [],
    stateHash: past.members.size === 0 ? new Uint8Array(32) : fromHex(past.hash),
  }
  return { part, secret, keys, recipients }
}

/**
 * Of a space not more than fit, those that count first: the rest stay, and a later rotation takes them.
 * @throws CliqueError `epoch-not-held`
 */
function headsToFollow(
  past: RosterState,
  space: SpaceId | null,
  keyring: Keyring,
): { head: EpochInfo; controlKey: Uint8Array }[] {
  const found = headsOf(past, space).flatMap((head) => {
    const controlKey = keyring.epochs.get(head.id)?.controlKey
    if (controlKey != null) return [{ head, controlKey }]
    if (space === null) throw new CliqueError('epoch-not-held')
    return []
  })
  if (space === null || found.length <= maxEpochHeads) return found
  const first = new Set(
    found.toSorted((a, b) => Number(b.head.counts) - Number(a.head.counts)).slice(0, maxEpochHeads),
  )
  return found.filter((one) => first.has(one))
}

function droppedInvitations(past: RosterState, after: RosterState): { kem: Uint8Array; code: NoticeCode }[] {
  return openInvitations(past).flatMap(({ id, kem }) => {
    const ended = after.invitations.get(id)
    if (ended !== undefined && isOpen(after, ended)) return []
    // One that nobody ended is dropped because somebody who knows its keys was removed.
    const status = ended === undefined || ended.status === 'open' ? 'revoked' : ended.status
    return [{ kem, code: `invite-${status}` as const }]
  })
}

function chooseCapability(past: RosterState, graph: RosterGraph, renew: boolean, random: Random): Capability {
  const [inForce] = capabilitiesInForce(past, (epoch) => graph.capabilityOf(epoch))
  if (inForce !== undefined && !renew) return inForce
  return { generation: (inForce?.generation ?? 0) + 1, seed: random(32) }
}
