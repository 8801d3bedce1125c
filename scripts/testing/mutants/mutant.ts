/** One rule or check that is disabled, to see that a test fails without it. */
export interface Mutant {
  /** Says what is missing, in small letters and hyphens. */
  readonly name: string
  /** The rules whose tests are to fail, without brackets: tests that are named after one of them are run. */
  readonly rules: readonly [string, ...string[]]
  readonly file: string
  /** In the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Instead of the files in which tests are named after the rules. */
  readonly tests?: readonly string[]
}

/** Names the mutant to a test run: `{ file, find, replace, mark }` in JSON. Nothing that ships looks at it. */
export const mutantVariable = 'CLIQUE_MUTANT'

export interface AppliedMutant extends Pick<Mutant, 'file' | 'find' | 'replace'> {
  /** A file that is written when the mutant is loaded: one that no test reaches proves nothing. */
  readonly mark: string
}

/** The source without what the mutant takes from it. Throws where that is not there exactly once. */
export function mutate(
  source: string,
  { file, find, replace }: Pick<Mutant, 'file' | 'find' | 'replace'>,
): string {
  const parts = source.split(find)
  if (find === '' || parts.length !== 2) {
    throw new Error(`${file} holds ${JSON.stringify(find)} ${parts.length - 1} times instead of once`)
  }
  return parts.join(replace)
}

/** The mutants of one part: `[name, rules, find, replace]` by file. */
export type Rows = Readonly<Record<string, readonly Row[]>>
type Row = readonly [name: string, rules: string, find: string, replace: string, tests?: string]

export function mutantsOf(rows: Rows): Mutant[] {
  return Object.entries(rows).flatMap(([file, list]) =>
    list.map(([name, rules, find, replace, tests]): Mutant => {
      const [first = '', ...more] = rules.split(' ')
      return { name, rules: [first, ...more], file, find, replace, ...(tests && { tests: tests.split(' ') }) }
    }),
  )
}
