import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppVersion } from './app-version.ts'
import type { AppFile } from './app-version.ts'

/** Served by nobody but the test. */
class Server {
  readonly asked: string[] = []
  readonly #contents: Readonly<Record<string, string>>
  constructor(contents: Readonly<Record<string, string>>) {
    this.#contents = contents
  }

  /** As `fetch` does it: content that has not the right hash is an error. */
  readonly fetch = async (url: string, { integrity }: RequestInit): Promise<Response> => {
    this.asked.push(url)
    const content = this.#contents[url]
    if (content === undefined) return new Response('not-found', { status: 404 })
    if ((await hashOf(content)) !== integrity) throw new TypeError('not what was asked for')
    return new Response(content)
  }
}

async function hashOf(content: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content)))
  return `sha256-${btoa(String.fromCharCode(...hash))}`
}

async function filesOf(contents: Readonly<Record<string, string>>): Promise<AppFile[]> {
  return Promise.all(
    Object.entries(contents).map(async ([url, content]) => ({ url, integrity: await hashOf(content) })),
  )
}

const first = {
  '/index.html': 'first page',
  '/assets/start-1.js': 'first start',
  '/assets/later-1.js': 'first later part',
  '/assets/same-0.js': 'the same in both',
}
const second = {
  '/index.html': 'second page',
  '/assets/start-2.js': 'second start',
  '/assets/same-0.js': 'the same in both',
}

async function clear(): Promise<void> {
  for (const name of await caches.keys()) await caches.delete(name)
}
beforeEach(clear)
afterEach(clear)

async function kept(contents: Readonly<Record<string, string>>): Promise<AppVersion> {
  const version = await AppVersion.of(await filesOf(contents))
  await version.keep(new Server(contents).fetch)
  return version
}

const textOf = async (response: Promise<Response | undefined>) => (await response)?.text()

test('a version is kept whole, and nothing beyond it', async () => {
  const version = await kept(first)
  expect(await textOf(version.page())).toBe('first page')
  for (const [url, content] of Object.entries(first)) expect(await textOf(version.file(url))).toBe(content)
  expect(await version.file('/clique/about')).toBeUndefined()
})

test('each version answers with its own page, and both with the parts of older pages', async () => {
  const old = await kept(first)
  const current = await kept(second)
  expect(await textOf(old.page())).toBe('first page')
  expect(await textOf(current.page())).toBe('second page')
  expect(await textOf(current.file('/assets/later-1.js'))).toBe('first later part')
  expect(await textOf(current.file('/index.html'))).toBe('second page')
})

test('what an older version has already is not fetched again', async () => {
  await kept(first)
  const server = new Server(second)
  await (await AppVersion.of(await filesOf(second))).keep(server.fetch)
  expect(server.asked.sort()).toEqual(['/assets/start-2.js', '/index.html'])
})

test('a file of another version, or one that is missing, keeps the whole version out', async () => {
  const old = await kept(first)
  const torn = await AppVersion.of(await filesOf(second))
  const { '/assets/start-2.js': _, ...incomplete } = second
  await expect(torn.keep(new Server(incomplete).fetch)).rejects.toThrow('404')
  await expect(torn.keep(new Server({ ...second, '/index.html': 'third page' }).fetch)).rejects.toThrow(
    'not what was asked for',
  )
  expect(await textOf(old.page())).toBe('first page')
  await torn.keep(new Server(second).fetch)
  expect(await textOf(torn.page())).toBe('second page')
})

test('a try that fails ends whole, and the next one fetches only what is still missing', async () => {
  const version = await AppVersion.of(await filesOf(first))
  const { '/assets/later-1.js': _, ...incomplete } = first
  const slow = new Server(incomplete)
  let underWay = 0
  const fetchSlowly = async (url: string, options: RequestInit) => {
    underWay++
    if (url !== '/assets/later-1.js') await new Promise((resolve) => setTimeout(resolve, 100))
    underWay--
    return slow.fetch(url, options)
  }
  await expect(version.keep(fetchSlowly)).rejects.toThrow('404')
  expect(underWay).toBe(0)
  const server = new Server(first)
  await version.keep(server.fetch)
  expect(server.asked.sort()).toEqual(['/assets/later-1.js', '/index.html'])
})

test('sweeping leaves what open pages run, and caches that are not the app’s', async () => {
  await caches.open('of somebody else')
  await kept(first)
  const current = await kept(second)
  await current.sweep(['/assets/start-1.js'])
  expect(await textOf(current.file('/assets/later-1.js'))).toBe('first later part')
  await current.sweep(['/assets/start-2.js', '/assets/unknown.js'])
  expect(await current.file('/assets/later-1.js')).toBeUndefined()
  expect(await textOf(current.page())).toBe('second page')
  expect((await caches.keys()).length).toBe(2)
})

test('the same files are the same version, in whatever order', async () => {
  await kept(first)
  await (
    await AppVersion.of((await filesOf(first)).reverse())
  )
    .keep(new Server({}).fetch)
    .catch(() => undefined)
  expect(await caches.keys()).toHaveLength(1)
})
