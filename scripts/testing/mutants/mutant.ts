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

/** What is taken away, and where. */
export type Change = Pick<Mutant, 'file' | 'find' | 'replace'>

/** Under this the process that runs tests keeps a `MutantSeat`. Nothing that ships looks at it. */
export const mutantSeat = 'clique.mutant'

/** Vitest reads its configuration as a program of its own: what it and who runs the tests share lies on `globalThis`. */
export interface MutantSeat {
  /** What is changed as it is loaded; null between mutants. */
  change: Change | null
  /** Whether it was loaded since `change` was set: one that no test reaches proves nothing. */
  isReached: boolean
}

export function seatOfMutants(): MutantSeat | undefined {
  return (globalThis as { [mutantSeat]?: MutantSeat })[mutantSeat]
}

/** The source without what the mutant takes from it. Throws where that is not there exactly once. */
export function mutate(source: string, { file, find, replace }: Change): string {
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
