import { existsSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { workspaces } from './table.ts'

/** Where an import leads: a file of this tree, a package, or nowhere that can be told. */
export type Target =
  | { readonly kind: 'file'; readonly path: string; readonly door: string | null }
  | { readonly kind: 'package'; readonly name: string; readonly specifier: string }
  | { readonly kind: 'unknown'; readonly why: string }

/** `importer` and file targets are paths from the root, with forward slashes. */
export function resolveImport(root: string, importer: string, specifier: string): Target {
  // `?worker&url` and its like say how to load a file, not which one.
  const bare = specifier.replace(/[?#].*$/, '')
  if (bare.startsWith('.')) return fileTarget(root, posix.join(posix.dirname(importer), bare))
  // Vite takes a leading slash from the client's folder.
  if (bare.startsWith('/')) return fileTarget(root, posix.join('client', bare))
  if (bare.startsWith('@clique/')) return doorTarget(bare)
  if (/^[$~#]/.test(bare) || /^[a-z]+:\/\//.test(bare))
    return { kind: 'unknown', why: 'is an alias or an address' }
  return { kind: 'package', name: packageName(bare), specifier: bare }
}

function doorTarget(specifier: string): Target {
  for (const { doors } of workspaces) {
    const path = doors[specifier]
    if (path !== undefined) return { kind: 'file', path, door: specifier }
  }
  return { kind: 'unknown', why: 'is no door of a workspace' }
}

export const outside = 'leaves the project'

const endings = ['', '.ts', '.svelte', '.svelte.ts', '.js', '/index.ts']

function fileTarget(root: string, path: string): Target {
  if (path.startsWith('../')) return { kind: 'unknown', why: outside }
  const hit = endings.map((ending) => path + ending).find((name) => isFile(posix.join(root, name)))
  // A file that is not there (yet, or generated) still has a folder, which is what the ranks are about.
  return { kind: 'file', path: hit ?? path, door: null }
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
