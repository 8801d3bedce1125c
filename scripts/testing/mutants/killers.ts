import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The test that failed without what a mutant takes away. */
export interface Killer {
  readonly file: string
  /** Behind the names of the groups that it stands in, as vitest gives and looks for it. */
  readonly title: string
}

/**
 * Who killed each mutant last time is asked first, and mostly alone: one test instead of all that are named after the rule.
 * It is no more than an order of asking: what is written here proves nothing. Lines of mutant, file and title.
 */
const path = fileURLToPath(new URL('killers.txt', import.meta.url))

export function readKillers(): Map<string, Killer> {
  if (!existsSync(path)) return new Map()
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return new Map(
    lines.map((line) => {
      const [name = '', file = '', title = ''] = line.split('\t')
      return [name, { file, title }]
    }),
  )
}

/** `names`: of all mutants, in order. What is known of others is forgotten. */
export function writeKillers(killers: ReadonlyMap<string, Killer>, names: readonly string[]): void {
  const lines = names.flatMap((name) => {
    const killer = killers.get(name)
    return killer === undefined ? [] : [`${name}\t${killer.file}\t${killer.title}\n`]
  })
  writeFileSync(path, lines.join(''))
}
