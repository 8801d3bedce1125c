import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where rules are: each is an item of a list that begins with its name in bold. */
export const ruleDocuments = [
  'crypto/SPEC.md',
  'relay/PROTOCOL.md',
  'docs/ARCHITECTURE.md',
  'client/RULES.md',
] as const

/** What others fell into, each with the test that shows that Clique does not. */
export const trapsDocument = 'crypto/TRAPS.md'

export interface Rule {
  readonly name: string
  readonly document: string
  /** From 1. */
  readonly line: number
}

export interface Trap {
  readonly name: string
  readonly file: string
  readonly title: string
  /** From 1. */
  readonly line: number
}

export const ruleName = /[A-Z]{1,5}[1-9]\d*/

/** All rules under `root`, in the order of the documents; those that come twice too. */
export function readRules(root: string): Rule[] {
  return ruleDocuments.flatMap((document) =>
    linesOf(root, document).flatMap((text, at) => {
      const name = new RegExp(`^- \\*\\*\\[?(${ruleName.source})\\]?\\*\\* `).exec(text)?.[1]
      return name === undefined ? [] : [{ name, document, line: at + 1 }]
    }),
  )
}

/** Names of rules that a document speaks of beside defining them. */
export function readReferences(root: string): Rule[] {
  return ruleDocuments.flatMap((document) =>
    linesOf(root, document).flatMap((text, at) =>
      [...text.matchAll(new RegExp(`\\[(${ruleName.source})\\](?!\\()`, 'g'))].map(([, name = '']) => ({
        name,
        document,
        line: at + 1,
      })),
    ),
  )
}

/** The rows of the table of traps: what it is, the file in backticks, the name of the test in backticks. */
export function readTraps(root: string): Trap[] {
  return linesOf(root, trapsDocument).flatMap((text, at) => {
    const cells = text.split('|').map((cell) => cell.trim())
    const [, name = '', file = '', title = ''] = cells
    const inner = (cell: string): string | undefined => /^`(.+)`$/.exec(cell)?.[1]
    const [path, test] = [inner(file), inner(title)]
    return path === undefined || test === undefined ? [] : [{ name, file: path, title: test, line: at + 1 }]
  })
}

function linesOf(root: string, document: string): string[] {
  const path = join(root, document)
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
}
