import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Inside the project, as compilers look for packages and their types from where a file lies upwards.
const base = mkdtempSync(join(root, 'node_modules', '.types-test-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** What the compiler says about one file under a workspace's own configuration. */
function complaintsAbout(config: string, text: string): string {
  const folder = mkdtempSync(join(base, 'x-'))
  writeFileSync(join(folder, 'planted.ts'), `${text}\nexport {}\n`)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, config), files: ['planted.ts'], include: [], exclude: [] }),
  )
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
  return stdout
}

const wrong: readonly (readonly [string, string, string])[] = [
  ['crypto/tsconfig.json', 'document.title = "x"', 'document'],
  ['crypto/tsconfig.json', 'process.exit(1)', 'process'],
  ['crypto/tsconfig.json', 'void fetch("x")', 'fetch'],
  ['crypto/tsconfig.json', 'setTimeout(() => {}, 1)', 'setTimeout'],
  ['relay/protocol/tsconfig.json', 'document.title = "x"', 'document'],
  ['relay/protocol/tsconfig.json', 'Buffer.from("x")', 'Buffer'],
  ['relay/tsconfig.json', 'document.title = "x"', 'document'],
  ['relay/tsconfig.json', 'indexedDB.open("x")', 'indexedDB'],
  ['client/tsconfig.json', 'process.exit(1)', 'process'],
  ['client/tsconfig.json', 'import "node:fs"', 'node:fs'],
  ['client/tsconfig.json', 'enum A { B }', 'erasableSyntaxOnly'],
]

test.each(wrong)('%s refuses %s', { timeout: 60_000 }, (config, text, word) => {
  expect(complaintsAbout(config, text)).toContain(word)
})

const right: readonly (readonly [string, string])[] = [
  ['relay/tsconfig.json', 'process.exit(1)'],
  ['client/tsconfig.json', 'document.title = "x"'],
]

test.each(right)('%s takes %s', { timeout: 60_000 }, (config, text) => {
  expect(complaintsAbout(config, text)).toBe('')
})
