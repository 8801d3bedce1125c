import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { tracesAtRelay } from './blind-relay.ts'
import { findTraces, piecesOf } from './markers.ts'
import { SignalTap } from './signal-tap.ts'
import { tracesOnDisk } from './storage-dump.ts'

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

test('a file is found by any of its pieces, as bytes and as text', () => {
  const file = randomBytes(5000)
  const pieces = piecesOf(file)
  for (const [name, bytes] of [
    ['whole', file],
    ['a half of it', file.subarray(2500)],
    ['base64', Buffer.from(file.toString('base64'))],
    ['hex', Buffer.from(file.toString('hex'))],
  ] as const) {
    const where = name
    expect(
      findTraces(pieces, [{ where, bytes: Buffer.concat([randomBytes(37), bytes]) }]).length,
    ).toBeGreaterThan(0)
  }
  expect(findTraces(pieces, [{ where: 'noise', bytes: randomBytes(100_000) }])).toEqual([])
  expect(() => piecesOf(Buffer.alloc(5000))).toThrow('cannot be recognised')
  const sparse = Buffer.concat([Buffer.alloc(3000), file])
  expect(findTraces(piecesOf(sparse), [{ where: 'zeros', bytes: Buffer.alloc(9000) }])).toEqual([])
})

test('a marker is found in any file of a profile, however deep', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clique-test-'))
  try {
    mkdirSync(join(folder, 'Default/IndexedDB'), { recursive: true })
    writeFileSync(join(folder, 'Default/IndexedDB/000003.log'), Buffer.concat([randomBytes(99), utf8]))
    writeFileSync(join(folder, 'Local State'), Buffer.from(marker, 'utf16le'))
    expect(
      tracesOnDisk(folder, [marker])
        .map(({ where }) => where)
        .sort(),
    ).toEqual(['Default/IndexedDB/000003.log', 'Local State'])
    expect(tracesOnDisk(folder, ['not there'])).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('what passes through signaling is seen, and so is what is readable there', () => {
  const tap = new SignalTap()
  const publish = (data: unknown): string => JSON.stringify({ type: 'publish', topic: 'a room', data })
  tap.hear('ws://relay/signal?ticket=abc', 'sent', JSON.stringify({ type: 'subscribe', topics: ['a room'] }))
  tap.hear('ws://relay/signal?ticket=abc', 'sent', publish(randomBytes(400).toString('base64')))
  expect([...tap.topics]).toEqual(['a room'])
  expect(tap.faults([marker])).toEqual([])
  for (const data of [
    Buffer.from(JSON.stringify({ type: 'announce', from: 'x' })).toString('base64'),
    Buffer.from(`xx${marker}`).toString('base64'),
    { type: 'announce' },
    'v=0 a=fingerprint:sha-256',
  ]) {
    const leaking = new SignalTap()
    leaking.hear('ws://relay/signal?ticket=abc', 'received', publish(data))
    expect(leaking.faults([marker]).length, JSON.stringify(data)).toBeGreaterThan(0)
  }
  const more = new SignalTap()
  more.hear(
    'ws://relay/signal?ticket=abc',
    'sent',
    JSON.stringify({ type: 'publish', topic: 'a room', name: 'x' }),
  )
  expect(more.faults([]).join()).toContain('name')
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
