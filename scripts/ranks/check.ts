import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { collectImports } from './collect.ts'
import { findCycles } from './cycles.ts'
import { resolveImport } from './resolve.ts'
import { reasonAgainst, type Dependencies } from './rules.ts'
import { isTestFile, workspaces } from './table.ts'

export interface Problem {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** Longer files are nearly always two ideas; one that is right so says why in a comment with these words. */
const LONGEST_FILE = 400
const excuse = 'over 400 lines:'

/** Everything wrong with imports and lengths in the source tree under `root`, in the order of the files. */
export function checkTree(root: string): Problem[] {
  const dependencies = readDependencies(root)
  const graph = new Map<string, Set<string>>()
  const problems: Problem[] = []
  const files = workspaces.flatMap(({ folder }) => sourceFiles(root, folder)).sort()
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8')
    const imported = new Set<string>()
    graph.set(file, imported)
    problems.push(...checkLength(file, text))
    for (const { specifier, kind, line } of collectImports(file, text)) {
      if (kind === 'computed') {
        // A test may load what it has just written; in what ships the graph has to be readable.
        if (!isTestFile(file))
          problems.push({ file, line, message: `import of a computed name: ${specifier}` })
        continue
      }
      const target = resolveImport(root, file, specifier)
      const reason = reasonAgainst(file, target, dependencies)
      if (reason !== null) problems.push({ file, line, message: `${specifier}: ${reason}` })
      if (target.kind === 'file' && kind !== 'asset') imported.add(target.path)
    }
  }
  const circles = findCycles(graph).map((cycle) => ({
    file: cycle[0] ?? '',
    line: 1,
    message: `imports go in a circle: ${[...cycle, cycle[0]].join(' > ')}`,
  }))
  return [...problems, ...circles]
}

function checkLength(file: string, text: string): Problem[] {
  const lines = text.split('\n').length - 1
  if (lines <= LONGEST_FILE || isTestFile(file) || text.includes(excuse)) return []
  const message = `${lines} lines; split it by idea, or give the reason in a comment with "${excuse}"`
  return [{ file, line: LONGEST_FILE + 1, message }]
}

function sourceFiles(root: string, folder: string): string[] {
  const base = join(root, folder)
  if (!existsSync(base)) return []
  return readdirSync(base, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|js|mjs|svelte)$/.test(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !/(^|\/)(node_modules|dist|public|test-results)\//.test(path))
}

function readDependencies(root: string): Dependencies {
  const named = new Map<string, Set<string>>()
  for (const folder of ['', ...workspaces.map((workspace) => workspace.folder)]) {
    const path = join(root, folder, 'package.json')
    if (!existsSync(path)) continue
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >
    const names = ['dependencies', 'devDependencies', 'peerDependencies'].flatMap((key) =>
      Object.keys(manifest[key] ?? {}),
    )
    named.set(folder, new Set(names))
  }
  return named
}
