/** What invitations need of the security layer; fetched when somebody looks at them, not for the first paint. */
import { createInvitation, isAdmin, revokeInvitation } from '@clique/crypto'
import type { InviteId, Random } from '@clique/crypto'
import { relayToTell } from '../storage/admin-keys.ts'
import { deleteInvitation, readInvitations, saveInvitation } from '../storage/invitations.ts'
import type { MadeInvitation } from '../storage/invitations.ts'
import type { Store } from '../storage/store.ts'
import type { Actor } from './actor.ts'

export { encodeInvitation, openInvitations } from '@clique/crypto'

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

/** Takes a link back, and with it the relay capability that it gives, where this device can tell the relay. */
export async function takeBack(store: Store, actor: Actor, id: InviteId, random: Random): Promise<void> {
  await actor.act(async (log, keys) => {
    const { members, relays } = log.state
    const role = members.get(actor.me)?.role
    const mayTell = role !== undefined && isAdmin(role)
    const renewCapability = mayTell && (await relayToTell(store, actor.clique, relays)) !== null
    return revokeInvitation(log, keys, id, { random, renewCapability })
  })
}

function toMade(act: Pick<MadeInvitation, 'invite' | 'secret' | 'package'>): MadeInvitation {
  return { invite: act.invite, secret: act.secret, package: act.package, isUploaded: false }
}
