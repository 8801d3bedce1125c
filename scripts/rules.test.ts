import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkRules } from './rules/check.ts'
import { readRules, readTraps, trapsDocument } from './rules/documents.ts'
import { root } from './run.ts'

const base = mkdtempSync(join(tmpdir(), 'rules-test-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const sound = {
  'crypto/SPEC.md': '- **[ABC1]** One.\n- **[ABC2]** Two, unlike [ABC1].\n',
  'crypto/src/abc.test.ts': "test('[ABC1] one is one', () => {})\ntest('[ABC2] two is two', () => {})\n",
  'relay/PROTOCOL.md': '- **R1** Three.\n',
  'relay/src/r.contract.ts': 'for (const n of [1]) it(`[R1] three times ${n}`, () => {})\n',
  'crypto/TRAPS.md':
    '| trap | file | test |\n| --- | --- | --- |\n| A | `crypto/src/abc.test.ts` | `[ABC1] one is one` |\n',
}

/** What is said about a small tree with these changes. */
function complaints(changes: Readonly<Record<string, string>> = {}): string[] {
  const tree = mkdtempSync(join(base, 'x-'))
  for (const [path, text] of Object.entries({ ...sound, ...changes })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
  }
  return checkRules(tree).map(({ file, line, message }) => `${file}:${line} ${message}`)
}

test('a tree whose rules, tests and traps agree has no problem', () => {
  expect(complaints()).toEqual([])
})

const test1 = "test('[ABC1] one is one', () => {})\n"

test.each([
  [
    'a rule without a test',
    { 'crypto/src/abc.test.ts': test1 },
    'crypto/SPEC.md:2 no test is named after [ABC2]',
  ],
  [
    'a rule that a comment alone names',
    { 'crypto/src/abc.test.ts': `${test1}// '[ABC2] two'\n` },
    'crypto/SPEC.md:2 no test is named after [ABC2]',
  ],
  [
    'a rule whose test is skipped',
    { 'crypto/src/abc.test.ts': `${test1}test.skip('[ABC2] two', () => {})\n` },
    'crypto/SPEC.md:2 no test is named after [ABC2]',
  ],
  [
    'a rule that is named elsewhere than where a name begins',
    { 'crypto/src/abc.test.ts': `${test1}test('two of [ABC2]', () => {})\n` },
    'crypto/SPEC.md:2 no test is named after [ABC2]',
  ],
  [
    'a test without a rule',
    { 'client/src/a.test.ts': "\nit('[ABC3] three', () => {})\n" },
    'client/src/a.test.ts:2 there is no rule [ABC3]',
  ],
  [
    'a second name without a rule',
    { 'client/src/a.test.ts': "it('[ABC1] [ABC3] three', () => {})\n" },
    'client/src/a.test.ts:1 there is no rule [ABC3]',
  ],
  [
    'a rule that comes twice',
    { 'docs/ARCHITECTURE.md': '- **[ABC1]** Again.\n' },
    'docs/ARCHITECTURE.md:1 [ABC1] is a rule already',
  ],
  [
    'a document that speaks of a rule that is not there',
    { 'docs/ARCHITECTURE.md': 'As [ABC9] says.\n' },
    'docs/ARCHITECTURE.md:1 there is no rule [ABC9]',
  ],
  [
    'a trap whose test has another name now',
    { 'crypto/TRAPS.md': '| A | `crypto/src/abc.test.ts` | `[ABC1] one is two` |\n' },
    'crypto/TRAPS.md:1 A: no test "[ABC1] one is two" in crypto/src/abc.test.ts',
  ],
  [
    'a trap whose test is elsewhere',
    { 'crypto/TRAPS.md': '| A | `crypto/src/gone.test.ts` | `[ABC1] one is one` |\n' },
    'crypto/TRAPS.md:1 A: no test "[ABC1] one is one" in crypto/src/gone.test.ts',
  ],
])('%s is a problem', (_, changes, complaint) => {
  expect(complaints(changes)).toEqual([complaint])
})

test('every rule of this project has its test, every test its rule, and every trap its test', () => {
  expect(readRules(root).length).toBeGreaterThan(250)
  expect(checkRules(root)).toEqual([])
})

test('every row of the table of traps is read', () => {
  const rows = readFileSync(join(root, trapsDocument), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
  expect(readTraps(root)).toHaveLength(rows.length - 2)
  expect(rows.length).toBeGreaterThan(27)
})
