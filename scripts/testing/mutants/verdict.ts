/** What became of one run of tests, out of vitest's JSON report. */
export type Verdict =
  | { readonly kind: 'killed'; readonly by: string }
  | { readonly kind: 'survived' }
  /** It says nothing about the tests: the file did not load, no test was run, or what was changed makes no sense. */
  | { readonly kind: 'broken'; readonly why: string }

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly title: string
      readonly failureMessages?: readonly string[] | null
    }[]
  }[]
}

/** Errors of a source that is wrong and not of one that is bad. */
const nonsense = /^(ReferenceError|SyntaxError)\b/

export function judgeRun(report: unknown, isReached: boolean): Verdict {
  if (report === null) return { kind: 'broken', why: 'the run ended without a report' }
  const { testResults } = report as Report
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const unloaded = testResults.find(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some(({ status: one }) => one === 'failed'),
  )
  const failed = tests.find(({ status }) => status === 'failed')
  if (failed !== undefined) {
    const [message = ''] = failed.failureMessages ?? []
    if (nonsense.test(message)) return { kind: 'broken', why: firstLine(message) }
    return { kind: 'killed', by: failed.title }
  }
  if (unloaded !== undefined)
    return { kind: 'broken', why: firstLine(unloaded.message ?? 'a file did not load') }
  if (!isReached) return { kind: 'broken', why: 'no test loads the file' }
  if (!tests.some(({ status }) => status === 'passed')) return { kind: 'broken', why: 'no test was run' }
  return { kind: 'survived' }
}

/** Names of the tests that passed, as in their files. */
export function passedTests(report: unknown): string[] {
  if (report === null) return []
  return (report as Report).testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, title }) => (status === 'passed' ? [title] : [])),
  )
}

/** Files and tests that failed, with the first line of why. */
export function failuresIn(report: unknown): string[] {
  if (report === null) return ['the run ended without a report']
  return (report as Report).testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status: one }) => one === 'failed')
    if (failed.length === 0) return status === 'failed' ? [`${name}: ${firstLine(message ?? '')}`] : []
    return failed.map(
      ({ title, failureMessages }) => `${name}: ${title}: ${firstLine(failureMessages?.[0] ?? '')}`,
    )
  })
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
