import type { Page } from '@playwright/test'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../../scripts/run.ts'
import { mailboxIdOf } from '@clique/crypto/verify'
import { keyOfSeed } from '../../relay/protocol/testing/relay-key.ts'
import { Device } from '../../relay/src/testing/device.ts'
import type { NamedDevice, MoreKeys } from './force/name-device.ts'
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
  more: MoreKeys = { privateKeys: [], epochSecrets: [] },
): Promise<{ traces: Trace[]; opened: number; keys: number }> {
  const stored = await Promise.all(from.people.map((person) => bytesOnDevice(person.page)))
  const pieces = [
    ...cellsOf(from.relay.files()).flatMap(({ bytes }) => [bytes, ...itemsIn(bytes)]),
    ...stored.flat(),
  ]
  await thief.page.evaluate(await script())
  const { opened, keys } = await thief.page.evaluate(
    async ({ texts, privateKeys, epochSecrets }) => {
      const tools = globalThis as unknown as {
        force: { openEverything(pieces: Uint8Array[], more: MoreKeys): Promise<Loot> }
      }
      const toBytes = (all: string[]) =>
        all.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)))
      const loot = await tools.force.openEverything(toBytes(texts), {
        privateKeys: toBytes(privateKeys),
        epochSecrets: toBytes(epochSecrets),
      })
      const toText = (bytes: Uint8Array): string =>
        btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
      return { opened: loot.opened.map(toText), keys: loot.keys }
    },
    {
      texts: [...new Set(pieces.map((bytes) => bytes.toString('base64')))],
      privateKeys: more.privateKeys.map(toBase64),
      epochSecrets: more.epochSecrets.map(toBase64),
    },
  )
  const traces = findTraces(
    markers,
    opened.map((text) => ({ where: 'opened', bytes: Buffer.from(text, 'base64') })),
  )
  return { traces, opened: opened.length, keys }
}

/**
 * Has a changed app of somebody name another device of theirs, by what it knows, which may be what it knew before they were
 * removed; and lay what it signed down at the relay as anybody can who was ever in. Gives the keys that it made, and the item.
 */
export async function namesDevice(
  thief: Person,
  relay: Pick<Relay, 'url'>,
): Promise<MoreKeys & { item: Buffer }> {
  await thief.page.evaluate(await script())
  const made = await thief.page.evaluate(async () => {
    const tools = globalThis as unknown as { force: { nameDevice(): Promise<NamedDevice> } }
    const { item, mailboxSeed, privateKeys, epochSecrets } = await tools.force.nameDevice()
    return [[item], [mailboxSeed], [...privateKeys], [...epochSecrets]].map((all) =>
      all.map((bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))),
    )
  })
  const [[item], [seed], privateKeys = [], epochSecrets = []] = made.map((all) => all.map(fromBase64)) as [
    [Buffer],
    [Buffer],
    Buffer[],
    Buffer[],
  ]
  const key = keyOfSeed(seed)
  const device = await Device.hello(relay.url)
  try {
    await device.open(key, 'control')
    await device.append(mailboxIdOf(key.publicKey), [item])
  } finally {
    await device.close()
  }
  return { item, privateKeys, epochSecrets }
}

/** Whether the app of somebody keeps this among what it was sent, as sealed. */
export async function keeps({ page }: Person, item: Buffer): Promise<boolean> {
  return (await bytesOnDevice(page)).some((bytes) => bytes.equals(item))
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64')
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
