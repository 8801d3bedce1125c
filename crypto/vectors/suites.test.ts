import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runSuite, suites } from './suites.ts'

const folder =
  process.env['CLIQUE_VECTORS'] ?? fileURLToPath(new URL('../../../shared/vectors', import.meta.url))

if (existsSync(folder)) {
  test.for(suites)('[VEC1] $name agrees with the outside vectors', { timeout: 60_000 }, async (suite) => {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, suite.path), 'utf8'))
    const outcome = await runSuite(suite, parsed)
    console.log(
      `${suite.name}: ${outcome.passed} passed, ${outcome.failures.length} failed, ${outcome.outOfScope} out of scope`,
    )
    expect(outcome.failures).toEqual([])
    expect(outcome.passed + outcome.outOfScope).toBe(suite.cases)
  })
} else {
  test('[VEC1] outside vectors are absent here, and that is said', () => {
    console.log(`skipped: no outside vectors (${suites.length} suites)`)
    expect(suites.every((suite) => suite.cases > 0)).toBe(true)
  })
}
