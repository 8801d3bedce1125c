import { decodeItem } from '../epochs/control-item.ts'
import { openNotice } from '../epochs/wraps.ts'
import { CliqueError } from '../errors.ts'
import type { Random } from '../platform.ts'
import { actWithRotation, parentsFor } from '../roster/act.ts'
import type { Act } from '../roster/act.ts'
import { introduce } from '../roster/acts.ts'
import type { DeviceKeys, MemberRoot, RecoverySlot } from '../roster/acts.ts'
import { invitationEnd } from '../roster/judge.ts'
import { startLog } from '../roster/log.ts'
import type { CliqueLog } from '../roster/log.ts'
import { receiveItems } from '../roster/receive.ts'
import type { Intake } from '../roster/receive.ts'
import { isOpen } from '../roster/standing.ts'
import { signerFromSeed } from '../signature.ts'
import type { InvitationPreview, OpenedPackage } from './invitation-package.ts'
import { isSamePreview, previewAtStart, previewOf } from './preview.ts'

export interface Joined extends Act {
  /** What was read and accepted before, in causal order, to be kept beside the new item. */
  readonly kept: Intake['accepted']
}

/**
 * Folds what lies in the control mailbox, checks that the invitation still holds, and joins. `now`: milliseconds
 * since 1970.
 * @throws CliqueError `invite-wrong-clique`, `invite-unknown`, `invite-used`, `invite-revoked`, `invite-closed`,
 * `invite-expired`, `invite-preview-untrue`
 */
export async function joinClique(options: {
  package: OpenedPackage
  items: Iterable<Uint8Array>
  memberName: string
  device: DeviceKeys
  root: MemberRoot
  recovery: RecoverySlot
  now: number
  random: Random
}): Promise<Joined> {
  const { package: opened, device, root, now, random } = options
  const { keys } = opened
  const intake = await receiveItems(startLog(opened.clique), options.items, [keys.kem])
  await checkInvitation(intake, opened, now)
  const { log } = intake
  const body = { type: 'join', newcomer: await introduce(options) } as const
  const header = {
    clique: opened.clique,
    author: { kind: 'invitation', id: keys.invite },
    sequence: null,
    previous: null,
    parents: parentsFor(log, log.state.invitations.get(keys.invite)?.operation ?? null),
  } as const
  const act = await actWithRotation(
    log,
    { header, signers: [keys.signer, device.signer, signerFromSeed(root.seed)] },
    body,
    (rotation) => ({ ...body, rotation }),
    { random },
  )
  return { ...act, kept: intake.accepted }
}

/**
 * The same check without joining. Returns what the roster says of the invitation today, to be shown; a package that said
 * anything else when the invitation was made is refused. @throws CliqueError as `joinClique`
 */
export async function checkInvitation(
  intake: Intake,
  opened: OpenedPackage,
  now: number,
): Promise<InvitationPreview> {
  const { log } = intake
  const notice = await findNotice(log, opened)
  if (notice !== null) throw new CliqueError(notice)
  const invitation = log.state.invitations.get(opened.keys.invite)
  if (invitation === undefined) {
    const elsewhere = intake.refused.some(({ code }) => code === 'operation-wrong-clique')
    throw new CliqueError(elsewhere ? 'invite-wrong-clique' : 'invite-unknown')
  }
  if (invitation.status !== 'open') throw new CliqueError(invitationEnd[invitation.status])
  if (!isOpen(log.state, invitation)) throw new CliqueError('invite-revoked')
  if (now > invitation.expiresAt) throw new CliqueError('invite-expired')
  const { invite } = opened.keys
  const [today, atStart] = [previewOf(log.state, invite), previewAtStart(log, invite)]
  if (today === null || atStart === null || !isSamePreview(opened.preview, atStart)) {
    throw new CliqueError('invite-preview-untrue')
  }
  return today
}

/** Once an invitation has ended its keys open nothing more; the rotation that dropped it leaves word. */
async function findNotice(
  log: CliqueLog,
  opened: OpenedPackage,
): Promise<'invite-used' | 'invite-revoked' | 'invite-closed' | null> {
  for (const bytes of log.waiting) {
    const { handout } = decodeItem(bytes)
    if (handout === null) continue
    const code = await openNotice(handout.epoch, handout.notices, opened.keys.kem)
    if (code !== null) return code
  }
  return null
}
