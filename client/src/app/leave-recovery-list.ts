import { isCliqueError } from '@clique/crypto'
import type { CliqueId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { Serial } from '../documents/serial.ts'
import type { RelaySession } from '../network/relay-session.ts'
import { publishRecoveryList } from '../security/recovery-list.ts'
import type { KeyedMailbox, RelayPlace } from '../security/relay-door.ts'
import type { Store } from '../storage/store.ts'
import { LightRelay } from '../sync/light-relay.ts'

/** One clique after the other: what the first has left, the next finds there. */
const turns = new Serial()

/** Brings the person's sealed list of cliques to a relay that has just let this device into one of them. */
export function leaveRecoveryList(
  store: Store,
  clique: CliqueId,
  session: RelaySession,
  relay: RelayPlace,
): Promise<void> {
  const place = { clique, relayPeer: relay.peer, now: Date.now() }
  return turns.run(() =>
    publishRecoveryList(store, place, async (box, sealed, mayBe) => {
      if (await addToList(relay, box, sealed)) return 'added'
      if (mayBe === 'missing') return 'missing'
      // The first clique here makes the mailbox: only members can.
      await session.openMailbox(box, 'recovery')
      await session.append(box.mailbox, [sealed], session.relayNow + limits.keepRecovery)
      await session.closeMailbox(box.mailbox)
      return 'made'
    }),
  )
}

/**
 * As nobody in particular: a session of another clique would tell the relay that one person is in both. False where
 * the mailbox is not there.
 */
async function addToList(relay: RelayPlace, box: KeyedMailbox, sealed: Uint8Array): Promise<boolean> {
  const light = await LightRelay.open([relay])
  try {
    await light.publishRecovery(box, sealed)
    return true
  } catch (error) {
    if (isCliqueError(error, 'relay-mailbox-unknown')) return false
    throw error
  } finally {
    await light.close()
  }
}
