import type { DatabaseSync } from 'node:sqlite'

/**
 * Batches lie in the order of their arrival, so a flush writes at the end of the file; the index finds a mailbox's
 * batches. Nothing names an author, a device or a document.
 *
 * 1: first layout.
 * 2: admin keys of a tenant, of which the first names it.
 * 3: a capability is one within its tenant, and so is a content mailbox: its id begins with the tenant's.
 */
export const schemaVersion = 3

const admins = `
  CREATE TABLE admins (
    key BLOB PRIMARY KEY,
    tenant INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

const capabilities = `
  CREATE TABLE capabilities (
    tenant INTEGER NOT NULL,
    key BLOB NOT NULL,
    generation INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
  ) STRICT, WITHOUT ROWID;
`

const layout = `
  CREATE TABLE tenants (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    admin BLOB NOT NULL,
    control BLOB NOT NULL,
    owner INTEGER NOT NULL,
    registration BLOB NOT NULL,
    generation INTEGER NOT NULL,
    retired INTEGER NOT NULL,
    first_offset INTEGER NOT NULL,
    log_size INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    owner INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used_by BLOB
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE claim (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    token BLOB
  ) STRICT;
  CREATE TABLE mailboxes (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    next INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE usage (
    tenant INTEGER NOT NULL,
    share TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    mailboxes INTEGER NOT NULL,
    PRIMARY KEY (tenant, share)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE batches (
    no INTEGER PRIMARY KEY,
    mailbox INTEGER NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    share TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    items BLOB NOT NULL
  ) STRICT;
  CREATE INDEX batches_by_place ON batches (mailbox, first);
  CREATE INDEX batches_by_end ON batches (keep_until);
  CREATE TABLE log_nodes (
    tenant INTEGER NOT NULL,
    level INTEGER NOT NULL,
    place INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (tenant, level, place)
  ) STRICT, WITHOUT ROWID;
  ${admins}
  ${capabilities}
`

/** Tables, their version, and what leads to it from those before. */
export interface Layout {
  readonly layout: string
  readonly version: number
  /** Statements, by the version that they lead away from, each to the next. */
  readonly steps?: ReadonlyMap<number, string>
}

const mailboxes: Layout = {
  layout,
  version: schemaVersion,
  steps: new Map([
    [1, `${admins} INSERT INTO admins SELECT admin, no FROM tenants;`],
    [
      2,
      `ALTER TABLE capabilities RENAME TO of_one_tenant;
       ${capabilities}
       INSERT INTO capabilities SELECT tenant, key, generation FROM of_one_tenant;
       DROP TABLE of_one_tenant;
       UPDATE mailboxes SET id = unhex(
         (SELECT hex(tenants.id) FROM tenants WHERE tenants.no = mailboxes.tenant) || hex(mailboxes.id)
       ) WHERE kind = 'content';`,
    ],
  ]),
}

/** Pages of 4 KiB kept in memory: enough for the edges of all trees, little on a small machine. */
const cacheKiB = 4096
/** Milliseconds to wait for somebody who looks into the file, a backup say. */
const busyWait = 5000

/** Settings, and the tables where there are none or older ones. @throws Error for a file of an unknown version */
export function prepareDatabase(
  database: DatabaseSync,
  { layout, version, steps }: Layout = mailboxes,
): void {
  database.exec(`PRAGMA busy_timeout = ${busyWait}`)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec(`PRAGMA cache_size = -${cacheKiB}`)
  database.exec('PRAGMA temp_store = MEMORY')
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (found === version) return
  const missing = found === 0 ? [layout] : stepsFrom(found, version, steps)
  if (missing === null) throw new Error(`the data folder is of layout ${found}, this relay reads ${version}`)
  database.exec('BEGIN IMMEDIATE')
  for (const statements of missing) database.exec(statements)
  database.exec(`PRAGMA user_version = ${version}`)
  database.exec('COMMIT')
}

/** Null where none lead there. */
function stepsFrom(found: number, version: number, steps: Layout['steps']): string[] | null {
  const ahead: string[] = []
  for (let at = found; at < version; at++) {
    const step = steps?.get(at)
    if (step === undefined) return null
    ahead.push(step)
  }
  return found < version ? ahead : null
}
