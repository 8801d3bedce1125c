import { expect, inject, test } from 'vitest'
import { runSuite, suites } from './suites.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Outside vectors by their path, as text; null where they are absent. */
    vectors: Readonly<Record<string, string>> | null
  }
}

/** Every engine has a WebCrypto of its own, so the vectors that hold in Node are tried in a browser too. */
const vectors = inject('vectors') ?? null

if (vectors !== null) {
  test.for(suites)('[VEC1] $name agrees in a browser too', { timeout: 120_000 }, async (suite) => {
    const outcome = await runSuite(suite, JSON.parse(vectors[suite.path] ?? 'null'))
    console.log(`${suite.name}: ${outcome.passed} passed, ${outcome.failures.length} failed`)
    expect(outcome.failures).toEqual([])
    expect(outcome.passed + outcome.outOfScope).toBe(suite.cases)
  })
} else {
  test('[VEC1] outside vectors are absent here, and that is said', () => {
    console.log(`skipped: no outside vectors (${suites.length} suites)`)
    expect(suites.every((suite) => suite.cases > 0)).toBe(true)
  })
}
