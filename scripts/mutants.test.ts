import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, test } from 'vitest'
import { readRules } from './rules/documents.ts'
import { root } from './run.ts'
import { mutantVariable, mutate } from './testing/mutants/mutant.ts'
import { mutantPlugin } from './testing/mutants/plugin.ts'
import { mutants } from './testing/mutants/table.ts'
import { testsUnder } from './testing/mutants/tests-of.ts'
import { failuresIn, judgeRun } from './testing/mutants/verdict.ts'

const folder = mkdtempSync(join(tmpdir(), 'mutants-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
    expect(shipped.filter((path) => readFileSync(path, 'utf8').includes(mutantVariable))).toEqual([])
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
    const mark = join(folder, 'reached')
    expect(mutantPlugin({})).toEqual([])
    const [plugin] = mutantPlugin({ [mutantVariable]: JSON.stringify({ ...mutant, mark }) })
    const transform = plugin?.transform as (code: string, id: string) => { code: string } | null
    expect(transform('good', join(root, 'crypto/src/hash.ts'))).toBeNull()
    expect(existsSync(mark)).toBe(false)
    expect(transform('good', `${join(root, mutant.file)}?v=1`)?.code).toBe('bad')
    expect(existsSync(mark)).toBe(true)
  })

  const passed = { status: 'passed', title: 'one is one' }
  const failed = (message: string) => ({ status: 'failed', title: 'one is one', failureMessages: [message] })
  const file = (status: string, ...assertionResults: object[]) => ({
    testResults: [{ name: 'a.test.ts', status, message: 'no such file\nat x', assertionResults }],
  })

  test.each([
    [
      'a failing assertion kills it',
      file('failed', failed('AssertionError: 1')),
      true,
      { kind: 'killed', by: 'one is one' },
    ],
    [
      'an error of the code kills it',
      file('failed', failed('CliqueError: bad')),
      true,
      { kind: 'killed', by: 'one is one' },
    ],
    ['it survives tests that pass', file('passed', passed), true, { kind: 'survived' }],
    ['a file that does not load says nothing', file('failed'), true, { kind: 'broken', why: 'no such file' }],
    [
      'nor do skipped tests',
      file('passed', { status: 'skipped', title: '' }),
      true,
      { kind: 'broken', why: 'no test was run' },
    ],
    [
      'nor does a mutant that is never loaded',
      file('passed', passed),
      false,
      { kind: 'broken', why: 'no test loads the file' },
    ],
    [
      'nor one that makes no sense',
      file('failed', failed('ReferenceError: x\n at')),
      true,
      { kind: 'broken', why: 'ReferenceError: x' },
    ],
    ['nor a run without a report', null, true, { kind: 'broken', why: 'the run ended without a report' }],
  ])('%s', (_, report, isReached, verdict) => {
    expect(judgeRun(report, isReached)).toEqual(verdict)
  })

  test('is tried only where the tests pass without it', () => {
    expect(failuresIn(file('passed', passed))).toEqual([])
    expect(failuresIn(file('skipped', { status: 'skipped', title: '' }))).toEqual([])
    expect(failuresIn(file('failed'))).toEqual(['a.test.ts: no such file'])
    expect(failuresIn(file('failed', failed('AssertionError: 1\n at')))).toEqual([
      'a.test.ts: one is one: AssertionError: 1',
    ])
    expect(failuresIn(null)).toHaveLength(1)
  })
})
