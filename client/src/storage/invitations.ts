import type { CliqueId, InviteId } from '@clique/crypto'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

const invitationContext = (clique: CliqueId, invite: InviteId) => `invitations/${clique}/${invite}`

/** What this device keeps of an invitation that it made, so that its link can be shown again. */
export interface MadeInvitation {
  readonly invite: InviteId
  readonly secret: Uint8Array
}

export async function readInvitations(store: Store, clique: CliqueId): Promise<MadeInvitation[]> {
  const rows = await guarded(
    store.db.invitations.where('[clique+invite]').between([clique, ''], [clique, '\uffff']).toArray(),
  )
  return Promise.all(
    rows.map(async ({ invite, sealed }) => ({
      invite,
      secret: await store.vault.open(invitationContext(clique, invite), sealed),
    })),
  )
}

export async function saveInvitation(
  store: Store,
  clique: CliqueId,
  { invite, secret }: MadeInvitation,
): Promise<void> {
  const sealed = await store.vault.seal(invitationContext(clique, invite), secret)
  await guarded(store.db.invitations.put({ clique, invite, sealed }))
  store.changes.announce({ kind: 'invitations', clique })
}

/** An invitation that is used up, revoked or closed has a secret no more. */
export async function deleteInvitation(store: Store, clique: CliqueId, invite: InviteId): Promise<void> {
  await guarded(store.db.invitations.delete([clique, invite]))
  store.changes.announce({ kind: 'invitations', clique })
}
