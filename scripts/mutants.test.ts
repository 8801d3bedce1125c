import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readRules } from './rules/documents.ts'
import { root } from './run.ts'
import { mutantSeat, mutate } from './testing/mutants/mutant.ts'
import { mutantPlugin } from './testing/mutants/plugin.ts'
import { mutants } from './testing/mutants/table.ts'
import { TestRunner } from './testing/mutants/run-tests.ts'
import type { Run } from './testing/mutants/test-run.ts'
import { patternOfTitles, testsUnder } from './testing/mutants/tests-of.ts'
import { hasPassed, judgeRun, troubleOf } from './testing/mutants/verdict.ts'

describe('the table of mutants', () => {
  test('has at least a hundred, each with a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(100)
    const names = mutants.map(({ name }) => name)
    expect(names.filter((name, at) => names.indexOf(name) !== at || !/^[a-z-]+$/.test(name))).toEqual([])
  })

  test('finds each place exactly once, and leaves what can be read', () => {
    const wrong = mutants.flatMap((mutant) => {
      try {
        const changed = mutate(readFileSync(join(root, mutant.file), 'utf8'), mutant)
        return syntaxErrors(changed).map((message) => `${mutant.name}: ${message}`)
      } catch (error) {
        return [`${mutant.name}: ${String(error)}`]
      }
    })
    expect(wrong).toEqual([])
  })

  test('names rules that there are, with tests', () => {
    const known = new Set(readRules(root).map(({ name }) => name))
    const unknown = mutants.flatMap(({ name, rules }) =>
      rules.filter((rule) => !known.has(rule)).map((rule) => `${name}: ${rule}`),
    )
    expect(unknown).toEqual([])
    const tests = testsUnder(root)
    expect(mutants.filter((mutant) => tests.files(mutant).length === 0).map(({ name }) => name)).toEqual([])
  })

  test('is looked at by nothing that ships', () => {
    const shipped = ['crypto/src', 'relay/src', 'relay/protocol', 'client/src', 'vite.config.ts'].flatMap(
      (part) => {
        const path = join(root, part)
        if (!statSync(path).isDirectory()) return [path]
        const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
        return names.filter((name) => /\.(ts|svelte)$/.test(name)).map((name) => join(path, name))
      },
    )
    expect(shipped.length).toBeGreaterThan(300)
    expect(shipped.filter((path) => readFileSync(path, 'utf8').includes(mutantSeat))).toEqual([])
  })
})

/** TypeScript keeps what it could not parse in a field that its types do not show. */
function syntaxErrors(source: string): string[] {
  const tree: object = ts.createSourceFile('mutant.ts', source, ts.ScriptTarget.Latest, false)
  const { parseDiagnostics } = tree as { parseDiagnostics: readonly ts.Diagnostic[] }
  return parseDiagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}

describe('a mutant', () => {
  const mutant = { file: 'crypto/src/ids.ts', find: 'good', replace: 'bad' }

  test('is not made where the place is not there once', () => {
    expect(mutate('a good day', mutant)).toBe('a bad day')
    expect(() => mutate('a day', mutant)).toThrow('0 times')
    expect(() => mutate('good, good', mutant)).toThrow('2 times')
    expect(() => mutate('a', { ...mutant, find: '' })).toThrow('instead of once')
  })

  test('changes its own file alone, as it is loaded, and leaves word', () => {
    expect(mutantPlugin()).toEqual([])
    const seat = { change: mutant, isReached: false }
    Object.assign(globalThis, { [mutantSeat]: seat })
    onTestFinished(() => void Reflect.deleteProperty(globalThis, mutantSeat))
    const [plugin] = mutantPlugin()
    const transform = plugin?.transform as (code: string, id: string) => { code: string } | null
    expect(transform('good', join(root, 'crypto/src/hash.ts'))).toBeNull()
    expect(seat.isReached).toBe(false)
    expect(transform('good', `${join(root, mutant.file)}?v=1`)?.code).toBe('bad')
    expect(seat.isReached).toBe(true)
    Object.assign(seat, { change: null })
    expect(transform('good', join(root, mutant.file))).toBeNull()
  })

  test('is gone when the next one is tried in the same process', async () => {
    const runner = new TestRunner('1')
    onTestFinished(() => runner.end())
    const file = 'crypto/src/sealing.test.ts'
    const tried = mutants.find(({ name }) => name === 'padding-without-a-marker')
    if (tried === undefined) throw new Error('it is not in the table')
    const pattern = testsUnder(root).pattern(tried)
    const verdict = judgeRun(await runner.run({ files: [file], pattern, change: tried }))
    expect(verdict).toMatchObject({ kind: 'killed', by: { file } })
    const unchanged = await runner.run({ files: [file], pattern, change: null })
    expect(troubleOf(unchanged)).toEqual([])
    expect(verdict.kind === 'killed' && hasPassed(unchanged, verdict.by)).toBe(true)
    const nonsense = { ...tried, find: 'nowhere' }
    expect(judgeRun(await runner.run({ files: [file], pattern, change: nonsense })).kind).toBe('broken')
  })

  test('is shown to whole names alone, where it is known which test fails', () => {
    const pattern = new RegExp(patternOfTitles(['[abc] a (b)', 'c.']))
    expect(['[abc] a (b)', 'c.'].every((name) => pattern.test(name))).toBe(true)
    expect(['[abc] a (b) c', 'x c.', 'cd', 'A a (b)'].some((name) => pattern.test(name))).toBe(false)
  })

  const file = 'a.test.ts'
  const passed = { title: '[abc] one is one', state: 'passed', message: '' } as const
  const skipped = { title: '', state: 'skipped', message: '' } as const
  const failed = (message: string) => ({ title: passed.title, state: 'failed', message }) as const
  const run = (...tests: Run['runs'][number]['tests'][number][]): Run => ({
    runs: [{ file, errors: [], tests }],
    isReached: true,
  })
  const unloaded: Run = {
    runs: [{ file, errors: ['Error: no such file\nat x'], tests: [] }],
    isReached: true,
  }
  const killed = { kind: 'killed', by: { file, title: passed.title } }

  test.each([
    ['a failing assertion kills it', run(skipped, failed('AssertionError: 1')), killed],
    ['an error of the code kills it', run(passed, failed('CliqueError: bad')), killed],
    ['it survives tests that pass', run(passed), { kind: 'survived' }],
    ['a file that does not load says nothing', unloaded, { kind: 'broken', why: 'Error: no such file' }],
    ['nor do skipped tests', run(skipped), { kind: 'broken', why: 'no test was run' }],
    [
      'nor does a mutant that is never loaded',
      { ...run(passed), isReached: false },
      { kind: 'broken', why: 'no test loads the file' },
    ],
    [
      'nor one that makes no sense',
      run(failed('ReferenceError: x\n at')),
      { kind: 'broken', why: '[abc] one is one: ReferenceError: x' },
    ],
    [
      'nor one that calls what is none',
      run(failed('TypeError: x is not a function')),
      { kind: 'broken', why: '[abc] one is one: TypeError: x is not a function' },
    ],
    [
      'nor a test that was waited for in vain',
      run(failed('Error: Test timed out in 60000ms.')),
      { kind: 'broken', why: '[abc] one is one: Error: Test timed out in 60000ms.' },
    ],
    ['nor a run that came to no end', { ...run(passed), failure: 'late' }, { kind: 'broken', why: 'late' }],
  ])('%s', (_, ran, verdict) => {
    expect(judgeRun(ran)).toEqual(verdict)
  })

  test('is tried only where the tests pass without it', () => {
    expect(troubleOf(run(passed, skipped))).toEqual([])
    expect(troubleOf(unloaded)).toEqual(['a.test.ts: Error: no such file'])
    expect(troubleOf(run(failed('AssertionError: 1\n at')))).toEqual([
      'a.test.ts: [abc] one is one: AssertionError: 1',
    ])
    expect(troubleOf({ ...run(passed), failure: 'late' })).toEqual(['late'])
    const by = { file, title: passed.title }
    expect([run(passed), run(skipped), run(failed(''))].map((one) => hasPassed(one, by))).toEqual([
      true,
      false,
      false,
    ])
  })
})
