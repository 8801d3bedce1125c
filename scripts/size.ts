import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildClient } from './build.ts'
import { giveUp, root } from './run.ts'

/**
 * `npm run size`: JavaScript of the built app in KiB after gzip: what is fetched before the first messages are painted
 * (the page's script, the app that it fetches, and all that these import statically), and everything.
 */
const assets = join(root, 'client/dist/assets')

function staticImports(code: string): string[] {
  return [...code.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)].map(([, name]) => name ?? '')
}

function closure(entries: readonly string[]): Set<string> {
  const seen = new Set<string>()
  const open = [...entries]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    open.push(...staticImports(readFileSync(join(assets, name), 'utf8')))
  }
  return seen
}

const gzipped = (name: string): number => gzipSync(readFileSync(join(assets, name))).length
const sum = (names: Iterable<string>): number => [...names].reduce((total, name) => total + gzipped(name), 0)
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`

await buildClient().catch(giveUp)
const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'))
const html = readFileSync(join(root, 'client/dist/index.html'), 'utf8')
const entries = [...html.matchAll(/assets\/([^"]+\.js)"/g)].map(([, name]) => name ?? '')
const app = scripts.filter((name) => name.startsWith('start-'))
const first = closure([...entries, ...app])
for (const name of [...first].toSorted((a, b) => gzipped(b) - gzipped(a))) {
  console.log(`${kib(gzipped(name)).padStart(10)}  ${name}`)
}
console.log(`before the first paint: ${kib(sum(first))}`)
console.log(`all scripts: ${kib(sum(scripts))}`)
