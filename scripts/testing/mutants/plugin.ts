import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import { mutantVariable, mutate } from './mutant.ts'
import type { AppliedMutant } from './mutant.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** For test runs alone: changes one source as it is loaded, where the environment names a mutant. The disk stays as it is. */
export function mutantPlugin(environment: NodeJS.ProcessEnv = process.env): Plugin[] {
  const given = environment[mutantVariable]
  if (given === undefined) return []
  const mutant = JSON.parse(given) as AppliedMutant
  const isMeant = (id: string): boolean =>
    relative(root, id.split('?', 1)[0] ?? '').replaceAll('\\', '/') === mutant.file
  return [
    {
      name: 'clique-mutant',
      enforce: 'pre',
      // Vitest keeps what it has transformed for the next run: of this file nothing is taken from there, and nothing put.
      configureVitest({ defineCacheKeyGenerator }) {
        defineCacheKeyGenerator(({ id }) => (isMeant(id) ? false : null))
      },
      transform(code, id) {
        if (!isMeant(id)) return null
        const mutated = mutate(code, mutant)
        writeFileSync(mutant.mark, '')
        return { code: mutated, map: null }
      },
    },
  ]
}
