import { leafHash, mailboxIdOf, verifyConsistency, verifyInclusion } from '@clique/crypto/verify'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { addTenant, batchOf } from '../testing/storage-samples.ts'
import { SqliteStorage } from './sqlite-storage.ts'
import { contentPlace } from './storage.ts'
import { storageContract } from './storage.contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'clique-storage-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = (): string => join(folder, `relay-${files++}.sqlite`)

storageContract('SQLite in a file', (maxBytes) => new SqliteStorage(newFile(), maxBytes))
storageContract('SQLite in memory', (maxBytes) => new SqliteStorage(':memory:', maxBytes))

describe('a file', () => {
  it('[ST11] gives after a restart what was acknowledged before, and its log goes on', async () => {
    const file = newFile()
    const first = new SqliteStorage(file)
    const { control, id } = await addTenant(first, 1)
    for (let i = 0; i < 11; i++) await first.append(batchOf(control, [`item ${i}`]))
    const before = await first.logState(id)
    await first.close()

    const second = new SqliteStorage(file)
    expect(await second.logState(id)).toEqual(before)
    expect((await second.read(control, 0, 1000, 1000))?.items).toHaveLength(11)
    const { size, root, leaf, index, proof } = await second.append(batchOf(control, ['more']))
    expect(verifyInclusion(index, size, leafHash(leaf), proof, root)).toBe(true)
    const consistency = await second.proveConsistency(id, before.size, size)
    expect(verifyConsistency(before.size, size, before.root, root, consistency ?? [])).toBe(true)
    await second.close()
  })

  it('[ST11] is written ahead and synced at every commit', async () => {
    const storage = new SqliteStorage(newFile())
    expect(storage.durability()).toEqual({ journal: 'wal', synchronous: 2 })
    await storage.close()
  })

  it('[ST11] of an unknown layout is refused', () => {
    const file = newFile()
    const database = new DatabaseSync(file)
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => new SqliteStorage(file)).toThrow('layout 99')
  })

  it.each([1, 2])(
    '[ST15] a folder of layout %i goes on, with its tenants’ first keys as their admins, capabilities and mailboxes',
    async (version) => {
      const file = newFile()
      const before = new SqliteStorage(file)
      const { id, registration, capability, control } = await addTenant(before, 1)
      const mailbox = mailboxIdOf(new Uint8Array(32).fill(9))
      const content = batchOf(mailbox, ['a'], contentPlace(id, mailbox))
      await before.append({ ...content, makes: { kind: 'content', maxMailboxes: 9 } })
      await before.append(batchOf(control, ['b', 'c']))
      await before.close()
      const database = new DatabaseSync(file)
      if (version === 1) database.exec('DROP TABLE admins')
      database.exec(`
        ALTER TABLE capabilities RENAME TO now;
        CREATE TABLE capabilities (
          key BLOB PRIMARY KEY,
          tenant INTEGER NOT NULL,
          generation INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO capabilities SELECT key, tenant, generation FROM now;
        DROP TABLE now;
        UPDATE mailboxes SET id = substr(id, 33) WHERE kind = 'content';
        PRAGMA user_version = ${version}`)
      database.close()
      const storage = new SqliteStorage(file)
      expect(await storage.findAdmin(registration.admin)).toMatchObject({ id })
      expect(await storage.findCapability(control, capability)).toMatchObject({
        generation: 1,
        tenant: { id },
      })
      expect(await storage.findMailbox(content.place)).toMatchObject({ kind: 'content', tenant: id, next: 1 })
      expect(await storage.findMailbox(control)).toMatchObject({ kind: 'control', tenant: id, next: 2 })
      const other = await addTenant(storage, 2)
      expect(await storage.renew(other.id, other.registration.admin, 2, capability)).toBeNull()
      await storage.close()
    },
  )

  it(
    '[ST11] holds every acknowledged batch after kill -9 under load, each once',
    { timeout: 30_000 },
    async () => {
      const file = newFile()
      const writer = fileURLToPath(new URL('../testing/storage-writer.ts', import.meta.url))
      const acknowledged = new Set<number>()
      for (let round = 0; round < 3; round++) {
        const child = spawn(process.execPath, [writer, file], { stdio: ['ignore', 'pipe', 'inherit'] })
        const wanted = acknowledged.size + 150 + 70 * round
        for await (const line of createInterface(child.stdout)) {
          expect(acknowledged.has(Number(line))).toBe(false)
          acknowledged.add(Number(line))
          if (acknowledged.size === wanted) child.kill('SIGKILL')
        }
        const storage = new SqliteStorage(file)
        const { control, id } = await addTenant(storage, 1)
        const stored = new Set<number>()
        for (let cursor = 0, next = 1; cursor < next;) {
          const reading = await storage.read(control, cursor, 2 ** 20, 1000)
          if (reading === null) throw new Error('the mailbox is there')
          for (const { offset } of reading.items) {
            expect(stored.has(offset)).toBe(false)
            stored.add(offset)
          }
          cursor = reading.to
          next = reading.next
        }
        expect([...acknowledged].filter((offset) => !stored.has(offset))).toEqual([])
        expect((await storage.logState(id)).size).toBe(stored.size)
        await storage.close()
      }
    },
  )
})
