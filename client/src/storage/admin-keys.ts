import { signatureSeedSize } from '@clique/crypto'
import type { CliqueId } from '@clique/crypto'
import { readClique, readSecret, sealSecret } from './cliques.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** By which this device speaks as an admin to one relay. */
export interface AdminKey {
  /** 32 bytes. */
  readonly seed: Uint8Array
  /** The relay took it, when it was last asked. */
  readonly isKnown: boolean
}

const nameAt = (relay: string) => `admin@${relay}` as const

/** `relay`: its PeerId. Null where this device never had one there. */
export async function readAdminKey(store: Store, clique: CliqueId, relay: string): Promise<AdminKey | null> {
  const kept = await readSecret(store, clique, nameAt(relay))
  if (kept !== null) {
    return { seed: kept.slice(0, signatureSeedSize), isKnown: kept[signatureSeedSize] === 1 }
  }
  // The device that registered the clique there.
  const { registration, relays } = await readClique(store, clique)
  const seed = relays[0]?.peer === relay ? await readSecret(store, clique, 'admin') : null
  return seed === null ? null : { seed, isKnown: registration === null }
}

export async function saveAdminKey(
  store: Store,
  clique: CliqueId,
  relay: string,
  { seed, isKnown }: AdminKey,
): Promise<void> {
  const bytes = Uint8Array.of(...seed, isKnown ? 1 : 0)
  await guarded(store.db.secrets.put(await sealSecret(store, clique, nameAt(relay), bytes)))
  store.changes.announce({ kind: 'retired', clique })
}

const notesAt = (relay: string) => `notes@${relay}` as const

/** What is kept of other admins' notes there; see `AdminNotes`. */
export function readAdminNotes(store: Store, clique: CliqueId, relay: string): Promise<Uint8Array | null> {
  return readSecret(store, clique, notesAt(relay))
}

export async function saveAdminNotes(
  store: Store,
  clique: CliqueId,
  relay: string,
  bytes: Uint8Array,
): Promise<void> {
  await guarded(store.db.secrets.put(await sealSecret(store, clique, notesAt(relay), bytes)))
}

/** The first of these relays (PeerIds) that takes this device's word; null where none does. */
export async function relayToTell(
  store: Store,
  clique: CliqueId,
  relays: readonly { readonly peer: string }[],
): Promise<string | null> {
  for (const { peer } of relays) if ((await readAdminKey(store, clique, peer))?.isKnown === true) return peer
  return null
}
