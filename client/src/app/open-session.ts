import { CliqueError, safeEpoch, signerFromSeed } from '@clique/crypto'
import type { CliqueId, CliqueLog, EpochId, SpaceId } from '@clique/crypto'
import { CliqueSession } from '../documents/clique-session.ts'
import { withCliqueLock } from '../documents/write-lock.ts'
import type { RelayDoor, RelayPlace } from '../security/relay-door.ts'
import { readClique, readSecret } from '../storage/cliques.ts'
import { deleteClique } from '../storage/delete-clique.ts'
import type { Store } from '../storage/store.ts'

/** Yjs and the security layer come with this file, after the first paint. */
export function openSession(store: Store, clique: CliqueId): Promise<CliqueSession> {
  return CliqueSession.open(store, clique)
}

/** The epoch under which this device sends now, if there is one. */
export function epochOf(log: CliqueLog): EpochId | null {
  return safeEpoch(log)
}

/** As the relay's owner: a link that lets one more clique in. @throws CliqueError `clique-keys-missing`, `relay-...` */
export async function allowClique(
  store: Store,
  door: RelayDoor,
  clique: CliqueId,
  relay: RelayPlace,
): Promise<string> {
  const seed = await readSecret(store, clique, 'admin')
  if (seed === null) throw new CliqueError('clique-keys-missing')
  const { webRtc } = await readClique(store, clique)
  const place = relay.url.startsWith('https:') ? undefined : webRtc?.[relay.peer]
  const known = place === undefined ? relay : { ...relay, webRtc: place }
  const token = await door.allow(known, signerFromSeed(seed))
  const link = `${location.origin}/#allow=${token}&relay=${encodeURIComponent(relay.url)}`
  return place === undefined ? link : `${link}&peer=${relay.peer}&webrtc=${place}`
}

/** Nobody of this device writes in the clique meanwhile. @throws CliqueError `storage-failed` */
export function forgetClique(store: Store, clique: CliqueId, spaces: Iterable<SpaceId>): Promise<void> {
  return withCliqueLock(store.name, clique, () => deleteClique(store, clique, spaces))
}
