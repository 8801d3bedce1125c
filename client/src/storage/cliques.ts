import { CliqueError, equal } from '@clique/crypto'
import type { CliqueId, DeviceId, MemberId, SpaceId } from '@clique/crypto'
import type { SecretRow } from './database.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** A clique on this device, as its own sealed row tells it: enough for the list before the roster is folded. */
export interface CliqueProfile {
  readonly clique: CliqueId
  readonly member: MemberId
  readonly device: DeviceId
  /** libp2p PeerId of the device, as text. */
  readonly peer: string
  readonly name: string
  readonly accent: string
  readonly relays: readonly { readonly url: string; readonly peer: string }[]
  /** PeerId of a relay -> where it takes WebRTC, out of its signed policy or of the link that led here. */
  readonly webRtc?: Readonly<Record<string, string>>
  /** The clique's own conversation. */
  readonly conversation: SpaceId
  /** Milliseconds since 1970. */
  readonly since: number
  /** A registration at the relay that has not been answered yet is repeated until it is. */
  readonly registration: { readonly token: string } | null
  /** This device claimed the relay with this clique, and so may let further ones in. */
  readonly ownsRelay: boolean
}

/** Names of secrets of a clique, each sealed by itself. */
export type SecretName = 'kem' | 'net' | 'admin' | 'control'

export const profileContext = (clique: CliqueId) => `cliques/${clique}`
export const secretContext = (clique: CliqueId, name: string) => `secrets/${clique}/${name}`
/** Name of the row that holds the signing key: see signer.ts, which needs more of the security layer. */
export const signName = 'sign'

/** The cliques of this profile, the one joined first first. */
export async function readCliques(store: Store): Promise<CliqueProfile[]> {
  const rows = await guarded(store.db.cliques.toArray())
  const profiles = await Promise.all(
    rows.map(({ clique, sealed }) => store.vault.openJson<CliqueProfile>(profileContext(clique), sealed)),
  )
  return profiles.toSorted((a, b) => a.since - b.since)
}

export async function hasClique(store: Store, clique: CliqueId): Promise<boolean> {
  return (await guarded(store.db.cliques.where('clique').equals(clique).count())) > 0
}

/** @throws CliqueError `clique-unknown` */
export async function readClique(store: Store, clique: CliqueId): Promise<CliqueProfile> {
  const row = await guarded(store.db.cliques.get(clique))
  if (row === undefined) throw new CliqueError('clique-unknown')
  return store.vault.openJson<CliqueProfile>(profileContext(clique), row.sealed)
}

/**
 * Changes what is kept of a clique: where others changed it meanwhile, on top of that. Sealed outside of the transaction, as
 * that would not outlive it. `change` gives the same profile back where there is nothing to do.
 * @throws CliqueError `clique-unknown`
 */
export async function changeClique(
  store: Store,
  clique: CliqueId,
  change: (profile: CliqueProfile) => CliqueProfile,
): Promise<void> {
  const { cliques } = store.db
  for (;;) {
    const before = await guarded(cliques.get(clique))
    if (before === undefined) throw new CliqueError('clique-unknown')
    const context = profileContext(clique)
    const profile = await store.vault.openJson<CliqueProfile>(context, before.sealed)
    const changed = change(profile)
    if (changed === profile) return
    const sealed = await store.vault.sealJson(context, changed)
    const isSaved = await transact(store, [cliques], async () => {
      const now = await cliques.get(clique)
      if (now === undefined || !equal(now.sealed, before.sealed)) return false
      await cliques.put({ clique, sealed })
      return true
    })
    if (isSaved) return store.changes.announce({ kind: 'cliques' })
  }
}

export async function saveClique(store: Store, profile: CliqueProfile): Promise<void> {
  const { clique } = profile
  const sealed = await store.vault.sealJson(profileContext(clique), profile)
  await guarded(store.db.cliques.put({ clique, sealed }))
  store.changes.announce({ kind: 'cliques' })
}

/** Where a relay (by its PeerId) takes WebRTC, so that it is found again; null where it does not. */
export async function saveWebRtcPlace(
  store: Store,
  clique: CliqueId,
  relay: string,
  place: string | null,
): Promise<void> {
  await changeClique(store, clique, (profile) => {
    const { [relay]: known = null, ...others } = profile.webRtc ?? {}
    if (known === place) return profile
    return { ...profile, webRtc: place === null ? others : { ...others, [relay]: place } }
  })
}

export async function readSecret(
  store: Store,
  clique: CliqueId,
  name: SecretName | `${'admin' | 'notes'}@${string}`,
): Promise<Uint8Array | null> {
  const row = await guarded(store.db.secrets.get([clique, name]))
  return row?.sealed === undefined ? null : store.vault.open(secretContext(clique, name), row.sealed)
}

export async function sealSecret(
  store: Store,
  clique: CliqueId,
  name: string,
  bytes: Uint8Array,
): Promise<SecretRow> {
  return { clique, name, sealed: await store.vault.seal(secretContext(clique, name), bytes) }
}
