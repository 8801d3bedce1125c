import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { buildClient } from './build.ts'
import { firstPaintKiB, firstPaintScripts, gzippedBytes } from './first-paint.ts'
import { root } from './run.ts'

function plant(files: Readonly<Record<string, string>>): string {
  const dist = mkdtempSync(join(tmpdir(), 'clique-dist-'))
  onTestFinished(() => rmSync(dist, { recursive: true }))
  mkdirSync(join(dist, 'assets'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dist, name), text)
  return dist
}

test('the first paint waits for what is imported, for what the first script fetches, and for one language', () => {
  const dist = plant({
    'index.html': '<script type="module" src="/assets/index-1.js"></script>',
    'assets/index-1.js':
      'import"./door-1.js";let a=()=>import(`./start-1.js`),b=()=>import("./english-1.js"),c=()=>import("./spanish-1.js")',
    'assets/door-1.js': '',
    'assets/start-1.js': 'import{a as b}from"./runtime-1.js";let later=()=>import(`./later-1.js`)',
    'assets/runtime-1.js': 'export let a=1',
    'assets/english-1.js': 'words',
    'assets/spanish-1.js': 'palabras, que son más',
    'assets/later-1.js': 'import"./runtime-1.js"',
  })
  expect([...firstPaintScripts(dist)].sort()).toEqual([
    'door-1.js',
    'index-1.js',
    'runtime-1.js',
    'spanish-1.js',
    'start-1.js',
  ])
})

test(
  `the app asks for at most ${firstPaintKiB} KiB of JavaScript before the first messages are painted`,
  { timeout: 120_000 },
  async () => {
    await buildClient()
    const dist = join(root, 'client/dist')
    const scripts = firstPaintScripts(dist)
    expect(scripts.some((name) => name.startsWith('start-'))).toBe(true)
    expect(gzippedBytes(join(dist, 'assets'), scripts) / 1024).toBeLessThanOrEqual(firstPaintKiB)
  },
)
