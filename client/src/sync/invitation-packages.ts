import { deriveInvitationKeys, signerFromSeed } from '@clique/crypto'
import type { RosterState } from '@clique/crypto'
import { markInvitationUploaded, readInvitations } from '../storage/invitations.ts'
import type { Store } from '../storage/store.ts'
import { publishPackage } from './light-relay.ts'
import type { PackageDoor } from './light-relay.ts'

export interface Inviting {
  readonly store: Store
  readonly state: Pick<RosterState, 'clique' | 'invitations'>
}

/**
 * Brings to a relay the packages of open invitations that none has confirmed: those made while no relay was there.
 * @throws CliqueError what the relay refused; what came before it is marked
 */
export async function publishWaitingPackages(
  { store, state }: Inviting,
  session: PackageDoor,
): Promise<void> {
  for (const { invite, secret, package: sealed, isUploaded } of await readInvitations(store, state.clique)) {
    const known = state.invitations.get(invite)
    if (isUploaded || known === undefined || known.status !== 'open') continue
    const { mailbox, mailboxSeed } = await deriveInvitationKeys(secret)
    const box = { mailbox, signer: signerFromSeed(mailboxSeed) }
    await publishPackage(session, box, sealed, known.expiresAt)
    await markInvitationUploaded(store, state.clique, invite)
  }
}
