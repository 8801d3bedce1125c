import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import type { Plugin } from 'vite'
import { codeParts } from './client/code-parts.ts'
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

/**
 * Noise has two names: ours, and the one under which libp2p's WebRTC asks for it. One of them is enough in the app, and
 * the one that libp2p itself develops now shares multiformats, protons and the rest with it.
 */
const oneNoise = { find: '@chainsafe/libp2p-noise', replacement: '@libp2p/noise' }

const ours = (path: string): string => fileURLToPath(new URL(`./client/src/${path}`, import.meta.url))

/** What libraries bring along and Clique never lets them use. */
const unused = [
  { find: '@libp2p/logger', replacement: ours('network/no-log.ts') },
  { find: '@multiformats/dns', replacement: ours('network/no-dns.ts') },
  { find: 'lib0/logging', replacement: ours('live/no-log.ts') },
  { find: 'netmask', replacement: ours('network/one-netmask.ts') },
]

/** Of the four kinds of keys that libp2p knows, Clique has one. */
const oneKindOfKey: Plugin = {
  name: 'one-kind-of-key',
  enforce: 'pre',
  resolveId(source, importer) {
    if (importer?.endsWith('/@libp2p/crypto/dist/src/keys/index.js') !== true) return null
    if (!/^\.\/(rsa|ecdsa|secp256k1)\/utils\.js$/.test(source)) return null
    return ours('network/ed25519-alone.ts')
  },
}

/** Of the spellings of bytes that libp2p knows, one is a table of emoji. */
const noEmoji: Plugin = {
  name: 'no-emoji',
  enforce: 'pre',
  resolveId(source, importer) {
    if (importer?.endsWith('/multiformats/dist/src/basics.js') !== true) return null
    return source === './bases/base256emoji.js' ? ours('network/no-emoji.ts') : null
  },
}

/** A clique has its own relays, and finds nobody and nothing anywhere else. */
const noDiscovery: Plugin = {
  name: 'no-discovery',
  enforce: 'pre',
  resolveId(source, importer) {
    const isOfCircuits = importer?.endsWith('/circuit-relay-v2/dist/src/transport/index.js') === true
    if (isOfCircuits && source === './discovery.js') return ours('network/no-discovery.ts')
    const isOfAddresses = importer?.endsWith('/libp2p/dist/src/address-manager/index.js') === true
    if (isOfAddresses && ['./ip-mappings.js', './dns-mappings.js'].includes(source))
      return ours('network/no-mappings.ts')
    const isOfUtils = importer?.endsWith('/@libp2p/utils/dist/src/index.js') === true
    if (isOfUtils && source === './filters/index.js') return ours('network/exact-filter.ts')
    const isOfNode = importer?.endsWith('/libp2p/dist/src/libp2p.js') === true
    return isOfNode && ['./random-walk.js', './content-routing.js'].includes(source)
      ? ours('network/no-discovery.ts')
      : null
  },
}

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
  resolve: { alias: [modernDexie, smallPeer, oneNoise, ...unused] },
  plugins: [
    hashAlone,
    oneKindOfKey,
    noEmoji,
    noDiscovery,
    svelte({ configFile: false }),
    contentSecurityPolicy(),
    serviceWorker(),
  ],
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
        codeSplitting: { groups: codeParts },
      },
    },
  },
})
