import { fromHex } from '../bytes.ts'
import { CliqueError } from '../errors.ts'
import { deriveEpochKeys, epochSecretSize } from '../key-schedule.ts'
import type { EpochKeys } from '../key-schedule.ts'
import type { Random } from '../platform.ts'
import type { RosterGraph } from '../roster/graph.ts'
import { isOpen, openInvitations } from '../roster/standing.ts'
import type { RosterState } from '../roster/state.ts'
import { makeArchive } from './archive.ts'
import { capabilitiesInForce, headsOf } from './check-rotation.ts'
import type { Keyring } from './keyring.ts'
import { entitledRecipients } from './recipients.ts'
import type { Capability, ContentCut, ControlLink, RotationPart, Wrap } from './rotation.ts'
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
 * that nothing followed in its `past`. @throws CliqueError `epoch-not-held`
 */
export async function makeRotation(options: {
  past: RosterState
  after: RosterState
  graph: RosterGraph
  keyring: Keyring
  renewCapability: boolean
  cuts?: readonly ContentCut[]
  random: Random
}): Promise<MadeRotation> {
  const { past, graph, keyring, random } = options
  const secret = random(epochSecretSize)
  const keys = deriveEpochKeys(secret)
  const entitled = entitledRecipients(options.after)
  const wraps = await makeWraps(keys.epoch, secret, entitled.recipients)
  const parents = headsOf(past).map((head): ControlLink => {
    const controlKey = keyring.epochs.get(head.id)?.controlKey
    if (controlKey == null) throw new CliqueError('epoch-not-held')
    return { epoch: head.id, controlKey, contentCommitment: head.commitments.content }
  })
  const part: RotationPart = {
    space: null,
    epoch: keys.epoch,
    commitments: keys.commitments,
    wrapsRoot: rootOfWraps(wraps),
    recipientCount: entitled.recipients.length,
    recipientsHash: entitled.hash,
    parents,
    archive: makeArchive(secret, past, options.after, keyring, random),
    capability: chooseCapability(past, graph, options.renewCapability, random),
    cuts: options.cuts ?? [],
    stateHash: past.members.size === 0 ? new Uint8Array(32) : fromHex(past.hash),
  }
  const notices = await makeNotices(keys.epoch, droppedInvitations(past, options.after))
  return { part, wraps, notices, secret, keys }
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
  const [inForce] = capabilitiesInForce(headsOf(past), (epoch) => graph.capabilityOf(epoch))
  if (inForce !== undefined && !renew) return inForce
  return { generation: (inForce?.generation ?? 0) + 1, seed: random(32) }
}
