import { bytesToUtf8, generateVaultKey, openFromVault, sealForVault, utf8ToBytes } from '@clique/crypto'
import type { WebCryptoKey } from '@clique/crypto'
import type { CliqueDatabase } from './database.ts'

/**
 * Seals what this profile keeps. The context says where a value rests (table and key), so that a sealed row moved
 * to another place does not open there.
 */
export interface Vault {
  seal(context: string, bytes: Uint8Array): Promise<Uint8Array>
  /** @throws CliqueError `vault-open` */
  open(context: string, sealed: Uint8Array): Promise<Uint8Array>
  sealJson(context: string, value: unknown): Promise<Uint8Array>
  /** The caller names the type: only this profile could have sealed the value. @throws CliqueError `vault-open` */
  openJson<T>(context: string, sealed: Uint8Array): Promise<T>
}

const vaultKeyName = 'vault'

/**
 * The profile's vault. Its key is made at the first start and cannot be extracted; whoever copies the whole
 * profile can still use it.
 */
export async function openVault(db: CliqueDatabase): Promise<Vault> {
  const kept = await db.meta.get(vaultKeyName)
  if (kept !== undefined) return vaultOf(kept.value as WebCryptoKey)
  const made = await generateVaultKey()
  // Two tabs may start at once: the first key that is written is everybody's.
  const key = await db.transaction('rw', db.meta, async () => {
    const other = await db.meta.get(vaultKeyName)
    if (other !== undefined) return other.value as WebCryptoKey
    await db.meta.put({ key: vaultKeyName, value: made })
    return made
  })
  return vaultOf(key)
}

function vaultOf(key: WebCryptoKey): Vault {
  const seal = (context: string, bytes: Uint8Array) => sealForVault(key, context, bytes)
  const open = (context: string, sealed: Uint8Array) => openFromVault(key, context, sealed)
  return {
    seal,
    open,
    sealJson: (context, value) => seal(context, utf8ToBytes(JSON.stringify(value))),
    openJson: async <T>(context: string, sealed: Uint8Array) =>
      JSON.parse(bytesToUtf8(await open(context, sealed))) as T,
  }
}
