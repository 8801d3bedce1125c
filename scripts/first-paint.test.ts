import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { codeParts } from '../client/code-parts.ts'
import { buildClient } from './build.ts'
import {
  allScripts,
  firstPaintKiB,
  firstPaintScripts,
  gzippedBytes,
  scriptsOfPart,
  wholeAppKiB,
} from './first-paint.ts'
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

test('all scripts count, whatever asks for them', () => {
  const dist = plant({
    'index.html': '',
    'assets/a-1.js': '',
    'assets/worker-1.js': '',
    'assets/a-1.css': '',
  })
  expect([...allScripts(dist)].sort()).toEqual(['a-1.js', 'worker-1.js'])
})

test(`the whole app is at most ${wholeAppKiB} KiB of JavaScript`, { timeout: 120_000 }, async () => {
  await buildClient()
  const dist = join(root, 'client/dist')
  expect(gzippedBytes(join(dist, 'assets'), allScripts(dist)) / 1024).toBeLessThanOrEqual(wholeAppKiB)
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

test('each part of the app rests on earlier parts alone', { timeout: 120_000 }, async () => {
  await buildClient()
  const dist = join(root, 'client/dist')
  const names = codeParts.map(({ name }) => name)
  const restsOn = Object.fromEntries(
    names.map((part) => {
      const scripts = scriptsOfPart(dist, part)
      return [part, names.filter((name) => scripts.some((script) => script.startsWith(`${name}-`)))]
    }),
  )
  for (const [place, part] of names.entries()) {
    expect(restsOn[part]?.at(-1), `${part} needs a later part`).toBe(names[place])
  }
  // Whoever opens a link sees the door before the rest is there.
  expect(restsOn['doors']).toEqual(['main', 'start', 'doors'])
})
