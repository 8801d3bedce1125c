import { fromHex, isCliqueError } from '../src/index.ts'

/** What a suite of outside vectors gave. The same functions run in Node and in browsers. */
export interface Outcome {
  readonly passed: number
  /** One line per failure. */
  readonly failures: readonly string[]
  /** Cases for sizes that this project never uses and has no function for. */
  readonly outOfScope: number
}

export type CaseResult = 'passed' | 'out of scope' | { readonly failure: string }

/** Runs each case in turn; a throw is a failure of that case alone. */
export async function runCases<T>(
  cases: readonly T[],
  nameOf: (item: T, position: number) => string,
  check: (item: T) => Promise<CaseResult> | CaseResult,
): Promise<Outcome> {
  let passed = 0
  let outOfScope = 0
  const failures: string[] = []
  for (const [position, item] of cases.entries()) {
    let result: CaseResult
    try {
      result = await check(item)
    } catch (error) {
      result = { failure: String(error) }
    }
    if (result === 'passed') passed++
    else if (result === 'out of scope') outOfScope++
    else failures.push(`${nameOf(item, position)}: ${result.failure}`)
  }
  return { passed, failures, outOfScope }
}

export function expectThat(holds: boolean, failure: string): CaseResult {
  return holds ? 'passed' : { failure }
}

/** Whether the work ends in a coded error; any other throw goes on. */
export async function isRefused(work: () => unknown): Promise<boolean> {
  try {
    await work()
  } catch (error) {
    if (isCliqueError(error)) return true
    throw error
  }
  return false
}

/** The part of a Wycheproof file that all its kinds share. */
export interface Wycheproof<Group, Test> {
  readonly testGroups: readonly (Group & { readonly tests: readonly Test[] })[]
}

export interface WycheproofTest {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

export function flatten<Group, Test extends WycheproofTest>(
  file: Wycheproof<Group, Test>,
): { group: Group; test: Test }[] {
  return file.testGroups.flatMap((group) => group.tests.map((test) => ({ group, test })))
}

export function nameWycheproof({ test }: { test: WycheproofTest }): string {
  return `#${test.tcId} ${test.comment}`
}

export const hex = fromHex
