import { readTestNames } from '../../rules/test-names.ts'
import type { TestName } from '../../rules/test-names.ts'
import type { Mutant } from './mutant.ts'

/** Which tests are to fail without what a mutant takes away. */
export interface TestsOf {
  /** Every file in which one of the mutant's rules names a test that runs in Node in moderate time. */
  files(mutant: Mutant): string[]
  /** For vitest: names that hold one of the rules. */
  pattern(mutants: readonly Mutant[]): string
}

/** Thousands of histories, pages and benchmarks: too long to be repeated for each mutant, unless one asks for it. */
const slow = /\.browser\.test\.ts$|\.story\.ts$|^crypto\/src\/roster\/contest\.test\.ts$/

export function testsUnder(root: string): TestsOf {
  const names = readTestNames(root).filter(({ isSkipped, rules }) => !isSkipped && rules.length > 0)
  const filesOf = Map.groupBy(
    names.flatMap((name) => name.rules.map((rule) => ({ rule, file: runnable(name) }))),
    ({ rule }) => rule,
  )
  return {
    files({ rules, tests }) {
      if (tests !== undefined) return [...tests]
      const files = rules.flatMap((rule) => (filesOf.get(rule) ?? []).map(({ file }) => file))
      return [...new Set(files)].filter((file) => !slow.test(file)).toSorted()
    },
    pattern: (mutants) => `\\[(${[...new Set(mutants.flatMap(({ rules }) => rules))].join('|')})\\]`,
  }
}

/** A contract is run by the tests of those who keep it, which lie beside it. */
function runnable({ file }: TestName): string {
  return file.replace(/\/[^/]+\.contract\.ts$/, '/')
}
