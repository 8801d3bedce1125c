import { openOrNull, sealBytes } from '../aead.ts'
import { concat } from '../bytes.ts'
import { idToBytes } from '../ids.ts'
import type { EpochId, SpaceId } from '../ids.ts'
import { commitToControlKey, epochIdOf } from '../key-schedule.ts'
import type { EpochKeys } from '../key-schedule.ts'
import { labelToBytes } from '../label-bytes.ts'
import { labels } from '../labels.ts'
import type { Random } from '../platform.ts'
import type { EpochInfo } from '../roster/state.ts'
import type { KeyringDraft } from './keyring.ts'
import type { ControlLink, RotationPart } from './rotation.ts'

/** The way back to an epoch. What is said of a space's is sealed, as everybody in the clique reads the operation. */
export function makeLink(
  head: Pick<EpochInfo, 'id' | 'space' | 'commitments'>,
  controlKey: Uint8Array,
  keys: Pick<EpochKeys, 'controlKey'>,
  random: Random,
): ControlLink {
  const shown =
    head.space === null ? controlKey : sealBytes(keys.controlKey, controlKey, contextOf(head.id), random)
  const { content, signingKey, terms } = head.commitments
  const rest = { contentCommitment: content, signingKey, terms }
  return { epoch: head.id, controlKey: shown, ...rest }
}

/** Learns the control keys before, each believed because the epoch's id commits to it. True when one was new. */
export function learnLinks(
  part: Pick<RotationPart, 'epoch' | 'parents'>,
  space: SpaceId,
  keyring: KeyringDraft,
): boolean {
  const own = keyring.get(part.epoch)?.controlKey
  if (own == null) return false
  let learned = false
  for (const link of part.parents) {
    const { epoch } = link
    if (keyring.get(epoch)?.controlKey != null) continue
    const controlKey = openOrNull(own, link.controlKey, contextOf(epoch))
    if (controlKey === null || !isOfEpoch(link, controlKey, space)) continue
    keyring.addControlKey(epoch, controlKey, space)
    learned = true
  }
  return learned
}

/** Whether the id of the epoch that a link leads to commits to this control key. */
export function isOfEpoch(
  { epoch, contentCommitment, signingKey, terms }: ControlLink,
  controlKey: Uint8Array,
  space: SpaceId | null,
): boolean {
  const control = commitToControlKey(controlKey)
  const commitments = { control, content: contentCommitment, signingKey, terms }
  return epochIdOf(commitments, space) === epoch
}

function contextOf(epoch: EpochId): Uint8Array {
  return concat(labelToBytes(labels.controlLink), idToBytes(epoch))
}
