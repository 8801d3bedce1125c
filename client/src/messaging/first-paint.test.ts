import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { expect, test } from 'vitest'

/** Everything that a module brings in before any of its code runs: type imports and dynamic ones are no part of it. */
function staticImports(file: string, found = new Set<string>()): Set<string> {
  const source = readFileSync(file, 'utf8')
  for (const [, isType, from = ''] of source.matchAll(/^(?:import|export)( type)? [^;]*?from '([^']+)'/gms)) {
    if (isType !== undefined || found.has(from)) continue
    if (!from.startsWith('.')) found.add(from)
    else if (!found.has(resolve(dirname(file), from))) {
      found.add(resolve(dirname(file), from))
      staticImports(resolve(dirname(file), from), found)
    }
  }
  return found
}

test('a conversation paints its last messages before Yjs is loaded', () => {
  const imports = [...staticImports(resolve(import.meta.dirname, 'conversation.svelte.ts'))]
  expect(imports.filter((name) => !name.startsWith('/')).toSorted()).toEqual(['@clique/crypto', 'dexie'])
  expect(imports.some((name) => name.endsWith('/storage/snapshots.ts'))).toBe(true)
})
