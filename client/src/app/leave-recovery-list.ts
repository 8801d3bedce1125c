import { keyToPeerId, limits } from '@clique/relay/protocol'
import type { RelaySession } from '../network/relay-session.ts'
import { publishRecoveryList } from '../security/recovery-list.ts'
import type { Store } from '../storage/store.ts'

/** Brings the person's sealed list of cliques to a relay that has just let this device in. */
export async function leaveRecoveryList(store: Store, session: RelaySession): Promise<void> {
  await publishRecoveryList(store, keyToPeerId(session.facts.relay), Date.now(), async (box, sealed) => {
    await session.openMailbox(box, 'recovery')
    await session.append(box.mailbox, [sealed], session.relayNow + limits.keepRecovery)
    await session.closeMailbox(box.mailbox)
  })
}
