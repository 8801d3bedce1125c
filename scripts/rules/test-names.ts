import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { workspaces } from '../ranks/table.ts'
import { ruleName } from './documents.ts'

/** A text in a test file that tests are named by, as far as it is written out: a template's up to its first value. */
export interface TestName {
  readonly text: string
  /** Rules that it begins with. */
  readonly rules: readonly string[]
  readonly file: string
  /** From 1. */
  readonly line: number
  /** In a test that is not run. */
  readonly isSkipped: boolean
}

const testFile = /\.(test|contract|story)\.ts$/
const leading = new RegExp(`^(\\[${ruleName.source}\\] )+`)
const skipping = new Set(['skip', 'todo', 'fixme'])

/** Every text in the test files under `root`: names of tests, of groups of them, and rows of tables that give names. */
export function readTestNames(root: string): TestName[] {
  return workspaces
    .flatMap(({ folder }) => testFilesIn(root, folder))
    .flatMap((file) => namesIn(file, readFileSync(join(root, file), 'utf8')))
}

function testFilesIn(root: string, folder: string): string[] {
  const base = join(root, folder)
  if (!existsSync(base)) return []
  return readdirSync(base, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => testFile.test(path) && !/\/(node_modules|dist|public|test-results)\//.test(path))
    .sort()
}

export function namesIn(file: string, source: string): TestName[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const names: TestName[] = []
  const visit = (node: ts.Node, isSkipped: boolean): void => {
    const text = ts.isStringLiteralLike(node)
      ? node.text
      : ts.isTemplateExpression(node)
        ? node.head.text
        : null
    if (text !== null) {
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
      const rules = [...(leading.exec(text)?.[0] ?? '').matchAll(/\[(\w+)\]/g)].map(([, name = '']) => name)
      names.push({ text, rules, file, line, isSkipped })
    }
    const skips = isSkipped || (ts.isCallExpression(node) && isSkip(node.expression))
    ts.forEachChild(node, (child) => visit(child, skips))
  }
  visit(tree, false)
  return names
}

/** `test.skip(...)`, `it.todo(...)`, `describe.skip.each(...)(...)`. */
function isSkip(callee: ts.Expression): boolean {
  if (ts.isCallExpression(callee)) return isSkip(callee.expression)
  if (!ts.isPropertyAccessExpression(callee)) return false
  return skipping.has(callee.name.text) || isSkip(callee.expression)
}
