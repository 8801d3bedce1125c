import { CliqueError } from '@clique/crypto'
import { Dexie } from 'dexie'
import type { Table } from 'dexie'
import { Changes } from './changes.ts'
import { CliqueDatabase } from './database.ts'
import { openVault } from './vault.ts'
import type { Vault } from './vault.ts'

/** The storage of a browser profile. The functions beside this file take it as their first argument. */
export interface Store {
  /** For this folder alone. */
  readonly db: CliqueDatabase
  readonly name: string
  readonly vault: Vault
  readonly changes: Changes
  close(): void
}

/** @throws CliqueError `storage-failed` where the browser gives no database (some private windows). */
export async function openStore(name = 'clique'): Promise<Store> {
  const db = new CliqueDatabase(name)
  const changes = new Changes(name)
  try {
    await guarded(db.open())
    const vault = await openVault(db)
    const close = () => {
      changes.close()
      db.close()
    }
    return { db, name, vault, changes, close }
  } catch (error) {
    changes.close()
    db.close()
    throw error
  }
}

/** Deletes the whole database: for tests and for a person who wants to leave nothing behind. */
export async function deleteStore(name: string): Promise<void> {
  await guarded(Dexie.delete(name))
}

/**
 * Everything in one commit, or nothing of it. Inside `body` only database calls may be awaited: anything else
 * lets the transaction end early, unseen. @throws CliqueError `storage-full`, `storage-failed`
 */
export function transact<T>(store: Store, tables: readonly Table[], body: () => Promise<T>): Promise<T> {
  return guarded(store.db.transaction('rw', [...tables], body))
}

/** A database call outside a transaction, with its faults as coded errors. */
export async function guarded<T>(call: PromiseLike<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof CliqueError) throw error
    throw new CliqueError(isQuotaError(error) ? 'storage-full' : 'storage-failed', describe(error))
  }
}

/** The quota error comes bare, or inside the abort of the transaction that it ended. */
function isQuotaError(error: unknown): boolean {
  for (let cause: unknown = error, depth = 0; cause instanceof Object && depth < 5; depth++) {
    if ('name' in cause && cause.name === 'QuotaExceededError') return true
    cause = 'inner' in cause ? cause.inner : undefined
  }
  return false
}

function describe(error: unknown): string {
  return error instanceof Error ? `storage: ${error.name}` : 'storage'
}
