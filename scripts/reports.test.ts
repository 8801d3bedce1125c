import { describe, expect, test } from 'vitest'
import { countReport, crashed, failuresOf } from './reports.ts'

const vitest = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  testResults: [] as unknown[],
}
const stats = { expected: 2, unexpected: 0, flaky: 0, skipped: 0 }

describe('vitest', () => {
  test('counts what passed, failed and was skipped', () => {
    expect(countReport('vitest', vitest, true)).toEqual({ passed: 3, failed: 0, skipped: 1 })
    expect(countReport('vitest', { ...vitest, numFailedTests: 2 }, false)).toEqual({
      passed: 3,
      failed: 2,
      skipped: 1,
    })
  })

  test('a file that could not be loaded is a failure, though it has no tests', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(countReport('vitest', { ...vitest, testResults }, false).failed).toBe(1)
  })

  test('a file whose tests failed is not counted once more', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }]
    expect(countReport('vitest', { ...vitest, numFailedTests: 1, testResults }, false).failed).toBe(1)
  })

  test('an error outside of any test is a failure', () => {
    expect(countReport('vitest', vitest, false).failed).toBe(1)
  })
})

describe('playwright', () => {
  test('counts what passed, failed and was skipped', () => {
    expect(countReport('playwright', { stats }, true)).toEqual({ passed: 2, failed: 0, skipped: 0 })
  })

  test('what passes at the second try has failed', () => {
    expect(countReport('playwright', { stats: { ...stats, flaky: 1 } }, true).failed).toBe(1)
  })

  test('an error outside of any story is a failure', () => {
    expect(countReport('playwright', { stats, errors: [{ message: 'x' }] }, false).failed).toBe(1)
  })
})

test.each([null, {}, { stats: {} }, 'x'])('no report, or half of one, counts as a crash: %j', (report) => {
  expect(countReport('vitest', report, true)).toEqual(crashed)
  expect(countReport('playwright', report, true)).toEqual(crashed)
})

describe('what failed is named', () => {
  test('a test by its file, its name and how its failure begins', () => {
    const failed = {
      status: 'failed',
      fullName: 'a relay keeps',
      failureMessages: ['\nexpected 1\n  at x.ts'],
    }
    const file = { name: 'x.test.ts', status: 'failed', assertionResults: [failed, { status: 'passed' }] }
    expect(failuresOf('vitest', { testResults: [file] })).toEqual([
      'FAILED x.test.ts › a relay keeps: expected 1 | at x.ts',
    ])
  })

  test('a file that could not be loaded', () => {
    const file = { name: 'x.test.ts', status: 'failed', message: 'no such module', assertionResults: [] }
    expect(failuresOf('vitest', { testResults: [file] })).toEqual(['FAILED x.test.ts: no such module'])
  })

  test('a story, however deep it lies', () => {
    const error = {
      message: '\u001B[2mtoo late\u001B[22m\n\nLocator: x',
      location: { file: '/e2e/x.story.ts', line: 3 },
    }
    const spec = {
      ok: false,
      file: 'x.story.ts',
      title: 'Anna writes',
      tests: [{ results: [{ error }] }],
    }
    const report = { suites: [{ specs: [{ ok: true }], suites: [{ specs: [spec] }] }] }
    expect(failuresOf('playwright', report)).toEqual([
      'FAILED x.story.ts › Anna writes (x.story.ts:3): too late | Locator: x',
    ])
  })

  test.each([null, {}, 'x'])('nothing in what is no report: %j', (report) => {
    expect(failuresOf('vitest', report)).toEqual([])
    expect(failuresOf('playwright', report)).toEqual([])
  })
})
