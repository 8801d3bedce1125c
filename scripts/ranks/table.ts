/**
 * Who may import whom: the one table behind the linter's bans and the whole-tree check. That the relay cannot read
 * what it stores, and that nothing bypasses the admission gate, rests on it.
 */

/** Layers of the client from the lowest to the highest; layers in one row do not import each other. */
export const clientRanks: readonly (readonly string[])[] = [
  ['ui', 'words', 'storage', 'network'],
  ['documents'],
  ['sync', 'live'],
  ['security'],
  ['media', 'status'],
  ['messaging', 'social', 'deployment'],
  ['app'],
]

/** Packages that one folder alone may import, anywhere in the client. */
export const clientPackageOwners: readonly { packages: RegExp; folder: string; name: string }[] = [
  { packages: /^dexie(\/|$)/, folder: 'client/src/storage', name: 'dexie' },
  {
    packages: /^(libp2p|@libp2p|@multiformats)(\/|$)|^@chainsafe\/libp2p-/,
    folder: 'client/src/network',
    name: 'libp2p',
  },
  { packages: /^y-webrtc(\/|$)/, folder: 'client/src/live', name: 'y-webrtc' },
]

/** What the security layer stays free of, whatever its package.json may say one day. */
export const foreignToCrypto = /^(yjs|y-[a-z]+|libp2p|@libp2p|@chainsafe\/libp2p-.*|dexie|svelte)(\/|$)/

export interface Workspace {
  readonly folder: string
  /** Specifiers under which other workspaces reach it, with the file behind each. */
  readonly doors: Readonly<Record<string, string>>
}

export const workspaces: readonly Workspace[] = [
  {
    folder: 'crypto',
    doors: { '@clique/crypto': 'crypto/src/index.ts', '@clique/crypto/verify': 'crypto/src/verify.ts' },
  },
  { folder: 'relay', doors: { '@clique/relay/protocol': 'relay/protocol/index.ts' } },
  { folder: 'client', doors: {} },
  { folder: 'e2e', doors: {} },
  { folder: 'scripts', doors: {} },
]

/** Doors that the files of a folder may go through. A longer folder name goes before a shorter one. */
export const doorsOf: readonly { folder: string; doors: readonly string[] }[] = [
  { folder: 'crypto', doors: [] },
  { folder: 'relay/protocol', doors: ['@clique/crypto/verify'] },
  { folder: 'relay', doors: ['@clique/crypto/verify'] },
  { folder: 'client', doors: ['@clique/crypto', '@clique/crypto/verify', '@clique/relay/protocol'] },
  { folder: 'e2e', doors: ['@clique/crypto', '@clique/crypto/verify', '@clique/relay/protocol'] },
  { folder: 'scripts', doors: [] },
]

/** Tests put real parts together, so they may reach across workspaces; nothing that ships may import them. */
export function isTestFile(path: string): boolean {
  return /\.(test|bench|contract)\.ts$/.test(path) || /(^|\/)testing\//.test(path) || path.startsWith('e2e/')
}

export function rankOf(layer: string): number {
  return clientRanks.findIndex((row) => row.includes(layer))
}

/** `client/src/sync/x.ts` is in `sync`; files beside the layers (an ambient type file) are in no layer. */
export function clientLayer(path: string): string | null {
  const match = /^client\/src\/([^/]+)\/./.exec(path)
  return match?.[1] ?? null
}

/** Layers that a file of this layer must not import. */
export function layersAbove(layer: string): string[] {
  const rank = rankOf(layer)
  return clientRanks.flatMap((row, i) => (i < rank ? [] : row.filter((other) => other !== layer)))
}
