import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { giveUp, root, runQuietly } from './run.ts'

const output = join(root, 'client/dist')
const stamp = join(output, '.stamp')

/** All that the built client is made of. */
const inputs = ['client', 'crypto/src', 'relay/protocol', 'vite.config.ts', 'package-lock.json']

function filesUnder(path: string): string[] {
  const full = join(root, path)
  if (!existsSync(full)) return []
  const entries = path.includes('.') ? null : readdirSync(full, { withFileTypes: true, recursive: true })
  if (entries === null) return [full]
  return entries
    .filter((entry) => entry.isFile() && !/\.(test|bench)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(output) && !file.includes('node_modules'))
}

/** Contents decide, not times: a checkout of the same sources needs no new build. */
export function hashOfInputs(): string {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap(filesUnder).sort()) {
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Builds the client unless what lies in client/dist was made of the same sources. Throws when that fails. */
export async function buildClient(): Promise<void> {
  const wanted = hashOfInputs()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.log('building the app, as its sources have changed')
  // Whoever builds, a test runner for instance, gets the app that people get.
  const { ok, seconds } = await runQuietly('vite', ['build', '--logLevel', 'warn'], {
    NODE_ENV: 'production',
  })
  if (!ok) throw new Error('the app could not be built')
  writeFileSync(stamp, wanted)
  console.log(`built in ${seconds.toFixed(1)} s`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await buildClient().catch(giveUp)
}
