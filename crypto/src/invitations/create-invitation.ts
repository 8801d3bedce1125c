import type { InviteId } from '../ids.ts'
import { controlMailbox } from '../epochs/sending.ts'
import type { Random } from '../platform.ts'
import { actWithRotation } from '../roster/act.ts'
import type { Act } from '../roster/act.ts'
import { actorOf } from '../roster/acts.ts'
import type { DeviceKeys } from '../roster/acts.ts'
import type { CliqueLog } from '../roster/log.ts'
import type { Role } from '../roster/roles.ts'
import { deriveInvitationKeys, invitationSecretSize } from './invitation-keys.ts'
import { sealPackage } from './invitation-package.ts'
import { previewAtStart } from './preview.ts'

export interface MadeInvitation extends Act {
  readonly invite: InviteId
  /** 32 bytes, for the link. */
  readonly secret: Uint8Array
  /** Sealed, for the invitation mailbox. */
  readonly package: Uint8Array
  /** Ed25519 seed of the invitation mailbox. */
  readonly mailboxSeed: Uint8Array
}

/**
 * An invitation that opens for whoever has its link, while everybody else sleeps.
 * `uses` from 1 to 150; `expiresAt` in milliseconds since 1970. @throws CliqueError `not-allowed`
 */
export async function createInvitation(
  log: CliqueLog,
  me: DeviceKeys,
  options: { role: Role; uses: number; expiresAt: number; label?: string; random: Random },
): Promise<MadeInvitation> {
  const { role, uses, expiresAt, random } = options
  const secret = random(invitationSecretSize)
  const keys = await deriveInvitationKeys(secret)
  const body = {
    type: 'invite',
    invite: keys.invite,
    kem: keys.kem.publicKey,
    mailboxKey: keys.mailboxKey,
    role,
    uses,
    expiresAt,
    label: options.label ?? '',
  } as const
  const actor = actorOf(log, me)
  const act = await actWithRotation(
    log,
    { ...actor, signers: [...actor.signers, keys.signer] },
    body,
    (rotation) => ({ ...body, rotation }),
    { random },
  )
  const preview = previewAtStart(act.log, keys.invite)
  if (preview === null) throw new Error('an invitation that was just made is there')
  const contents = {
    clique: log.clique,
    preview,
    relays: act.log.state.relays,
    controlMailboxSeed: controlMailbox(act.log).keyPair.seed,
  }
  return {
    ...act,
    invite: keys.invite,
    secret,
    package: sealPackage(keys, contents, random),
    mailboxSeed: keys.mailboxSeed,
  }
}
