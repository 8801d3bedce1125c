import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { checkTree } from './ranks/check.ts'
import { findCycles } from './ranks/cycles.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const base = mkdtempSync(join(tmpdir(), 'clique-ranks-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** A small project as the design lays it out, in which every import is right. */
const right: Readonly<Record<string, string>> = {
  'package.json': '{"devDependencies":{"vitest":"*"}}',
  'crypto/package.json': '{"dependencies":{"cborg":"*"}}',
  'crypto/src/index.ts': `export * from './cbor.ts'`,
  'crypto/src/verify.ts': `export * from './cbor.ts'`,
  'crypto/src/cbor.ts': `import { encode } from 'cborg'\nexport const cbor = encode`,
  'relay/package.json': '{"dependencies":{"libp2p":"*"}}',
  'relay/protocol/index.ts': `export { cbor } from '@clique/crypto/verify'`,
  'relay/src/main.ts': `import 'node:http'\nimport 'libp2p'\nimport '../protocol/index.ts'\nimport '@clique/crypto/verify'`,
  'relay/src/main.test.ts': `import '@clique/crypto'\nimport './main.ts'\nimport 'vitest'`,
  'client/package.json':
    '{"dependencies":{"dexie":"*","libp2p":"*","@libp2p/webrtc":"*","y-webrtc":"*","yjs":"*","svelte":"*"}}',
  'client/src/storage/database.ts': `import 'dexie'\nexport type Row = { id: string }`,
  'client/src/network/node.ts': `import 'libp2p'\nimport '@libp2p/webrtc'\nimport '@clique/relay/protocol'`,
  'client/src/live/room.ts': `import 'y-webrtc'\nimport '../documents/gate.ts'`,
  'client/src/documents/gate.ts': `import type { Row } from '../storage/database.ts'\nimport '@clique/crypto'\nimport 'yjs'\nexport type R = Row`,
  'client/src/sync/engine.ts': `export const worker = new URL('../documents/gate.ts', import.meta.url)`,
  'client/src/messaging/Chat.svelte': `<script lang="ts">\n  import Button from '../ui/Button.svelte'\n</script>\n\n{#await import('../sync/engine.ts')}<Button />{/await}`,
  'client/src/ui/Button.svelte': `<button>Button</button>`,
  'client/src/app/main.ts': `import Chat from '../messaging/Chat.svelte'\nexport const chat = Chat\nexport const later = () => import('../network/node.ts')`,
}

let trees = 0
function plant(files: Readonly<Record<string, string>>): string {
  const tree = join(base, String((trees += 1)))
  for (const [path, text] of Object.entries({ ...right, ...files })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), `${text}\n`)
  }
  return tree
}

function reportsOf(files: Readonly<Record<string, string>>): string[] {
  return checkTree(plant(files)).map(({ file, line, message }) => `${file}:${line}: ${message}`)
}

test('a right tree is reported clean', () => {
  expect(reportsOf({})).toEqual([])
})

describe('every way to name a file is seen', () => {
  const up = '../messaging/log.ts'
  const ways: readonly (readonly [string, string, string])[] = [
    ['static import', 'x.ts', `import '${up}'`],
    ['import type', 'x.ts', `import type { A } from '${up}'\nexport type B = A`],
    ['export from', 'x.ts', `export * from '${up}'`],
    ['export type from', 'x.ts', `export type { A } from '${up}'`],
    ['dynamic import', 'x.ts', `export const a = () => import('${up}')`],
    ['dynamic import with a template', 'x.ts', 'export const a = () => import(`' + up + '`)'],
    ['import type by expression', 'x.ts', `export type A = import('${up}').A`],
    ['typeof import', 'x.ts', `export type A = typeof import('${up}')`],
    ['import equals', 'x.ts', `import a = require('${up}')\nexport { a }`],
    ['module augmentation', 'x.ts', `declare module '${up}' { interface A { b: 1 } }`],
    ['triple slash', 'x.ts', `/// <reference path="${up}" />`],
    ['new URL', 'x.ts', `export const a = new URL('${up}', import.meta.url)`],
    ['a worker by address', 'x.ts', `export const a = new Worker(new URL('${up}', import.meta.url))`],
    ['a worker suffix', 'x.ts', `import url from '${up}?worker&url'\nexport { url }`],
    ['import.meta.glob', 'x.ts', `export const a = import.meta.glob('${up}')`],
    ['a path from the client folder', 'x.ts', `import '/src/messaging/log.ts'`],
    ['a path that climbs out and in again', 'x.ts', `import '../../../client/src/messaging/log.ts'`],
    ['a path without its ending', 'x.ts', `import '../messaging/log'`],
    ['a Svelte script', 'X.svelte', `<script lang="ts">\n  import '${up}'\n</script>`],
    ['a Svelte module script', 'X.svelte', `<script module lang="ts">\n  export * from '${up}'\n</script>`],
    ['a type in a Svelte script', 'X.svelte', `<script lang="ts">\n  let a: import('${up}').A\n</script>`],
    [
      'new URL in a Svelte script',
      'X.svelte',
      `<script lang="ts">\n  let a = new URL('${up}', import.meta.url)\n</script>`,
    ],
    ['Svelte markup', 'X.svelte', `{#await import('${up}') then a}{a}{/await}`],
    ['a handler in Svelte markup', 'X.svelte', `<button onclick={() => import('${up}')}>b</button>`],
    ['a type in Svelte markup', 'X.svelte', `<script lang="ts"></script>{(1 as import('${up}').A)}`],
  ]
  test.each(ways)('%s', (_, name, text) => {
    const reports = reportsOf({
      [`client/src/sync/${name}`]: text,
      'client/src/messaging/log.ts': 'export type A = 1',
    })
    expect(reports).toHaveLength(1)
    expect(reports[0]).toContain(`client/src/sync/${name}`)
    expect(reports[0]).toContain('messaging ranks above sync')
  })
})

describe('every rule is kept', () => {
  const rules: readonly (readonly [string, string, string, string])[] = [
    ['one rank', 'client/src/sync/x.ts', `import '../live/room.ts'`, 'sync and live are of one rank'],
    ['lowest rank', 'client/src/ui/x.ts', `import '../words/y.ts'`, 'ui and words are of one rank'],
    ['every layer below app', 'client/src/social/x.ts', `import '../app/main.ts'`, 'app ranks above social'],
    ['an unknown layer', 'client/src/utils/x.ts', `import '../ui/y.ts'`, 'utils is no layer of the client'],
    ['dexie', 'client/src/documents/x.ts', `import 'dexie'`, 'dexie belongs to client/src/storage alone'],
    [
      'libp2p',
      'client/src/sync/x.ts',
      `import type { A } from 'libp2p'`,
      'libp2p belongs to client/src/network alone',
    ],
    [
      'parts of libp2p',
      'client/src/app/x.ts',
      `import('@libp2p/webrtc')`,
      'libp2p belongs to client/src/network',
    ],
    ['y-webrtc', 'client/src/sync/x.ts', `import 'y-webrtc'`, 'y-webrtc belongs to client/src/live alone'],
    [
      'Node in the client',
      'client/src/app/x.ts',
      `import 'node:fs'`,
      'client/src does not run in Node alone',
    ],
    ['the relay inside', 'client/src/network/x.ts', `import '../../../relay/src/main.ts'`, 'use its door'],
    ['past the door', 'client/src/sync/x.ts', `import '../../../crypto/src/cbor.ts'`, 'use its door'],
    ['no door', 'client/src/sync/x.ts', `import '@clique/crypto/src/cbor.ts'`, 'is no door of a workspace'],
    [
      'secrets in the relay',
      'relay/src/x.ts',
      `import type { A } from '@clique/crypto'`,
      'may import @clique/crypto/verify only',
    ],
    [
      'secrets by path',
      'relay/src/x.ts',
      `import '../../crypto/src/cbor.ts'`,
      'may import @clique/crypto/verify only',
    ],
    [
      'secrets by link',
      'relay/src/x.ts',
      `import '../../node_modules/@clique/crypto/src/x.ts'`,
      'is in another workspace',
    ],
    [
      'secrets in the protocol',
      'relay/protocol/x.ts',
      `import '@clique/crypto'`,
      'may import @clique/crypto/verify only',
    ],
    ['the server in the protocol', 'relay/protocol/x.ts', `import '../src/main.ts'`, 'is the server'],
    [
      'Node in the protocol',
      'relay/protocol/x.ts',
      `import 'node:net'`,
      'relay/protocol does not run in Node alone',
    ],
    [
      'the client in the relay',
      'relay/src/x.ts',
      `import '../../client/src/ui/a.ts'`,
      'in another workspace',
    ],
    ['Yjs in crypto', 'crypto/src/x.ts', `import 'yjs'`, 'is foreign to the security layer'],
    ['libp2p in crypto', 'crypto/src/x.ts', `import '@libp2p/crypto'`, 'is foreign to the security layer'],
    ['dexie in crypto', 'crypto/src/x.ts', `import 'dexie'`, 'is foreign to the security layer'],
    ['Node in crypto', 'crypto/src/x.ts', `import 'node:crypto'`, 'crypto does not run in Node alone'],
    ['the relay in crypto', 'crypto/src/x.ts', `import '@clique/relay/protocol'`, 'no door for crypto'],
    ['a package not named', 'relay/src/x.ts', `import 'left-pad'`, 'is not among the dependencies'],
    ['a tool in what ships', 'relay/src/x.ts', `import 'vitest'`, 'is not among the dependencies'],
    ['tests in what ships', 'relay/src/x.ts', `import './main.test.ts'`, 'is there for tests only'],
    ['the outside', 'client/src/app/x.ts', `import '../../../../shared/x.ts'`, 'leaves the project'],
    ['an alias', 'client/src/app/x.ts', `import '$lib/x'`, 'is an alias or an address'],
    ['an address', 'client/src/app/x.ts', `import 'https://cdn.example/x.js'`, 'is an alias or an address'],
    [
      'a computed name',
      'client/src/app/x.ts',
      'export const a = (b: string) => import(`./${b}.ts`)',
      'computed name',
    ],
    ['a long file', 'client/src/app/x.ts', 'export {}\n'.repeat(401), '402 lines'],
  ]
  test.each(rules)('%s', (_, file, text, message) => {
    const reports = reportsOf({ [file]: text })
    expect(reports).toHaveLength(1)
    expect(reports[0]).toContain(`${file}:`)
    expect(reports[0]).toContain(message)
  })

  test('a long file that gives its reason is taken', () => {
    const text = `// over 400 lines: one table that nobody reads in parts\n${'export {}\n'.repeat(401)}`
    expect(reportsOf({ 'client/src/app/x.ts': text })).toEqual([])
  })
})

describe('circles', () => {
  test('two files, one by a type and one by a dynamic import', () => {
    const reports = reportsOf({
      'client/src/sync/a.ts': `export type A = import('./b.ts').B`,
      'client/src/sync/b.ts': `export type B = 1\nexport const a = () => import('./a.ts')`,
    })
    expect(reports).toEqual([
      'client/src/sync/a.ts:1: imports go in a circle: client/src/sync/a.ts > client/src/sync/b.ts > client/src/sync/a.ts',
    ])
  })

  test('through a component', () => {
    const reports = reportsOf({
      'client/src/ui/A.svelte': `{#await import('./b.ts')}{/await}`,
      'client/src/ui/b.ts': `import A from './A.svelte'\nexport { A }`,
    })
    expect(reports).toHaveLength(1)
    expect(reports[0]).toContain('circle')
  })

  test('the shortest circle of each knot is named', () => {
    const graph = new Map(
      Object.entries({ a: ['b'], b: ['c'], c: ['d', 'b'], d: ['a'], x: ['y'], y: ['x'], z: ['z', 'a'] }).map(
        ([file, imported]) => [file, new Set(imported)] as const,
      ),
    )
    expect(findCycles(graph)).toEqual([
      ['b', 'c'],
      ['x', 'y'],
    ])
  })
})

test('the linter knows the same bans', { timeout: 60_000 }, () => {
  const tree = plant({
    'client/src/sync/x.ts': `import '../messaging/Chat.svelte'\nexport const a = () => import('../security/y.ts')`,
    'client/src/ui/X.svelte': `<script lang="ts">\n  import '../words/y.ts'\n</script>`,
    'client/src/app/y.ts': `import 'dexie'`,
    'relay/src/x.ts': `export * from '@clique/crypto'`,
    'crypto/src/x.ts': `import 'yjs'`,
    'client/src/sync/one.ts': `import './two.ts'\nexport const one = 1`,
    'client/src/sync/two.ts': `import { one } from './one.ts'\nexport const two = one`,
  })
  cpSync(join(root, 'oxlint.config.ts'), join(tree, 'oxlint.config.ts'))
  cpSync(join(root, 'scripts/ranks/table.ts'), join(tree, 'scripts/ranks/table.ts'))
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  const lint = join(root, 'node_modules/.bin/oxlint')
  const { stdout } = spawnSync(lint, ['-f', 'unix', 'client', 'relay', 'crypto'], {
    cwd: tree,
    encoding: 'utf8',
  })
  for (const file of [
    'client/src/sync/x.ts:1',
    'client/src/sync/x.ts:2',
    'client/src/ui/X.svelte:2',
    'client/src/app/y.ts:1',
    'relay/src/x.ts:1',
    'crypto/src/x.ts:1',
  ]) {
    expect(stdout).toMatch(new RegExp(`${file.replaceAll('.', '\\.')}:.*restricted`))
  }
  expect(stdout).toMatch(/client\/src\/sync\/one\.ts:1:.*cycle/)
  expect(stdout).not.toMatch(/client\/src\/app\/main\.ts|relay\/src\/main|gate\.ts/)
})
