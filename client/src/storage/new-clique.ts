import type { CliqueId, SignerSecret } from '@clique/crypto'
import { profileContext, sealSecret, signName } from './cliques.ts'
import type { CliqueProfile, SecretName } from './cliques.ts'
import type { MetaRow, SecretRow } from './database.ts'
import { keyringContext, putItems } from './items.ts'
import type { StoredItem } from './items.ts'
import { transact } from './store.ts'
import type { Store } from './store.ts'

export interface NewClique {
  readonly profile: CliqueProfile
  /** Of the device's signing key. */
  readonly signer: SignerSecret
  readonly secrets: Readonly<Partial<Record<SecretName, Uint8Array>>>
  /** A relay that has some of them says so when its mailbox is read. */
  readonly items: readonly StoredItem[]
  readonly keyring: Uint8Array
  /** The recovery kit, of which it has taken a slot. */
  readonly kit?: MetaRow
}

/** A clique with its keys, items, keyring and slot, in one commit: it is there whole, or not at all. */
export async function saveNewClique(store: Store, made: NewClique): Promise<void> {
  const { db, vault } = store
  const { clique } = made.profile
  const profile = await vault.sealJson(profileContext(clique), made.profile)
  const keyring = await vault.seal(keyringContext(clique), made.keyring)
  const secrets = await Promise.all(
    Object.entries(made.secrets).map(([name, bytes]) => sealSecret(store, clique, name, bytes)),
  )
  secrets.push(await signerRow(store, clique, made.signer))
  await transact(store, [db.cliques, db.keyrings, db.secrets, db.items, db.meta], async () => {
    if (made.kit !== undefined) await db.meta.put(made.kit)
    await db.cliques.put({ clique, sealed: profile })
    await db.keyrings.put({ clique, sealed: keyring })
    await db.secrets.bulkPut(secrets)
    await putItems(store, clique, made.items)
  })
  store.changes.announce({ kind: 'cliques' })
}

async function signerRow(store: Store, clique: CliqueId, secret: SignerSecret): Promise<SecretRow> {
  if (secret.kind === 'key-pair') return { clique, name: signName, pair: secret.pair }
  return sealSecret(store, clique, signName, secret.seed)
}
