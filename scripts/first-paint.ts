import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** KiB after gzip that a browser fetches of JavaScript before the first messages are painted. */
export const firstPaintKiB = 90

/** KiB after gzip of all JavaScript of the app, whatever is fetched when. */
export const wholeAppKiB = 450

/** The catalogues of words: everybody reads in one of them. */
const catalogues = ['english', 'spanish']

/** Names of the scripts that a built app needs before the first paint, in the language with the longest words. */
export function firstPaintScripts(dist: string): readonly string[] {
  const assets = join(dist, 'assets')
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const page = closure(assets, found(html, /assets\/([^"]+\.js)"/g))
  // What the page's own script asks for is the app as it is first seen; what the app asks for comes after that.
  const app = page.flatMap((name) => found(read(assets, name), /import\(\s*["'`]\.\/([^"'`]+\.js)["'`]/g))
  const ways = catalogues.map((language) => {
    const others = catalogues.filter((other) => other !== language)
    const fetched = app.filter((name) => !others.some((other) => name.startsWith(`${other}-`)))
    return closure(assets, [...page, ...fetched])
  })
  return ways.toSorted((a, b) => gzippedBytes(assets, b) - gzippedBytes(assets, a))[0] ?? []
}

/** Names of the scripts without which one part of a built app does not run, its own included (`client/code-parts.ts`). */
export function scriptsOfPart(dist: string, part: string): readonly string[] {
  const own = allScripts(dist).filter((name) => name.startsWith(`${part}-`))
  return closure(join(dist, 'assets'), own)
}

/** Names of all scripts of a built app. */
export function allScripts(dist: string): readonly string[] {
  return readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js'))
}

export function gzippedBytes(assets: string, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + gzipSync(read(assets, name)).length, 0)
}

/** With all that these import before any of their own code runs. */
function closure(assets: string, entries: readonly string[]): string[] {
  const seen = new Set<string>()
  const open = [...entries]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    open.push(...found(read(assets, name), /(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g))
  }
  return [...seen]
}

function found(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name]) => name ?? '')
}

function read(assets: string, name: string): string {
  return readFileSync(join(assets, name), 'utf8')
}
