import { parse } from 'svelte/compiler'
import ts from 'typescript'

/** How a file names another one. An `asset` is loaded by its address (`new URL`), the others become modules. */
export type ImportKind = 'static' | 'dynamic' | 'type' | 'asset' | 'computed'

export interface FoundImport {
  readonly specifier: string
  readonly kind: ImportKind
  /** Line in the file, from 1. */
  readonly line: number
}

/** Every way in which a TypeScript or Svelte file names another file or package. */
export function collectImports(path: string, text: string): FoundImport[] {
  return path.endsWith('.svelte') ? fromSvelte(path, text) : fromScript(path, text, 0)
}

function fromScript(path: string, text: string, lineOffset: number): FoundImport[] {
  const file = ts.createSourceFile(path.replace(/\.svelte$/, '.ts'), text, ts.ScriptTarget.Latest, true)
  const found: FoundImport[] = []
  const add = (specifier: string, kind: ImportKind, at: number): void => {
    found.push({ specifier, kind, line: file.getLineAndCharacterOfPosition(at).line + 1 + lineOffset })
  }
  const addExpression = (node: ts.Expression | undefined, kind: ImportKind): void => {
    if (node === undefined) return
    if (ts.isStringLiteralLike(node)) add(node.text, kind, node.getStart(file))
    else if (ts.isArrayLiteralExpression(node))
      node.elements.forEach((element) => addExpression(element, kind))
    else add(node.getText(file), 'computed', node.getStart(file))
  }
  for (const reference of file.referencedFiles) {
    add(
      reference.fileName.startsWith('.') ? reference.fileName : `./${reference.fileName}`,
      'type',
      reference.pos,
    )
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      addExpression(node.moduleSpecifier, node.importClause?.isTypeOnly ? 'type' : 'static')
    } else if (ts.isExportDeclaration(node)) {
      addExpression(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'static')
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      addExpression(node.argument.literal as ts.Expression, 'type')
    } else if (ts.isExternalModuleReference(node)) {
      addExpression(node.expression, 'static')
    } else if (
      ts.isModuleDeclaration(node) &&
      ts.isStringLiteral(node.name) &&
      node.name.text.startsWith('.')
    ) {
      addExpression(node.name, 'type')
    } else if (ts.isCallExpression(node)) {
      visitCall(node)
    } else if (ts.isNewExpression(node)) {
      visitNew(node)
    }
    ts.forEachChild(node, visit)
  }
  const visitCall = (node: ts.CallExpression): void => {
    const called = node.expression
    if (called.kind === ts.SyntaxKind.ImportKeyword || called.getText(file) === 'require') {
      addExpression(node.arguments[0], 'dynamic')
    } else if (/^import\.meta\.(glob|resolve)$/.test(called.getText(file))) {
      addExpression(node.arguments[0], 'asset')
    }
  }
  const visitNew = (node: ts.NewExpression): void => {
    const [first, second] = node.arguments ?? []
    const made = node.expression.getText(file)
    if (made === 'URL' && second?.getText(file) === 'import.meta.url') addExpression(first, 'asset')
    else if (/^(Shared)?Worker$/.test(made) && first !== undefined && ts.isStringLiteralLike(first)) {
      addExpression(first, 'asset')
    }
  }
  visit(file)
  return found
}

function fromSvelte(path: string, text: string): FoundImport[] {
  const tree = parse(text, { modern: true, filename: path })
  const found: FoundImport[] = []
  for (const script of [tree.module, tree.instance]) {
    if (!script) continue
    const { start, end } = script.content as unknown as { start: number; end: number }
    found.push(...fromScript(path, text.slice(start, end), lineAt(text, start) - 1))
  }
  // What stands in the markup (`{#await import('./x')}`): each expression is handed to the same reader.
  for (const { start, end } of expressionsIn(tree.fragment)) {
    found.push(...fromScript(path, `(${text.slice(start, end)})`, lineAt(text, start) - 1))
  }
  return found
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}

const importing = new Set(['ImportExpression', 'NewExpression', 'CallExpression', 'TSImportType'])

/** Outermost expressions under a markup node that can name a file; nested ones are found inside them. */
function expressionsIn(node: unknown): { start: number; end: number }[] {
  if (Array.isArray(node)) return node.flatMap(expressionsIn)
  if (typeof node !== 'object' || node === null) return []
  const { type, start, end } = node as { type?: unknown; start?: unknown; end?: unknown }
  if (
    typeof type === 'string' &&
    importing.has(type) &&
    typeof start === 'number' &&
    typeof end === 'number'
  ) {
    return [{ start, end }]
  }
  return Object.values(node).flatMap(expressionsIn)
}
