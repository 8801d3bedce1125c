/** What invitations need of the security layer; fetched when somebody looks at them, not for the first paint. */
import { createInvitation } from '@clique/crypto'
import { deleteInvitation, readInvitations, saveInvitation } from '../storage/invitations.ts'
import type { MadeInvitation } from '../storage/invitations.ts'
import type { Store } from '../storage/store.ts'
import type { Actor } from './actor.ts'

export { encodeInvitation, openInvitations, revokeInvitation } from '@clique/crypto'

/**
 * Makes an invitation. Its link is kept before the roster names it, so that there is none in sight whose link nobody
 * has. Links of which the roster never heard, because the app was stopped in between, go with the next one.
 */
export async function makeInvitation(
  store: Store,
  actor: Pick<Actor, 'clique' | 'act'>,
  options: Parameters<typeof createInvitation>[2],
): Promise<MadeInvitation> {
  const { clique } = actor
  const act = await actor.act(async (log, keys) => {
    const act = await createInvitation(log, keys, options)
    for (const { invite } of await readInvitations(store, clique)) {
      if (!log.state.invitations.has(invite)) await deleteInvitation(store, clique, invite)
    }
    await saveInvitation(store, clique, toMade(act))
    return act
  })
  return toMade(act)
}

function toMade(act: Pick<MadeInvitation, 'invite' | 'secret' | 'package'>): MadeInvitation {
  return { invite: act.invite, secret: act.secret, package: act.package, isUploaded: false }
}
