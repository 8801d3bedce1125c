import { deriveInvitationKeys, isInvitationOpen, signerFromSeed } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { markInvitationUploaded, readInvitations } from '../storage/invitations.ts'
import { publishPackage } from './light-relay.ts'
import type { PackageDoor } from './light-relay.ts'

/**
 * Brings to a relay the packages of open invitations that none has confirmed: those made while no relay was there.
 * Word of an invitation that another tab made may come before word of its operation, so the roster is looked up first.
 * @throws CliqueError what the relay refused; what came before it is marked
 */
export async function publishWaitingPackages(
  session: Pick<CliqueSession, 'store' | 'clique' | 'catchUp' | 'log'>,
  relay: PackageDoor,
): Promise<void> {
  const { store, clique } = session
  const made = await readInvitations(store, clique)
  await session.catchUp()
  for (const { invite, secret, package: sealed, isUploaded } of made) {
    const known = session.log.state.invitations.get(invite)
    if (isUploaded || known === undefined || !isInvitationOpen(session.log.state, known)) continue
    const { mailbox, mailboxSeed } = await deriveInvitationKeys(secret)
    const box = { mailbox, signer: signerFromSeed(mailboxSeed) }
    await publishPackage(relay, box, sealed, known.expiresAt)
    await markInvitationUploaded(store, clique, invite)
  }
}
