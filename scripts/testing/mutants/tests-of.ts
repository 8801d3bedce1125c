import { readTestNames } from '../../rules/test-names.ts'
import type { TestName } from '../../rules/test-names.ts'
import type { Killer } from './killers.ts'
import type { Mutant } from './mutant.ts'

/** Which tests are to fail without what a mutant takes away. */
export interface TestsOf {
  /** Every file in which one of the mutant's rules names a test that runs in Node in moderate time. */
  files(mutant: Mutant): string[]
  /** For vitest: names that hold one of the rules. */
  pattern(mutant: Mutant): string
  /** Whether a test is one of them. */
  has(mutant: Mutant, test: Killer): boolean
}

/** Thousands of histories, pages and benchmarks: too long to be repeated for each mutant, unless one asks for it. */
const slow = /\.browser\.test\.ts$|\.story\.ts$|^crypto\/src\/roster\/contest\.test\.ts$/

export function testsUnder(root: string): TestsOf {
  const names = readTestNames(root).filter(({ isSkipped, rules }) => !isSkipped && rules.length > 0)
  const filesOf = Map.groupBy(
    names.flatMap((name) => name.rules.map((rule) => ({ rule, file: runnable(name) }))),
    ({ rule }) => rule,
  )
  const filesFor = ({ rules, tests }: Mutant): string[] => {
    if (tests !== undefined) return [...tests]
    const files = rules.flatMap((rule) => (filesOf.get(rule) ?? []).map(({ file }) => file))
    return [...new Set(files)].filter((file) => !slow.test(file)).toSorted()
  }
  return {
    files: filesFor,
    pattern: ({ rules }) => `\\[(${rules.join('|')})\\]`,
    has(mutant, { file, title }) {
      const isNamed = mutant.rules.some((rule) => title.includes(`[${rule}]`))
      return isNamed && filesFor(mutant).some((one) => file.startsWith(one))
    },
  }
}

/** A contract is run by the tests of those who keep it, which lie beside it. */
function runnable({ file }: TestName): string {
  return file.replace(/\/[^/]+\.contract\.ts$/, '/')
}

/** For vitest: tests whose whole name is one of these. */
export function patternOfTitles(titles: readonly string[]): string {
  return `^(${titles.map((title) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`
}
