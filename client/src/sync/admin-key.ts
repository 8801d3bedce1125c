import { signerFromSeed } from '@clique/crypto'
import type { CliqueId, Signer } from '@clique/crypto'
import { readClique, readSecret } from '../storage/cliques.ts'
import type { Store } from '../storage/store.ts'

/**
 * The key by which this device may tell a relay what is in force there: of the device that registered the clique at it.
 * Null for every other device, and for every other relay (`peer`: its PeerId) than that one.
 */
export async function readAdminKey(store: Store, clique: CliqueId, peer?: string): Promise<Signer | null> {
  const profile = await readClique(store, clique)
  if (profile.registration !== null || (peer !== undefined && profile.relays[0]?.peer !== peer)) return null
  const seed = await readSecret(store, clique, 'admin')
  return seed === null ? null : signerFromSeed(seed)
}
