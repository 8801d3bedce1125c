import { CliqueError } from '@clique/crypto'
import type { CliqueId, DeviceId, MemberId, SignerSecret, SpaceId } from '@clique/crypto'
import type { SecretRow } from './database.ts'
import { putItems } from './items.ts'
import type { StoredItem } from './items.ts'
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

export interface NewClique {
  readonly profile: CliqueProfile
  /** Of the device's signing key. */
  readonly signer: SignerSecret
  readonly secrets: Readonly<Partial<Record<SecretName, Uint8Array>>>
  /** Items that came from a relay. */
  readonly items: readonly StoredItem[]
  /** Items that were made here and that no relay holds yet. */
  readonly unsent: readonly StoredItem[]
  readonly keyring: Uint8Array
}

const profileContext = (clique: CliqueId) => `cliques/${clique}`
export const secretContext = (clique: CliqueId, name: string) => `secrets/${clique}/${name}`
/** Name of the row that holds the signing key: see signer.ts, which needs more of the security layer. */
export const signName = 'sign'

/** A clique with its keys, items and keyring, in one commit: it is there whole, or not at all. */
export async function saveNewClique(store: Store, made: NewClique): Promise<void> {
  const { db, vault } = store
  const { clique } = made.profile
  const profile = await vault.sealJson(profileContext(clique), made.profile)
  const keyring = await vault.seal(`keyrings/${clique}`, made.keyring)
  const secrets = await Promise.all(
    Object.entries(made.secrets).map(([name, bytes]) => sealSecret(store, clique, name, bytes)),
  )
  secrets.push(await signerRow(store, clique, made.signer))
  await transact(store, [db.cliques, db.keyrings, db.secrets, db.items], async () => {
    await db.cliques.put({ clique, sealed: profile })
    await db.keyrings.put({ clique, sealed: keyring })
    await db.secrets.bulkPut(secrets)
    await putItems(store, clique, made.items, true)
    await putItems(store, clique, made.unsent, false)
  })
  store.changes.announce({ kind: 'cliques' })
}

/** The cliques of this profile, the one joined first first. */
export async function readCliques(store: Store): Promise<CliqueProfile[]> {
  const rows = await guarded(store.db.cliques.toArray())
  const profiles = await Promise.all(
    rows.map(({ clique, sealed }) => store.vault.openJson<CliqueProfile>(profileContext(clique), sealed)),
  )
  return profiles.toSorted((a, b) => a.since - b.since)
}

/** @throws CliqueError `clique-unknown` */
export async function readClique(store: Store, clique: CliqueId): Promise<CliqueProfile> {
  const row = await guarded(store.db.cliques.get(clique))
  if (row === undefined) throw new CliqueError('clique-unknown')
  return store.vault.openJson<CliqueProfile>(profileContext(clique), row.sealed)
}

export async function saveClique(store: Store, profile: CliqueProfile): Promise<void> {
  const { clique } = profile
  const sealed = await store.vault.sealJson(profileContext(clique), profile)
  await guarded(store.db.cliques.put({ clique, sealed }))
  store.changes.announce({ kind: 'cliques' })
}

export async function readSecret(
  store: Store,
  clique: CliqueId,
  name: SecretName,
): Promise<Uint8Array | null> {
  const row = await guarded(store.db.secrets.get([clique, name]))
  return row?.sealed === undefined ? null : store.vault.open(secretContext(clique, name), row.sealed)
}

export async function saveSecret(
  store: Store,
  clique: CliqueId,
  name: SecretName,
  bytes: Uint8Array,
): Promise<void> {
  await guarded(store.db.secrets.put(await sealSecret(store, clique, name, bytes)))
}

async function sealSecret(
  store: Store,
  clique: CliqueId,
  name: string,
  bytes: Uint8Array,
): Promise<SecretRow> {
  return { clique, name, sealed: await store.vault.seal(secretContext(clique, name), bytes) }
}

async function signerRow(store: Store, clique: CliqueId, secret: SignerSecret): Promise<SecretRow> {
  if (secret.kind === 'key-pair') return { clique, name: signName, pair: secret.pair }
  return sealSecret(store, clique, signName, secret.seed)
}
