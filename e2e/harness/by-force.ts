import type { Page } from '@playwright/test'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../../scripts/run.ts'
import type { Loot } from './force/open-everything.ts'
import { findTraces, type Marker, type Trace } from './markers.ts'
import type { Person } from './person.ts'
import type { Relay } from './relay.ts'
import { cellsOf } from './blind-relay.ts'
import { dumpStorage } from './storage-dump.ts'

/**
 * What somebody's browser profile opens of everything that lies at the relay and on others' devices, when it tries
 * every key that it has or can come by on every piece. Gives the traces of the markers in that.
 */
export async function readsByForce(
  thief: Person,
  from: { readonly relay: Pick<Relay, 'files'>; readonly people: readonly Person[] },
  markers: readonly Marker[],
): Promise<{ traces: Trace[]; opened: number; keys: number }> {
  const stored = await Promise.all(from.people.map((person) => bytesOnDevice(person.page)))
  const pieces = [
    ...cellsOf(from.relay.files()).flatMap(({ bytes }) => [bytes, ...itemsIn(bytes)]),
    ...stored.flat(),
  ]
  await thief.page.evaluate(await script())
  const { opened, keys } = await thief.page.evaluate(
    async (texts) => {
      const tools = globalThis as unknown as {
        force: { openEverything(pieces: Uint8Array[]): Promise<Loot> }
      }
      const loot = await tools.force.openEverything(
        texts.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))),
      )
      const toText = (bytes: Uint8Array): string =>
        btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
      return { opened: loot.opened.map(toText), keys: loot.keys }
    },
    [...new Set(pieces.map((bytes) => bytes.toString('base64')))],
  )
  const traces = findTraces(
    markers,
    opened.map((text) => ({ where: 'opened', bytes: Buffer.from(text, 'base64') })),
  )
  return { traces, opened: opened.length, keys }
}

/** Values of the browser's databases: sealed items and records among them. */
async function bytesOnDevice(page: Page): Promise<Buffer[]> {
  const { pieces } = await dumpStorage(page)
  return pieces.flatMap(({ where, base64 }) =>
    where.startsWith('IndexedDB/') && base64 !== undefined ? [Buffer.from(base64, 'base64')] : [],
  )
}

/** A relay keeps what came together as one value, each item behind its length in four bytes. */
function itemsIn(batch: Buffer): Buffer[] {
  const items: Buffer[] = []
  for (let place = 0; place + 4 <= batch.length;) {
    const end = place + 4 + batch.readUInt32BE(place)
    if (end > batch.length) return []
    items.push(batch.subarray(place + 4, end))
    place = end
  }
  return items
}

let built: Promise<string> | undefined

/** The app's own code for keys and storage, in one script that a page can be given. */
function script(): Promise<string> {
  built ??= bundle()
  return built
}

async function bundle(): Promise<string> {
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: join(root, 'e2e/harness/force/open-everything.ts'), name: 'force', formats: ['iife'] },
    },
  })
  const [output] = [result].flat()
  if (output === undefined || !('output' in output)) throw new Error('nothing was built')
  const [{ code }] = output.output
  // A script that is evaluated keeps its variables to itself.
  return `${code}\nglobalThis.force = force; undefined`
}
