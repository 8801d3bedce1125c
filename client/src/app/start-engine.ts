import { serveLive } from '../live/live-rooms.ts'
import { forgetLeftovers } from '../media/leftovers.ts'
import { settleChunks } from '../storage/settle-chunks.ts'
import type { Store } from '../storage/store.ts'
import { SyncEngine } from '../sync/engine.ts'
import { leaveRecoveryList } from './leave-recovery-list.ts'

/** Everything that talks to the outside. libp2p and all that comes with it load with this file, after the first paint. */
export function startEngine(store: Store): void {
  new SyncEngine({
    store,
    onSession: (clique, session, relay) => leaveRecoveryList(store, clique, session, relay),
    onClique: serveLive,
  })
  // Nothing waits for it: what it would have set right is set right at the next start.
  settleChunks(store)
    .then(() => forgetLeftovers(store))
    .catch(reportError)
}
