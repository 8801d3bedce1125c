import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another relay works on this folder. */
export class FolderInUseError extends Error {
  constructor() {
    super('the data folder is in use by another relay')
  }
}

export interface DataFolder {
  readonly path: string
  readonly databasePath: string
  readonly chunksPath: string
  release(): void
}

/**
 * Takes the folder for this process. The lock is SQLite's own on a file of its own: the system drops it when the
 * process ends, however it ends, so nothing stale is left to clean up.
 * @throws FolderInUseError
 */
export function takeDataFolder(path: string): DataFolder {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const lock = new DatabaseSync(join(path, 'in-use.lock'))
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    throw new FolderInUseError()
  }
  return {
    path,
    databasePath: join(path, 'relay.sqlite'),
    chunksPath: join(path, 'chunks'),
    release: () => lock.close(),
  }
}

/** What a file holds; null where there is none. */
export function readWhole(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** A file that its owner alone can read, and that is whole or not there, whenever the power goes. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const draft = `${path}.new`
  const file = openSync(draft, 'w', 0o600)
  writeSync(file, bytes)
  fsyncSync(file)
  closeSync(file)
  renameSync(draft, path)
}
