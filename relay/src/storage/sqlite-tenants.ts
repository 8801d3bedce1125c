import { bytesToId, concat, equal, fromHex, idToBytes, toHex } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { tenantIdOf } from '../../protocol/index.ts'
import type { MailboxKind, Refusal } from '../../protocol/index.ts'
import type { Mailbox, MailboxPlace, NewTenant, Tenant, TenantId } from './storage.ts'

type Row = Record<string, unknown>

/** Tenants, their capabilities, tokens and mailboxes: rare writes, each in its own transaction. */
export class SqliteTenants {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  findTenant(id: TenantId): Tenant | null {
    const row = this.#get('SELECT * FROM tenants WHERE id = ?', fromHex(id))
    return row === undefined ? null : rowToTenant(row)
  }

  findCapability(control: MailboxId, key: Uint8Array): { tenant: Tenant; generation: number } | null {
    const row = this.#get(
      `SELECT tenants.*, capabilities.generation AS proven FROM mailboxes
       JOIN tenants ON tenants.no = mailboxes.tenant
       JOIN capabilities ON capabilities.tenant = mailboxes.tenant
       WHERE mailboxes.id = ? AND mailboxes.kind = 'control' AND capabilities.key = ?`,
      idToBytes(control),
      key,
    )
    return row === undefined ? null : { tenant: rowToTenant(row), generation: Number(row['proven']) }
  }

  findAdmin(key: Uint8Array): Tenant | null {
    const row = this.#get(
      'SELECT tenants.* FROM admins JOIN tenants ON tenants.no = admins.tenant WHERE key = ?',
      key,
    )
    return row === undefined ? null : rowToTenant(row)
  }

  setAdmins(id: TenantId, by: Uint8Array, keys: readonly Uint8Array[]): Refusal | null {
    return this.transact(() => {
      // Another one may have taken it out meanwhile.
      if (this.findAdmin(by)?.id !== id) return 'relay-not-admin'
      // One that agreed to be of two tenants is of the first, and keeps nobody else out of the second.
      const own = keys.filter((key) => {
        const known = this.findAdmin(key) ?? this.findTenant(toHex(tenantIdOf(key)) as TenantId)
        return known === null || known.id === id
      })
      const no = Number(this.#get('SELECT no FROM tenants WHERE id = ?', fromHex(id))?.['no'])
      this.#run('DELETE FROM admins WHERE tenant = ?', no)
      for (const key of own) this.#run('INSERT OR IGNORE INTO admins VALUES (?, ?)', key, no)
      return null
    })
  }

  findMailbox(place: MailboxPlace): Mailbox | null {
    const row = this.#get(
      `SELECT mailboxes.*, tenants.id AS owner_id,
         (SELECT min(first) FROM batches WHERE mailbox = mailboxes.no) AS oldest
       FROM mailboxes JOIN tenants ON tenants.no = mailboxes.tenant WHERE mailboxes.id = ?`,
      fromHex(place),
    )
    if (row === undefined) return null
    return {
      place,
      kind: row['kind'] as MailboxKind,
      tenant: toHex(row['owner_id'] as Uint8Array) as TenantId,
      oldest: Number(row['oldest'] ?? row['next']),
      next: Number(row['next']),
    }
  }

  /** Inside a transaction. The refusal, or null when it is made. */
  makeMailbox(place: MailboxPlace, kind: MailboxKind, tenant: TenantId, max: number): Refusal | null {
    const owner = this.#get('SELECT no, first_offset FROM tenants WHERE id = ?', fromHex(tenant))
    if (owner === undefined) return 'relay-mailbox-unknown'
    const no = Number(owner['no'])
    const usage = this.#get('SELECT mailboxes FROM usage WHERE tenant = ? AND share = ?', no, kind)
    if (Number(usage?.['mailboxes'] ?? 0) >= max) return 'relay-too-many'
    this.#insertMailbox(place, kind, no, Number(owner['first_offset']))
    return null
  }

  /** Inside a transaction. A control mailbox stays: it is its tenant's for ever. */
  removeEmptyMailbox(no: number): void {
    const row = this.#get("SELECT * FROM mailboxes WHERE no = ? AND bytes = 0 AND kind <> 'control'", no)
    if (row === undefined) return
    const [tenant, kind, next] = [Number(row['tenant']), String(row['kind']), Number(row['next'])]
    this.#run('DELETE FROM mailboxes WHERE no = ?', no)
    this.#run('UPDATE usage SET mailboxes = mailboxes - 1 WHERE tenant = ? AND share = ?', tenant, kind)
    this.#run('UPDATE tenants SET first_offset = max(first_offset, ?) WHERE no = ?', next, tenant)
  }

  register(given: NewTenant, now: number): Refusal | null {
    const registration = concat(given.admin, given.capability, given.controlKey)
    return this.transact(() => {
      const token = this.#get('SELECT * FROM tokens WHERE hash = ?', given.tokenHash)
      if (token === undefined) return 'relay-token-unknown'
      const usedBy = token['used_by'] as Uint8Array | null
      if (usedBy !== null) return equal(usedBy, registration) ? null : 'relay-token-used'
      if (Number(token['expires']) <= now) return 'relay-token-unknown'
      const isTaken =
        this.findTenant(given.id) !== null ||
        this.findAdmin(given.admin) !== null ||
        this.findMailbox(given.control) !== null
      if (isTaken) return 'relay-key-taken'
      const owner = Number(token['owner'])
      const { lastInsertRowid } = this.#run(
        'INSERT INTO tenants VALUES (NULL, ?, ?, ?, ?, ?, 1, 0, 0, 0)',
        fromHex(given.id),
        given.admin,
        idToBytes(given.control),
        owner,
        registration,
      )
      const no = Number(lastInsertRowid)
      this.#run('INSERT INTO admins VALUES (?, ?)', given.admin, no)
      this.#run('INSERT INTO capabilities VALUES (?, ?, 1)', no, given.capability)
      this.#insertMailbox(given.control, 'control', no, 0)
      this.#run('UPDATE tokens SET used_by = ? WHERE hash = ?', registration, given.tokenHash)
      if (owner === 1) this.#run('UPDATE claim SET token = NULL')
      return null
    })
  }

  renew(id: TenantId, by: Uint8Array, generation: number, key: Uint8Array): Refusal | null {
    return this.transact(() => {
      const tenant = this.#get('SELECT no, generation FROM tenants WHERE id = ?', fromHex(id))
      if (tenant === undefined || this.findAdmin(by)?.id !== id) return 'relay-not-admin'
      const no = Number(tenant['no'])
      const known = this.#get('SELECT generation FROM capabilities WHERE tenant = ? AND key = ?', no, key)
      if (known !== undefined) return known['generation'] === generation ? null : 'relay-key-taken'
      if (generation !== Number(tenant['generation']) + 1) return 'relay-generation'
      this.#run('INSERT INTO capabilities VALUES (?, ?, ?)', no, key, generation)
      this.#run('UPDATE tenants SET generation = ? WHERE no = ?', generation, no)
      return null
    })
  }

  retire(id: TenantId, by: Uint8Array, generation: number): Refusal | null {
    return this.transact(() => {
      const tenant = this.findAdmin(by)
      if (tenant?.id !== id) return 'relay-not-admin'
      if (generation <= tenant.retired) return null
      // The newest one cannot end: nobody would be left who may come in.
      if (generation >= tenant.generation) return 'relay-generation'
      this.#run('UPDATE tenants SET retired = ? WHERE id = ?', generation, fromHex(id))
      return null
    })
  }

  claimToken(make: () => Uint8Array, hash: (token: Uint8Array) => Uint8Array): Uint8Array | null {
    return this.transact(() => {
      const row = this.#get('SELECT token FROM claim')
      if (row !== undefined) return row['token'] as Uint8Array | null
      const token = make()
      this.#run('INSERT INTO claim VALUES (1, ?)', token)
      this.#run('INSERT INTO tokens VALUES (?, 1, ?, NULL)', hash(token), Number.MAX_SAFE_INTEGER)
      return token
    })
  }

  allow(tokenHash: Uint8Array, now: number, expires: number, maxOutstanding: number): boolean {
    return this.transact(() => {
      this.#run('DELETE FROM tokens WHERE used_by IS NULL AND expires <= ?', now)
      const row = this.#get('SELECT count(*) AS unused FROM tokens WHERE used_by IS NULL AND owner = 0')
      if (Number(row?.['unused']) >= maxOutstanding) return false
      this.#run('INSERT OR IGNORE INTO tokens VALUES (?, 0, ?, NULL)', tokenHash, expires)
      return true
    })
  }

  transact<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #insertMailbox(place: MailboxPlace, kind: MailboxKind, tenant: number, first: number): void {
    this.#run('INSERT INTO mailboxes VALUES (NULL, ?, ?, ?, ?, 0)', fromHex(place), kind, tenant, first)
    this.#run(
      `INSERT INTO usage VALUES (?, ?, 0, 1) ON CONFLICT DO UPDATE SET mailboxes = mailboxes + 1`,
      tenant,
      kind,
    )
  }

  #get(sql: string, ...values: (Uint8Array | number | string)[]): Row | undefined {
    return this.#statement(sql).get(...values)
  }

  #run(sql: string, ...values: (Uint8Array | number | string)[]): { lastInsertRowid: number | bigint } {
    return this.#statement(sql).run(...values)
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

function rowToTenant(row: Row): Tenant {
  return {
    id: toHex(row['id'] as Uint8Array) as TenantId,
    control: bytesToId('mailbox', row['control'] as Uint8Array),
    owner: row['owner'] === 1,
    generation: Number(row['generation']),
    retired: Number(row['retired']),
    firstOffset: Number(row['first_offset']),
  }
}
