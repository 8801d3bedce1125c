import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'
import { contentSecurityPolicy } from './client/csp-plugin.ts'
import { serviceWorker } from './client/service-worker-plugin.ts'
import { svelte } from '@sveltejs/vite-plugin-svelte'

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Dexie's own build for the browsers that this app runs in; its front door gives a larger one, for older ones. */
export const modernDexie = { find: /^dexie$/, replacement: 'dexie/dist/modern/dexie.mjs' }

/** What y-webrtc uses of simple-peer is a hundred lines; the rest is media, and streams as Node has them. */
export const smallPeer = {
  find: 'simple-peer/simplepeer.min.js',
  replacement: fileURLToPath(new URL('./client/src/live/peer.ts', import.meta.url)),
}

/** Noise has two names: ours, and the one under which libp2p's WebRTC asks for it. One of them is enough in the app. */
const oneNoise = { find: '@libp2p/noise', replacement: '@chainsafe/libp2p-noise' }

/**
 * What the first paint hashes is hashed by SHA-256. The package has SHA-512, with its long tables, in the same file, and
 * a file goes into one chunk: for `hash.ts` it is a file of its own, of which the other half is left out.
 */
const hashAlone: Plugin = {
  name: 'hash-alone',
  enforce: 'pre',
  async resolveId(source, importer) {
    if (source !== '@noble/hashes/sha2.js' || importer?.endsWith('/crypto/src/hash.ts') !== true) return null
    const found = await this.resolve(source, importer, { skipSelf: true })
    return found === null ? null : `${found.id}?alone`
  },
}

export default defineConfig({
  root: 'client',
  define: { __APP_VERSION__: JSON.stringify(version) },
  resolve: { alias: [modernDexie, smallPeer, oneNoise] },
  plugins: [hashAlone, svelte({ configFile: false }), contentSecurityPolicy(), serviceWorker()],
  // Workers are loaded through `?worker&url`, because a strict policy wants one place that makes their addresses.
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Nothing becomes a data: address: the content security policy would refuse it.
    assetsInlineLimit: 0,
    // The polyfill is an inline script in old browsers; those that Clique supports do not need it.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // One file for all that the first paint rests on: thirty small ones are slower to ask for, and larger. The
        // script that looks whether the app can run at all stays apart from it.
        codeSplitting: {
          groups: [
            { name: 'main', test: /[\\/]app[\\/]main\.ts$/, priority: 2 },
            { name: 'start', test: /[\\/]app[\\/](start|prepare)\.ts$/, priority: 1 },
          ],
        },
      },
    },
  },
})
