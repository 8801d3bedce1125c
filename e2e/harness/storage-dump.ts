import type { Page } from '@playwright/test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findTraces, type Marker, type Trace } from './markers.ts'

interface Dump {
  readonly pieces: readonly { readonly where: string; readonly text?: string; readonly base64?: string }[]
  /** Where a key lies that its own page could read out. */
  readonly extractableKeys: readonly string[]
}

/** Everything that a page's origin keeps in this browser, flattened to texts and bytes. */
export async function dumpStorage(page: Page): Promise<Dump> {
  const dump = await page.evaluate(collectStorage)
  const cookies = await page.context().cookies()
  return { ...dump, pieces: [...dump.pieces, { where: 'cookies', text: JSON.stringify(cookies) }] }
}

/** Where in a browser's storage something secret lies readable; none is what has to come out. */
export async function tracesInStorage(page: Page, markers: readonly Marker[]): Promise<Trace[]> {
  const { pieces } = await dumpStorage(page)
  return findTraces(
    markers,
    pieces.map(({ where, text, base64 }) => ({
      where,
      bytes: base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64'),
    })),
  )
}

/** Bytes that an origin keeps in files of the browser (OPFS). */
export async function bytesOfFiles(page: Page): Promise<number> {
  const { pieces } = await dumpStorage(page)
  return pieces
    .filter(({ where }) => where.startsWith('OPFS/'))
    .reduce((sum, { base64 = '' }) => sum + Buffer.from(base64, 'base64').length, 0)
}

/** Where in the files of a profile that is closed something secret lies readable. */
export function tracesOnDisk(folder: string, markers: readonly Marker[]): Trace[] {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  )
  const pieces = files.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return { where: path.slice(folder.length + 1), bytes: readFileSync(path) }
  })
  return findTraces(markers, pieces)
}

/** Runs in the page, so it holds all that it needs. */
async function collectStorage(): Promise<{
  pieces: { where: string; text?: string; base64?: string }[]
  extractableKeys: string[]
}> {
  const pieces: { where: string; text?: string; base64?: string }[] = []
  const extractableKeys: string[] = []

  function addBytes(where: string, bytes: Uint8Array): void {
    let binary = ''
    for (let i = 0; i < bytes.length; i += 0x8000)
      binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
    pieces.push({ where, base64: btoa(binary) })
  }

  async function add(where: string, value: unknown): Promise<void> {
    if (value === null || value === undefined) return
    if (typeof value !== 'object') pieces.push({ where, text: String(value) })
    else if (value instanceof ArrayBuffer) addBytes(where, new Uint8Array(value))
    else if (ArrayBuffer.isView(value))
      addBytes(where, new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    else if (value instanceof Blob) addBytes(where, new Uint8Array(await value.arrayBuffer()))
    else if (value instanceof CryptoKey) {
      pieces.push({ where, text: JSON.stringify(value.algorithm) })
      if (value.extractable && value.type !== 'public') extractableKeys.push(where)
    } else if (value instanceof Map || value instanceof Set) {
      for (const [key, entry] of value.entries()) await add(`${where}/entry`, [key, entry])
    } else {
      for (const [key, entry] of Object.entries(value)) {
        // The name of a field can be the secret too.
        pieces.push({ where: `${where}/name`, text: key })
        await add(`${where}/${key.slice(0, 40)}`, entry)
      }
    }
  }

  function settle<T>(request: IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'))
    })
  }

  async function addDatabases(): Promise<void> {
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue
      pieces.push({ where: 'IndexedDB/name', text: name })
      const database = await settle(indexedDB.open(name))
      for (const store of database.objectStoreNames) {
        const source = database.transaction(store).objectStore(store)
        const [keys, values] = await Promise.all([settle(source.getAllKeys()), settle(source.getAll())])
        const indexes = [...source.indexNames].join()
        pieces.push({ where: `IndexedDB/${name}/${store}/indexes`, text: indexes })
        await add(`IndexedDB/${name}/${store}/key`, keys)
        await add(`IndexedDB/${name}/${store}`, values)
      }
      database.close()
    }
  }

  async function addCaches(): Promise<void> {
    for (const name of await caches.keys()) {
      pieces.push({ where: 'Cache storage/name', text: name })
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        pieces.push({ where: `Cache storage/${name}/address`, text: request.url })
        const answer = await cache.match(request)
        if (answer)
          addBytes(`Cache storage/${name}/${request.url}`, new Uint8Array(await answer.arrayBuffer()))
      }
    }
  }

  async function addFolder(where: string, folder: FileSystemDirectoryHandle): Promise<void> {
    const entries = folder as unknown as AsyncIterable<[string, FileSystemHandle]>
    for await (const [name, handle] of entries) {
      pieces.push({ where: `${where}/name`, text: name })
      if (handle.kind === 'directory')
        await addFolder(`${where}/${name}`, handle as FileSystemDirectoryHandle)
      else await add(`${where}/${name}`, await (handle as FileSystemFileHandle).getFile())
    }
  }

  await addDatabases()
  await addCaches()
  await addFolder('OPFS', await navigator.storage.getDirectory())
  await add('localStorage', { ...localStorage })
  await add('sessionStorage', { ...sessionStorage })
  await add('window.name', window.name)
  await add('history.state', history.state)
  return { pieces, extractableKeys }
}
