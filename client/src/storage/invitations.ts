import type { CliqueId, InviteId } from '@clique/crypto'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

const invitationContext = (clique: CliqueId, invite: InviteId) => `invitations/${clique}/${invite}`

/** What this device keeps of an invitation that it made, so that its link can be shown again. */
export interface MadeInvitation {
  readonly invite: InviteId
  /** 32 bytes: whoever has them can join. */
  readonly secret: Uint8Array
  /** What the newcomer fetches; sealed. */
  readonly package: Uint8Array
  /** Whether a relay holds the package: only then does the link work. */
  readonly isUploaded: boolean
}

export async function readInvitations(store: Store, clique: CliqueId): Promise<MadeInvitation[]> {
  const rows = await guarded(
    store.db.invitations.where('[clique+invite]').between([clique, ''], [clique, '\uffff']).toArray(),
  )
  return Promise.all(
    rows.map(async (row) => ({
      invite: row.invite,
      secret: await store.vault.open(invitationContext(clique, row.invite), row.sealed),
      package: row.package,
      isUploaded: row.uploaded === 1,
    })),
  )
}

export async function saveInvitation(store: Store, clique: CliqueId, made: MadeInvitation): Promise<void> {
  const { invite, secret } = made
  const sealed = await store.vault.seal(invitationContext(clique, invite), secret)
  const uploaded = made.isUploaded ? 1 : 0
  await guarded(store.db.invitations.put({ clique, invite, sealed, package: made.package, uploaded }))
  store.changes.announce({ kind: 'invitations', clique })
}

/** A relay has confirmed that it holds the package. */
export async function markInvitationUploaded(
  store: Store,
  clique: CliqueId,
  invite: InviteId,
): Promise<void> {
  const { invitations } = store.db
  await transact(store, [invitations], async () => {
    const row = await invitations.get([clique, invite])
    if (row !== undefined) await invitations.put({ ...row, uploaded: 1 })
  })
  store.changes.announce({ kind: 'invitations', clique })
}

/** An invitation that is used up, revoked or closed has a secret no more. */
export async function deleteInvitation(store: Store, clique: CliqueId, invite: InviteId): Promise<void> {
  await guarded(store.db.invitations.delete([clique, invite]))
  store.changes.announce({ kind: 'invitations', clique })
}
