import { bytesToId, fromHex, idToBytes, toHex } from '@clique/crypto/verify'
import type { ChunkId } from '@clique/crypto/verify'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { prepareDatabase } from './sqlite-schema.ts'
import type { TenantId } from './storage.ts'

/** 1: first layout. */
const indexVersion = 1

const layout = `
  CREATE TABLE chunks (
    no INTEGER PRIMARY KEY,
    tenant BLOB NOT NULL,
    id BLOB NOT NULL,
    size INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    UNIQUE (tenant, id)
  ) STRICT;
  CREATE INDEX chunks_by_end ON chunks (keep_until);
  CREATE TABLE usage (
    tenant BLOB PRIMARY KEY,
    bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`

export interface IndexedChunk {
  /** Names its file; never used twice while the process runs. */
  readonly no: number
  readonly tenant: TenantId
  readonly id: ChunkId
  readonly size: number
  readonly keepUntil: number
}

/** What chunks are kept, whose, and until when: the rows beside the files. A row is written after its file. */
export class ChunkIndex {
  readonly #database: DatabaseSync
  readonly #sql: Record<StatementName, StatementSync>

  /** @throws Error */
  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    prepareDatabase(this.#database, { layout, version: indexVersion })
    const entries = Object.entries(statements).map(([name, sql]) => [name, this.#database.prepare(sql)])
    this.#sql = Object.fromEntries(entries) as Record<StatementName, StatementSync>
  }

  find(tenant: TenantId, id: ChunkId): IndexedChunk | null {
    const row = this.#sql.find.get(fromHex(tenant), idToBytes(id))
    if (row === undefined) return null
    const { no, size, keep_until: keepUntil } = row
    return { no: Number(no), tenant, id, size: Number(size), keepUntil: Number(keepUntil) }
  }

  /** All in one commit. */
  add(chunks: readonly IndexedChunk[]): void {
    this.#transact(() => {
      for (const { no, tenant, id, size, keepUntil } of chunks) {
        this.#sql.insert.run(no, fromHex(tenant), idToBytes(id), size, keepUntil)
        this.#sql.addUsage.run(fromHex(tenant), size)
      }
    })
  }

  keepLonger({ no }: IndexedChunk, keepUntil: number): void {
    this.#sql.keep.run(keepUntil, no)
  }

  /** All in one commit; gives the bytes that are free now. Those that are not there any more are passed over. */
  remove(chunks: readonly IndexedChunk[]): number {
    let freed = 0
    this.#transact(() => {
      for (const { no, tenant, size } of chunks) {
        const { changes } = this.#sql.delete.run(no)
        if (Number(changes) === 0) continue
        this.#sql.addUsage.run(fromHex(tenant), -size)
        freed += size
      }
    })
    return freed
  }

  overdue(now: number, max: number): IndexedChunk[] {
    return this.#sql.overdue.all(now, max).map((row) => ({
      no: Number(row['no']),
      tenant: toHex(row['tenant'] as Uint8Array) as TenantId,
      id: bytesToId('chunk', row['id'] as Uint8Array),
      size: Number(row['size']),
      keepUntil: Number(row['keep_until']),
    }))
  }

  /** Bytes of a tenant's chunks. */
  used(tenant: TenantId): number {
    return Number(this.#sql.used.get(fromHex(tenant))?.['bytes'] ?? 0)
  }

  /** Bytes of all chunks. */
  total(): number {
    return Number(this.#sql.total.get()?.['bytes'] ?? 0)
  }

  numbers(): Set<number> {
    return new Set(this.#sql.numbers.all().map((row) => Number(row['no'])))
  }

  close(): void {
    this.#database.close()
  }

  #transact(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

type StatementName = keyof typeof statements
const statements = {
  find: 'SELECT no, size, keep_until FROM chunks WHERE tenant = ? AND id = ?',
  insert: 'INSERT INTO chunks VALUES (?, ?, ?, ?, ?)',
  keep: 'UPDATE chunks SET keep_until = max(keep_until, ?) WHERE no = ?',
  delete: 'DELETE FROM chunks WHERE no = ?',
  overdue: 'SELECT * FROM chunks WHERE keep_until <= ? LIMIT ?',
  used: 'SELECT bytes FROM usage WHERE tenant = ?',
  addUsage: 'INSERT INTO usage VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes',
  total: 'SELECT sum(bytes) AS bytes FROM usage',
  numbers: 'SELECT no FROM chunks',
} as const
