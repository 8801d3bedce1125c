import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { tracesAtRelay } from './blind-relay.ts'
import { findTraces } from './markers.ts'

const marker = 'Zoë’s marmalade'
const utf8 = Buffer.from(marker)

describe('a marker is found in every form', () => {
  const around = (bytes: Buffer): Buffer => Buffer.concat([randomBytes(37), bytes, randomBytes(41)])
  const forms: readonly (readonly [string, Buffer])[] = [
    ['UTF-8', utf8],
    ['decomposed', Buffer.from(marker.normalize('NFD'))],
    ['UTF-16 little-endian', Buffer.from(marker, 'utf16le')],
    ['UTF-16 big-endian', Buffer.from(marker, 'utf16le').swap16()],
    ['reversed', Buffer.from([...marker].reverse().join(''))],
    ['hex', Buffer.from(utf8.toString('hex'))],
    ['upper-case hex', Buffer.from(utf8.toString('hex').toUpperCase())],
    ['percent', Buffer.from(encodeURIComponent(marker))],
    ...[0, 1, 2].flatMap((before) =>
      (['base64', 'base64url'] as const).map(
        (form) =>
          [
            `${form} after ${before} bytes`,
            Buffer.from(
              Buffer.concat([Buffer.from('xyz'.slice(0, before)), utf8, Buffer.from('~~')]).toString(form),
            ),
          ] as const,
      ),
    ),
  ]
  test.each(forms)('%s', (_, bytes) => {
    expect(findTraces([marker], [{ where: 'here', bytes: around(bytes) }]).length).toBeGreaterThan(0)
  })
})

test('noise holds no marker', () => {
  expect(findTraces([marker, 'abcdef'], [{ where: 'noise', bytes: randomBytes(100_000) }])).toEqual([])
})

test('a marker that is too short to be searched for is refused', () => {
  expect(() => findTraces(['short'], [])).toThrow('too short')
})

test('a marker is found in a database in use, in its journal and over the edges of its pages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clique-test-'))
  const database = new DatabaseSync(join(folder, 'relay.db'))
  try {
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE items (body BLOB)')
    const insert = database.prepare('INSERT INTO items VALUES (?)')
    insert.run(Buffer.concat([randomBytes(4000), ...Array.from({ length: 600 }, () => utf8), randomBytes(9)]))
    const relay = {
      log: 'nothing',
      files: () => readdirSync(folder).map((path) => ({ path, bytes: readFileSync(join(folder, path)) })),
    }
    const places = tracesAtRelay(relay, [marker]).map(({ where }) => where)
    expect(places).toContain('relay.db-wal')
    expect(places).toContain('relay.db: items.body')
    expect(tracesAtRelay({ ...relay, log: `said ${marker}` }, [marker]).map(({ where }) => where)).toContain(
      'log',
    )
    expect(tracesAtRelay(relay, ['not there'])).toEqual([])
  } finally {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
