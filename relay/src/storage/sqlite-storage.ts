import {
  CliqueError,
  fromHex,
  leafHash,
  proveConsistency,
  proveInclusion,
  rootOf,
  toHex,
} from '@clique/crypto/verify'
import type { MailboxId, NodeAt } from '@clique/crypto/verify'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { limits } from '../../protocol/index.ts'
import type { Refusal } from '../../protocol/index.ts'
import { bytesToItems, itemsToBytes } from './batch-bytes.ts'
import { codedError } from './coded-error.ts'
import { LogGrowth } from './log-growth.ts'
import type { LogNode } from './log-growth.ts'
import { prepareDatabase } from './sqlite-schema.ts'
import { SqliteTenants } from './sqlite-tenants.ts'
import type {
  Appended,
  Batch,
  LogState,
  MailboxPlace,
  Mailbox,
  NewTenant,
  Reading,
  RelayStorage,
  StoredItem,
  Tenant,
  TenantId,
} from './storage.ts'

const pageSize = 4096

interface Waiting {
  readonly batch: Batch
  resolve(appended: Appended): void
  reject(error: CliqueError): void
}

interface Placed {
  readonly waiting: Waiting
  readonly tenant: number
  readonly tenantId: TenantId
  readonly first: number
  readonly leaf: Uint8Array
  readonly index: number
}

/** Logs whose right edge stays in memory: cliques that are awake. */
const edgesKept = 256

/**
 * The embedded storage. Batches that arrive in one turn of the event loop share one transaction and so one flush;
 * while the flush runs, the next ones gather. Acknowledged means that the write-ahead log is synced.
 */
export class SqliteStorage implements RelayStorage {
  readonly #database: DatabaseSync
  readonly #tenants: SqliteTenants
  readonly #sql: ReturnType<typeof prepareStatements>
  readonly #edges = new Map<number, { size: number; edge: readonly LogNode[] }>()
  #waiting: Waiting[] = []
  #closed = false

  /** `path` of the file, or `:memory:`. `maxBytes` bounds the file. @throws Error */
  constructor(path: string, maxBytes?: number) {
    this.#database = new DatabaseSync(path)
    prepareDatabase(this.#database)
    if (maxBytes !== undefined) {
      this.#database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / pageSize)}`)
    }
    this.#tenants = new SqliteTenants(this.#database)
    this.#sql = prepareStatements(this.#database)
  }

  append(batch: Batch): Promise<Appended> {
    if (this.#closed) return Promise.reject(new CliqueError('relay-stopping'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const group = this.#waiting
    this.#waiting = []
    if (group.length === 0) return
    const growths = new Map<number, LogGrowth>()
    const refused: [Waiting, CliqueError][] = []
    const placed: Placed[] = []
    try {
      this.#tenants.transact(() => {
        for (const waiting of group) {
          const result = this.#place(waiting, growths)
          if (result instanceof CliqueError) refused.push([waiting, result])
          else placed.push(result)
        }
        for (const [tenant, growth] of growths) this.#writeLog(tenant, growth)
      })
    } catch (error) {
      const coded = codedError(error)
      for (const waiting of group) waiting.reject(coded)
      return
    }
    for (const [tenant, growth] of growths) this.#rememberEdge(tenant, growth)
    for (const [waiting, error] of refused) waiting.reject(error)
    const roots = new Map([...growths].map(([no, { nodeAt, size }]) => [no, rootOf(nodeAt, size)]))
    for (const one of placed) {
      const growth = growths.get(one.tenant)
      const root = roots.get(one.tenant)
      if (growth === undefined || root === undefined) throw new Error('a placed batch has a log')
      one.waiting.resolve({
        tenant: one.tenantId,
        first: one.first,
        next: one.first + one.waiting.batch.items.length,
        leaf: one.leaf,
        index: one.index,
        proof: proveInclusion(growth.nodeAt, one.index, growth.size),
        size: growth.size,
        root,
      })
    }
  }

  /** Writes one batch, or says why not before anything of it is written. */
  #place(waiting: Waiting, growths: Map<number, LogGrowth>): Placed | CliqueError {
    const { batch } = waiting
    const items = itemsToBytes(batch.items)
    const known = this.#sql.mailbox.get(fromHex(batch.place))
    const refusal = this.#refusalOf(batch, items.length, known)
    if (refusal !== null) return new CliqueError(refusal)
    const { makes, keepUntil, share } = batch
    if (known === undefined && makes !== null) {
      const { kind, maxMailboxes } = makes
      const unmade = this.#tenants.makeMailbox(batch.place, kind, batch.tenant, maxMailboxes)
      if (unmade !== null) return new CliqueError(unmade)
    }
    const row = known ?? this.#sql.mailbox.get(fromHex(batch.place))
    if (row === undefined) throw new Error('a mailbox that was just made is there')
    const [mailbox, tenant, first] = [Number(row['no']), Number(row['tenant']), Number(row['next'])]
    const count = batch.items.length
    this.#sql.insertBatch.run(mailbox, first, count, keepUntil, share, items.length, items)
    this.#sql.growMailbox.run(count, items.length, mailbox)
    this.#sql.addUsage.run(tenant, share, items.length)
    const growth = growths.get(tenant) ?? this.#growthOf(tenant)
    growths.set(tenant, growth)
    const leaf = batch.makeLeaf(first)
    const index = growth.append(leafHash(leaf))
    return { waiting, tenant, tenantId: batch.tenant, first, leaf, index }
  }

  #refusalOf(batch: Batch, size: number, row: Record<string, unknown> | undefined): Refusal | null {
    const { tenant, makes, share, shareLimit, mailboxLimit } = batch
    if (row === undefined && makes === null) return 'relay-mailbox-unknown'
    if (row !== undefined && tenantOfRow(row) !== tenant) return 'relay-other-tenant'
    if (row !== undefined && makes !== null && row['kind'] !== makes.kind) return 'relay-mailbox-kind'
    const used = Number(this.#sql.usage.get(fromHex(tenant), share)?.['bytes'] ?? 0)
    if (used + size > shareLimit) return 'relay-quota'
    return Number(row?.['bytes'] ?? 0) + size > mailboxLimit ? 'relay-mailbox-full' : null
  }

  #growthOf(tenant: number): LogGrowth {
    const known = this.#edges.get(tenant)
    const size = known?.size ?? Number(this.#sql.logSize.get(tenant)?.['log_size'] ?? 0)
    return new LogGrowth(size, known?.edge ?? [], this.#storedNodes(tenant))
  }

  #storedNodes(tenant: number): NodeAt {
    return (level, index) => {
      const row = this.#sql.node.get(tenant, level, index)
      if (row === undefined) throw new Error('a node of the log is missing')
      return row['hash'] as Uint8Array
    }
  }

  #writeLog(tenant: number, growth: LogGrowth): void {
    for (const { level, index, hash } of growth.fresh) this.#sql.insertNode.run(tenant, level, index, hash)
    this.#sql.growLog.run(growth.size, tenant)
  }

  #rememberEdge(tenant: number, growth: LogGrowth): void {
    this.#edges.delete(tenant)
    this.#edges.set(tenant, { size: growth.size, edge: growth.edge() })
    const oldest = this.#edges.keys().next().value
    if (this.#edges.size > edgesKept && oldest !== undefined) this.#edges.delete(oldest)
  }

  read(place: MailboxPlace, cursor: number, maxBytes: number, maxItems: number): Promise<Reading | null> {
    return coded(() => {
      const row = this.#sql.mailbox.get(fromHex(place))
      if (row === undefined) return null
      const next = Number(row['next'])
      const tenant = tenantOfRow(row)
      const items: StoredItem[] = []
      let bytes = 0
      // A batch may begin before the cursor and reach past it.
      const rows = this.#sql.readBatches.iterate(Number(row['no']), cursor - limits.itemsPerAppend)
      for (const batch of rows) {
        for (const item of bytesToItems(batch['items'] as Uint8Array, Number(batch['first']))) {
          if (item.offset < cursor) continue
          const isFull = items.length >= maxItems || bytes + item.bytes.length > maxBytes
          if (isFull && items.length > 0) return { tenant, items, to: item.offset, next }
          items.push(item)
          bytes += item.bytes.length
        }
      }
      return { tenant, items, to: Math.max(next, cursor), next }
    })
  }

  findMailbox(place: MailboxPlace): Promise<Mailbox | null> {
    return coded(() => this.#tenants.findMailbox(place))
  }

  findTenant(id: TenantId): Promise<Tenant | null> {
    return coded(() => this.#tenants.findTenant(id))
  }

  findCapability(
    control: MailboxId,
    key: Uint8Array,
  ): Promise<{ tenant: Tenant; generation: number } | null> {
    return coded(() => this.#tenants.findCapability(control, key))
  }

  register(tenant: NewTenant, now: number): Promise<Refusal | null> {
    return coded(() => this.#tenants.register(tenant, now))
  }

  findAdmin(key: Uint8Array): Promise<Tenant | null> {
    return coded(() => this.#tenants.findAdmin(key))
  }

  setAdmins(tenant: TenantId, by: Uint8Array, keys: readonly Uint8Array[]): Promise<Refusal | null> {
    return coded(() => this.#tenants.setAdmins(tenant, by, keys))
  }

  renew(tenant: TenantId, by: Uint8Array, generation: number, key: Uint8Array): Promise<Refusal | null> {
    return coded(() => this.#tenants.renew(tenant, by, generation, key))
  }

  retire(tenant: TenantId, by: Uint8Array, generation: number): Promise<Refusal | null> {
    return coded(() => this.#tenants.retire(tenant, by, generation))
  }

  claimToken(make: () => Uint8Array, hash: (token: Uint8Array) => Uint8Array): Promise<Uint8Array | null> {
    return coded(() => this.#tenants.claimToken(make, hash))
  }

  allow(tokenHash: Uint8Array, now: number, expires: number, maxOutstanding: number): Promise<boolean> {
    return coded(() => this.#tenants.allow(tokenHash, now, expires, maxOutstanding))
  }

  logState(tenant: TenantId): Promise<LogState> {
    return coded(() => {
      const log = this.#logOf(tenant)
      return { size: log.size, root: rootOf(log.nodeAt, log.size) }
    })
  }

  proveConsistency(tenant: TenantId, oldSize: number, size: number): Promise<readonly Uint8Array[] | null> {
    return coded(() => {
      const log = this.#logOf(tenant)
      if (oldSize > size || size > log.size) return null
      return proveConsistency(log.nodeAt, oldSize, size)
    })
  }

  #logOf(tenant: TenantId): LogGrowth {
    const no = this.#sql.tenantNo.get(fromHex(tenant))?.['no']
    if (no === undefined) throw new Error('no such tenant')
    return this.#growthOf(Number(no))
  }

  prune(now: number, max: number): Promise<number> {
    return coded(() =>
      this.#tenants.transact(() => {
        const over = this.#sql.overdue.all(now, max)
        for (const row of over) {
          const bytes = Number(row['bytes'])
          this.#sql.deleteBatch.run(Number(row['no']))
          this.#sql.growMailbox.run(0, -bytes, Number(row['mailbox']))
          this.#sql.addUsage.run(Number(row['tenant']), String(row['share']), -bytes)
        }
        for (const no of new Set(over.map((row) => Number(row['mailbox'])))) {
          this.#tenants.removeEmptyMailbox(no)
        }
        return over.length
      }),
    )
  }

  /** What SQLite says it does: the tests hold it to that. */
  durability(): { journal: unknown; synchronous: unknown } {
    const ask = (name: string): unknown => this.#database.prepare(`PRAGMA ${name}`).get()?.[name]
    return { journal: ask('journal_mode'), synchronous: ask('synchronous') }
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    this.#flush()
    this.#database.close()
    return Promise.resolve()
  }
}

function prepareStatements(database: DatabaseSync): Record<StatementName, StatementSync> {
  const entries = Object.entries(statements).map(([name, sql]) => [name, database.prepare(sql)])
  return Object.fromEntries(entries) as Record<StatementName, StatementSync>
}

type StatementName = keyof typeof statements
const statements = {
  mailbox: `SELECT mailboxes.*, tenants.id AS tenant_id FROM mailboxes
    JOIN tenants ON tenants.no = mailboxes.tenant WHERE mailboxes.id = ?`,
  usage: `SELECT bytes FROM usage JOIN tenants ON tenants.no = usage.tenant
    WHERE tenants.id = ? AND share = ?`,
  addUsage: `INSERT INTO usage VALUES (?, ?, ?, 0)
    ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes`,
  insertBatch: 'INSERT INTO batches VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)',
  growMailbox: 'UPDATE mailboxes SET next = next + ?, bytes = bytes + ? WHERE no = ?',
  readBatches: 'SELECT first, items FROM batches WHERE mailbox = ? AND first > ? ORDER BY first',
  logSize: 'SELECT log_size FROM tenants WHERE no = ?',
  tenantNo: 'SELECT no FROM tenants WHERE id = ?',
  growLog: 'UPDATE tenants SET log_size = ? WHERE no = ?',
  node: 'SELECT hash FROM log_nodes WHERE tenant = ? AND level = ? AND place = ?',
  insertNode: 'INSERT INTO log_nodes VALUES (?, ?, ?, ?)',
  overdue: `SELECT batches.no, mailbox, share, batches.bytes, mailboxes.tenant FROM batches
    JOIN mailboxes ON mailboxes.no = batches.mailbox WHERE keep_until <= ? LIMIT ?`,
  deleteBatch: 'DELETE FROM batches WHERE no = ?',
} as const

function tenantOfRow(row: Record<string, unknown>): TenantId {
  return toHex(row['tenant_id'] as Uint8Array) as TenantId
}

/** Errors of the database become coded ones; what is coded stays. */
async function coded<T>(work: () => T): Promise<T> {
  try {
    return work()
  } catch (error) {
    throw codedError(error)
  }
}
