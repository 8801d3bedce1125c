import { basename } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

/** What one part of the run comes to. */
export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const crashed: Count = { passed: 0, failed: 1, skipped: 0 }

export function add(a: Count, b: Count): Count {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/**
 * Counts of a runner's report. A runner that ended badly while its report tells of no failure (a file that could
 * not be loaded, an error outside any test) counts as one failure, and so does a report that is not one.
 */
export function countReport(kind: 'vitest' | 'playwright', report: unknown, endedWell: boolean): Count {
  const count = kind === 'vitest' ? countVitest(report) : countPlaywright(report)
  if (count === null) return crashed
  const { passed, failed, skipped } = count
  return { passed, failed: !endedWell && failed === 0 ? 1 : failed, skipped }
}

function countVitest(report: unknown): Count | null {
  const passed = numberAt(report, 'numPassedTests')
  const failed = numberAt(report, 'numFailedTests')
  const pending = numberAt(report, 'numPendingTests')
  const todo = numberAt(report, 'numTodoTests')
  if (passed === null || failed === null || pending === null || todo === null) return null
  return { passed, failed: failed + filesWithoutTests(report), skipped: pending + todo }
}

/** Files that failed before they had said which tests they hold. */
function filesWithoutTests(report: unknown): number {
  const files = valueAt(report, 'testResults')
  if (!Array.isArray(files)) return 0
  return files.filter((file) => {
    const tests = valueAt(file, 'assertionResults')
    const failedOnes = Array.isArray(tests)
      ? tests.filter((test) => valueAt(test, 'status') === 'failed')
      : []
    return valueAt(file, 'status') === 'failed' && failedOnes.length === 0
  }).length
}

function countPlaywright(report: unknown): Count | null {
  const stats = valueAt(report, 'stats')
  const passed = numberAt(stats, 'expected')
  const failed = numberAt(stats, 'unexpected')
  const flaky = numberAt(stats, 'flaky')
  const skipped = numberAt(stats, 'skipped')
  if (passed === null || failed === null || flaky === null || skipped === null) return null
  const errors = valueAt(report, 'errors')
  const outside = Array.isArray(errors) && failed === 0 ? errors.length : 0
  // A story that passes at the second try has a fault that nobody understands yet.
  return { passed, failed: failed + flaky + outside, skipped }
}

/**
 * What failed, a line each: file, name and how its failure begins. Whoever sees only the end of a long run knows from
 * these what to look for. Empty for a report that is not one.
 */
export function failuresOf(kind: 'vitest' | 'playwright', report: unknown): string[] {
  return kind === 'vitest' ? vitestFailures(report) : listAt(report, 'suites').flatMap(playwrightFailures)
}

function vitestFailures(report: unknown): string[] {
  return listAt(report, 'testResults').flatMap((file) => {
    const name = textAt(file, 'name')
    const failed = listAt(file, 'assertionResults').filter((test) => textAt(test, 'status') === 'failed')
    if (failed.length === 0 && textAt(file, 'status') === 'failed')
      return [line(name, textAt(file, 'message'))]
    return failed.map((test) => {
      const [message] = listAt(test, 'failureMessages')
      return line(`${name} › ${textAt(test, 'fullName')}`, typeof message === 'string' ? message : '')
    })
  })
}

function playwrightFailures(suite: unknown): string[] {
  const failed = listAt(suite, 'specs').filter((spec) => valueAt(spec, 'ok') === false)
  const own = failed.map((spec) => {
    const results = listAt(spec, 'tests').flatMap((test) => listAt(test, 'results'))
    const error = results.map((result) => valueAt(result, 'error')).find((found) => found !== undefined)
    const at = valueAt(error, 'location')
    const where = at === undefined ? '' : ` (${basename(textAt(at, 'file'))}:${numberAt(at, 'line')})`
    return line(`${textAt(spec, 'file')} › ${textAt(spec, 'title')}${where}`, textAt(error, 'message'))
  })
  return [...own, ...listAt(suite, 'suites').flatMap(playwrightFailures)]
}

function line(name: string, message: string): string {
  const parts = stripVTControlCharacters(message)
    .split('\n')
    .map((part) => part.trim())
  const begins = parts.filter((part) => part !== '').slice(0, 4)
  return `FAILED ${name}: ${begins.length === 0 ? 'no message' : begins.join(' | ').slice(0, 400)}`
}

function listAt(value: unknown, key: string): unknown[] {
  const found = valueAt(value, key)
  return Array.isArray(found) ? found : []
}

function textAt(value: unknown, key: string): string {
  const found = valueAt(value, key)
  return typeof found === 'string' ? found : ''
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function numberAt(value: unknown, key: string): number | null {
  const found = valueAt(value, key)
  return typeof found === 'number' ? found : null
}
