import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { findTraces, type Marker, type Trace } from './markers.ts'
import type { Relay } from './relay.ts'

type Piece = { where: string; bytes: Buffer }

/** Where in the relay's folder and logs something secret lies; none is what has to come out. */
export function tracesAtRelay(relay: Pick<Relay, 'files' | 'log'>, markers: readonly Marker[]): Trace[] {
  const files = relay.files()
  const pieces = files.map(({ path, bytes }) => ({ where: path, bytes }))
  return findTraces(markers, [...pieces, { where: 'log', bytes: Buffer.from(relay.log) }, ...cellsOf(files)])
}

/** Cells of every database: a long value lies scattered over pages, where a search of the raw file misses it. */
export function cellsOf(files: readonly { path: string; bytes: Buffer }[]): Piece[] {
  const copy = mkdtempSync(join(tmpdir(), 'clique-look-'))
  try {
    for (const { path, bytes } of files) writeFileSync(join(copy, basename(path)), bytes)
    return files
      .filter(({ bytes }) => isDatabase(bytes))
      .flatMap(({ path }) => readCells(join(copy, basename(path)), path))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function isDatabase(bytes: Buffer): boolean {
  return bytes.subarray(0, 15).toString('latin1') === 'SQLite format 3'
}

function readCells(file: string, shownAs: string): Piece[] {
  const database = new DatabaseSync(file)
  try {
    const tables = database.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all() as {
      name: string
    }[]
    return tables.flatMap(({ name }) => {
      const statement = database.prepare(`SELECT * FROM "${name}"`)
      statement.setReadBigInts(true)
      return statement.all().flatMap((row) =>
        Object.entries(row).map(([column, value]) => ({
          where: `${shownAs}: ${name}.${column}`,
          bytes: value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)),
        })),
      )
    })
  } finally {
    database.close()
  }
}
