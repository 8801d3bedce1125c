import { isHashed } from './answers.ts'

/** A file of the built app: its path, and the hash that its content must have. */
export interface AppFile {
  readonly url: string
  readonly integrity: string
}

const prefix = 'clique-app-'
const pageFile = '/index.html'

/** A relay on a small board answers quicker when it is not asked for everything at once. */
const fetchedAtOnce = 6

type Fetch = (url: string, options: RequestInit) => Promise<Response>

/**
 * One version of the app, in a cache of its own that is whole or not used. Caches are named by all that is in them, so
 * two versions never share one, and the same version finds its own again.
 */
export class AppVersion {
  readonly #files: readonly AppFile[]
  readonly #name: string

  private constructor(files: readonly AppFile[], name: string) {
    this.#files = files
    this.#name = name
  }

  static async of(files: readonly AppFile[]): Promise<AppVersion> {
    const all = files.map(({ url, integrity }) => `${url} ${integrity}`).sort()
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(all.join('\n')))
    const hex = Array.from(new Uint8Array(hash, 0, 16), (byte) => byte.toString(16).padStart(2, '0'))
    return new AppVersion(files, prefix + hex.join(''))
  }

  /**
   * Fetches what is not here yet. The browser compares every file with its hash, so files of two versions never mix,
   * even if the relay changes what it serves meanwhile. @throws when any file cannot be had: by then nothing is under
   * way any more, what came is kept for the next try, and no page is shown from it.
   */
  async keep(fetch: Fetch): Promise<void> {
    const cache = await caches.open(this.#name)
    const left = [...this.#files]
    const work = async (): Promise<void> => {
      for (let file = left.pop(); file !== undefined; file = left.pop()) await keepFile(cache, file, fetch)
    }
    const ends = await Promise.allSettled(Array.from({ length: fetchedAtOnce }, work))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    const kept = await (await caches.open(this.#name)).keys()
    if (kept.length !== this.#files.length) throw new Error('the browser did not keep the whole app')
  }

  async page(): Promise<Response | undefined> {
    return (await caches.open(this.#name)).match(pageFile)
  }

  /** Of this version, else of an older one whose pages are still open. */
  async file(path: string): Promise<Response | undefined> {
    const own = await (await caches.open(this.#name)).match(path)
    return own ?? (isHashed(path) ? await findInAll(path) : undefined)
  }

  /** Deletes every other version but those that have one of these scripts, which open pages run. */
  async sweep(scriptsInUse: readonly string[]): Promise<void> {
    for (const name of await caches.keys()) {
      if (name === this.#name || !name.startsWith(prefix)) continue
      const cache = await caches.open(name)
      const found = await Promise.all(scriptsInUse.map((path) => cache.match(path)))
      if (found.every((script) => script === undefined)) await caches.delete(name)
    }
  }
}

async function keepFile(cache: Cache, { url, integrity }: AppFile, fetch: Fetch): Promise<void> {
  const known = isHashed(url) ? await findInAll(url) : undefined
  const response =
    known ??
    (await fetch(url, {
      integrity,
      // A page that came by a redirection could not be shown for the address that was asked for.
      redirect: 'error',
      cache: isHashed(url) ? 'default' : 'no-cache',
    }))
  if (!response.ok) throw new Error(`${url} was not to be had: ${response.status}`)
  await cache.put(url, response)
}

async function findInAll(path: string): Promise<Response | undefined> {
  for (const name of await caches.keys()) {
    if (!name.startsWith(prefix)) continue
    const found = await (await caches.open(name)).match(path)
    if (found !== undefined) return found
  }
  return undefined
}
