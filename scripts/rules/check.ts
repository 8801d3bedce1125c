import { readReferences, readRules, readTraps, trapsDocument } from './documents.ts'
import { readTestNames } from './test-names.ts'

export interface RuleProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

/** Whatever does not agree between the rules in the documents under `root` and the tests that are named after them. */
export function checkRules(root: string): RuleProblem[] {
  const rules = readRules(root)
  const names = readTestNames(root)
  const tested = new Set(names.filter(({ isSkipped }) => !isSkipped).flatMap((name) => name.rules))
  const known = new Set<string>()
  const problems: RuleProblem[] = []
  for (const { name, document: file, line } of rules) {
    if (known.has(name)) problems.push({ file, line, message: `[${name}] is a rule already` })
    known.add(name)
    if (!tested.has(name)) problems.push({ file, line, message: `no test is named after [${name}]` })
  }
  for (const { name, document: file, line } of readReferences(root)) {
    if (!known.has(name)) problems.push({ file, line, message: `there is no rule [${name}]` })
  }
  for (const { rules: named, file, line } of names) {
    for (const name of named) {
      if (!known.has(name)) problems.push({ file, line, message: `there is no rule [${name}]` })
    }
  }
  const titles = new Set(
    names.filter(({ isSkipped }) => !isSkipped).map(({ file, text }) => `${file}\n${text}`),
  )
  for (const { name, file, title, line } of readTraps(root)) {
    if (titles.has(`${file}\n${title}`)) continue
    problems.push({ file: trapsDocument, line, message: `${name}: no test "${title}" in ${file}` })
  }
  return problems
}
