import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vitest/config'
import { mutate, seatOfMutants } from './mutant.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** For the tests of mutants alone: changes one source as it is loaded. The disk stays as it is. */
export function mutantPlugin(): Plugin[] {
  const seat = seatOfMutants()
  if (seat === undefined) return []
  const isMeant = (id: string): boolean =>
    seat.change !== null &&
    relative(root, id.split('?', 1)[0] ?? '').replaceAll('\\', '/') === seat.change.file
  return [
    {
      name: 'clique-mutant',
      enforce: 'pre',
      // Vitest may keep what it has transformed for other runs: of this file nothing is taken from there, and nothing put.
      configureVitest({ defineCacheKeyGenerator }) {
        defineCacheKeyGenerator(({ id }) => (isMeant(id) ? false : null))
      },
      transform(code, id) {
        if (seat.change === null || !isMeant(id)) return null
        const mutated = mutate(code, seat.change)
        seat.isReached = true
        return { code: mutated, map: null }
      },
    },
  ]
}
