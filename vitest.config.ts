import { defineConfig } from 'vitest/config'
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { playwright } from '@vitest/browser-playwright'
import { suites } from './crypto/vectors/suites.ts'
import { browserArguments } from './e2e/harness/browser-arguments.ts'
import { presentBrowser } from './scripts/browser.ts'
import { crashCommands } from './client/src/app/testing/crash/commands.node.ts'
import type { CrashSettings } from './client/src/app/testing/crash/settings.ts'
import { liveCommands } from './client/src/live/testing/commands.node.ts'
import { relayCommands } from './client/src/sync/testing/relay-commands.node.ts'
import { mutantPlugin } from './scripts/testing/mutants/plugin.ts'
import { modernDexie, smallPeer } from './vite.config.ts'

const svelteSource = fileURLToPath(new URL('./node_modules/svelte/src', import.meta.url))
/** For all projects: a limit is there to end what hangs, not to measure a machine that does other things too. */
const patience = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Left to itself, what is waited for is given up after one second.
  expect: { poll: { timeout: 30_000 } },
}
const common = { ...patience, setupFiles: ['./scripts/seed.ts'] }

/** Properties meet other cases in every run; the seed of a run is printed, to meet the same ones again. */
const given = process.env['CLIQUE_SEED']
const seed = given === undefined ? randomInt(2 ** 31) : Number(given)
if (!Number.isSafeInteger(seed)) throw new Error('CLIQUE_SEED is not a whole number')
// This file is read once for each project; all of them are to have the seed that was printed.
process.env['CLIQUE_SEED'] = String(seed)
if (given === undefined) console.log(`CLIQUE_SEED=${seed}`)

const chromium = presentBrowser()

/** A page cannot read files: it is handed the outside vectors, where there are any. */
const vectorsFolder =
  process.env['CLIQUE_VECTORS'] ?? fileURLToPath(new URL('../shared/vectors', import.meta.url))
const vectors = existsSync(vectorsFolder)
  ? Object.fromEntries(suites.map(({ path }) => [path, readFileSync(join(vectorsFolder, path), 'utf8')]))
  : null

/** `npm run crash` stops the paths of writing everywhere; other runs stop each of them in some places. */
const crash: CrashSettings = JSON.parse(process.env['CLIQUE_CRASH'] ?? '{"points":3,"only":null}')

export default defineConfig({
  test: {
    // The tests share a small machine with what they start: relays, compilers, browsers.
    maxWorkers: 2,
    provide: { seed, crash },
    projects: [
      {
        plugins: mutantPlugin(),
        test: {
          name: 'crypto',
          include: ['crypto/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
          ...common,
        },
      },
      {
        plugins: mutantPlugin(),
        test: { name: 'relay', include: ['relay/**/*.test.ts'], ...common },
      },
      {
        plugins: [svelte({ configFile: false }), ...mutantPlugin()],
        // Runes are to react in a test as they do in a page: Svelte alone is resolved to its browser half, while
        // other packages stay what they are in Node (libp2p, for instance, has two halves too).
        resolve: {
          alias: [
            { find: /^svelte((\/(store|reactivity))?)$/, replacement: `${svelteSource}$1/index-client.js` },
          ],
        },
        test: {
          name: 'client',
          include: ['client/src/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
          environment: './scripts/browser-like.ts',
          server: { deps: { inline: [/\/node_modules\/(svelte|@lucide)\//] } },
          ...common,
        },
      },
      {
        plugins: [svelte({ configFile: false }), ...mutantPlugin()],
        resolve: { alias: [modernDexie, smallPeer] },
        // What rests on the platform itself (IndexedDB, Web Locks, WebCrypto) is tested in a real page.
        test: {
          name: 'browser',
          provide: { vectors },
          include: ['client/src/**/*.browser.test.ts', 'crypto/**/*.browser.test.ts'],
          ...common,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(chromium === null ? {} : { executablePath: chromium }),
                args: browserArguments(),
              },
            }),
            commands: { ...liveCommands, ...crashCommands, ...relayCommands },
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'scripts',
          include: ['scripts/**/*.test.ts', 'e2e/**/*.unit.test.ts'],
          ...common,
        },
      },
    ],
  },
})
