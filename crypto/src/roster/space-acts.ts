import { openOrNull, sealBytes } from '../aead.ts'
import { concat, utf8ToBytes, bytesToUtf8 } from '../bytes.ts'
import type { HeldRecords } from '../epochs/cuts.ts'
import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import type { MemberId, SpaceId } from '../ids.ts'
import { labelToBytes } from '../label-bytes.ts'
import { labels } from '../labels.ts'
import { pad, unpad } from '../padding.ts'
import type { Random } from '../platform.ts'
import { actWithRotation, actWithoutRotation } from './act.ts'
import type { Act } from './act.ts'
import { actorOf } from './acts.ts'
import type { DeviceKeys } from './acts.ts'
import { readName } from './body-readers.ts'
import type { CliqueLog } from './log.ts'
import type { OperationBody } from './operation.ts'
import { isLeaving, spaceIdOf } from './spaces.ts'
import { sortedIds } from './sorted-ids.ts'

/**
 * Makes a space: for everyone, or for the author and `members`, who then have keys of their own. `title`: 1 to 64
 * characters. @throws CliqueError `not-allowed`, `too-many-spaces`, `member-unknown`, `member-out`, `no-safe-epoch`
 */
export async function createSpace(
  log: CliqueLog,
  me: DeviceKeys,
  space: {
    readonly kind: 'channel'
    readonly title: string
    readonly members: 'everyone' | readonly MemberId[]
  },
  { random }: { random: Random },
): Promise<Act & { readonly space: SpaceId }> {
  const { kind, title } = space
  readName(title, 1)
  const own = log.state.devices.get(me.id)?.member
  const members =
    space.members === 'everyone' ? null : sortedIds(new Set(space.members)).filter((id) => id !== own)
  const actor = actorOf(log, me)
  const naming = { kind, salt: random(16), members }
  const id = spaceIdOf(actor.header, naming)
  const body = { type: 'create-space', space: id, ...naming, title } as const
  if (members === null) {
    return { ...(await actWithoutRotation(log, actor, { ...body, rotation: null }, { random })), space: id }
  }
  const act = await actWithRotation(
    log,
    actor,
    body,
    (rotation, { controlKey }): OperationBody => {
      const sealed = sealBytes(controlKey, pad(utf8ToBytes(title)), titleContext(id), random)
      return { ...body, title: sealed, rotation }
    },
    { random, space: id },
  )
  return { ...act, space: id }
}

/**
 * Changes who is in a space with a smaller audience, and begins an epoch of it for them. Who leaves begins none.
 * @throws CliqueError `space-unknown`, `not-allowed`, `audience-unchanged`, `member-out`, `no-safe-epoch`
 */
export function setAudience(
  log: CliqueLog,
  me: DeviceKeys,
  space: SpaceId,
  change: { readonly add?: readonly MemberId[]; readonly remove?: readonly MemberId[] },
  options: { readonly random: Random; readonly held?: HeldRecords },
): Promise<Act> {
  const [add, remove] = [sortedIds(new Set(change.add)), sortedIds(new Set(change.remove))]
  const body = { type: 'set-audience', space, add, remove } as const
  const own = log.state.devices.get(me.id)?.member
  const actor = actorOf(log, me)
  if (!log.state.spaces.has(space)) throw new CliqueError('space-unknown')
  if (own !== undefined && isLeaving(body, own)) {
    return actWithoutRotation(log, actor, { ...body, rotation: null }, options)
  }
  return actWithRotation(log, actor, body, (rotation) => ({ ...body, rotation }), { ...options, space })
}

/**
 * Empty for the conversation and the directory that a clique begins with, whose names are the app's. Null for a space that
 * there is not, and for one with a smaller audience whose keys this device does not hold.
 */
export function titleOf(log: CliqueLog, space: SpaceId): string | null {
  const found = log.state.spaces.get(space)
  if (found === undefined || found.audience === 'everyone') return found?.title ?? null
  const body = found.since === null ? undefined : log.operations.get(found.since)?.body
  if (body?.type !== 'create-space' || typeof body.title === 'string' || body.rotation === null) return null
  const controlKey = log.keyring.epochs.get(body.rotation.epoch)?.controlKey
  const padded = controlKey == null ? null : openOrNull(controlKey, body.title, titleContext(space))
  if (padded === null) return null
  try {
    return readName(bytesToUtf8(unpad(padded)), 1)
  } catch (error) {
    // Whoever made it sealed nonsense.
    if (error instanceof CliqueError) return null
    throw error
  }
}

function titleContext(space: SpaceId): Uint8Array {
  return concat(labelToBytes(labels.spaceTitle), idToBytes(space))
}
