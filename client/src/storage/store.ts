import { CliqueError } from '@clique/crypto'
import { Dexie } from 'dexie'
import type { Table } from 'dexie'
import { Changes } from './changes.ts'
import { CliqueDatabase } from './database.ts'
import { packFolder } from './pack-folder.ts'
import { openVault } from './vault.ts'
import type { Vault } from './vault.ts'

/** The storage of a browser profile. The functions beside this file take it as their first argument. */
export interface Store {
  /** For this folder alone. */
  readonly db: CliqueDatabase
  readonly name: string
  readonly vault: Vault
  readonly changes: Changes
  /** Starts the worker that writes files (`chunk-writer-worker.ts`); null where everything is to rest in the database. */
  readonly startWriter: StartWriter | null
  /** Aborted when this closes. */
  readonly closing: AbortSignal
  close(): void
}

export type StartWriter = () => Promise<Worker>

/** @throws CliqueError `storage-failed` where the browser gives no database (some private windows). */
export async function openStore(name = 'clique', startWriter: StartWriter | null = null): Promise<Store> {
  const db = new CliqueDatabase(name)
  const changes = new Changes(name)
  const closing = new AbortController()
  // The library gives a database up for good when it cannot be opened again. Whatever kept it closed may pass.
  db.on('close', () => {
    setTimeout(() => {
      if (!closing.signal.aborted && db.hasFailed()) db.close({ disableAutoOpen: false })
    })
  })
  const close = () => {
    closing.abort()
    changes.close()
    db.close()
  }
  const watch = () => watchAborts(db.backendDB())
  db.on('ready', watch, true)
  try {
    await guarded(db.open())
    const vault = await openVault(db)
    return { db, name, vault, changes, startWriter, closing: closing.signal, close }
  } catch (error) {
    close()
    throw error
  }
}

/** Deletes all of it: for tests and for a person who wants to leave nothing behind. */
export async function deleteStore(name: string): Promise<void> {
  await guarded(Dexie.delete(name))
  const root = await navigator.storage.getDirectory()
  await root.removeEntry(packFolder(name), { recursive: true }).catch((error: unknown) => {
    // There were none.
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error
  })
}

/** What goes into a commit beside what it is made for. Everything that is to be sealed is sealed before. */
export interface AlsoWritten {
  readonly tables: readonly Table[]
  /** Inside the transaction, under its rules. What it throws ends the transaction. */
  write(): Promise<void>
}

/**
 * Everything in one commit, or nothing of it. Inside `body` only database calls may be awaited: anything else
 * lets the transaction end early, unseen. @throws CliqueError `storage-full`, `storage-failed`
 */
export function transact<T>(store: Store, tables: readonly Table[], body: () => Promise<T>): Promise<T> {
  return guarded(store.db.transaction('rw', [...tables], body))
}

/**
 * The disk itself is full, below what the browser grants. Chromium says so to the transaction that it aborts, ends the
 * connection, and refuses to open another without a reason: until something succeeds, this is the reason.
 */
let isDiskFull = false

/** What failed in a transaction is told as its being aborted; why it was is known to the transaction alone. */
function watchAborts(db: IDBDatabase): void {
  const note = (error: DOMException | null | undefined) => {
    if (error && isDiskError(error)) isDiskFull = true
  }
  // Captured, so that it is known before whoever made the request hears of it.
  db.addEventListener('error', ({ target }) => note((target as IDBRequest).transaction?.error), true)
  db.addEventListener('abort', ({ target }) => note((target as IDBTransaction).error), true)
}

/** A database call outside a transaction, with its faults as coded errors. */
export async function guarded<T>(call: PromiseLike<T>): Promise<T> {
  try {
    const result = await call
    isDiskFull = false
    return result
  } catch (error) {
    if (error instanceof CliqueError) throw error
    const isFull = isDiskFull || isQuotaError(error)
    throw new CliqueError(isFull ? 'storage-full' : 'storage-failed', describe(error))
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

function isDiskError({ name, message }: DOMException): boolean {
  return name === 'UnknownError' && /NO_SPACE|full disk/i.test(message)
}

function describe(error: unknown): string {
  return error instanceof Error ? `storage: ${error.name}` : 'storage'
}
