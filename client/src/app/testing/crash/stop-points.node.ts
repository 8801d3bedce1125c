import { basename } from 'node:path'
import type { Plugin } from 'vite'

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly argument?: Node
}

/** Puts a point to stop at on both sides of every `await` of the app's own code. */
export function stopPoints(): Plugin {
  return {
    name: 'stop-points',
    enforce: 'post',
    transform(code, id) {
      if (!/\/(client|crypto)\/src\//.test(id) || id.includes('/testing/')) return null
      const edits: { readonly at: number; readonly text: string }[] = []
      for (const { start, end, argument } of awaitsOf(this.parse(code) as unknown as Node)) {
        if (argument === undefined) continue
        const what = code.slice(start, end).replaceAll(/\s+/g, ' ').slice(0, 70)
        const place = JSON.stringify(`${basename(id)}: ${what}`)
        edits.push({ at: start, text: `globalThis.stopPoints.ended(${place}, ` })
        edits.push({ at: argument.start, text: `globalThis.stopPoints.begun(${place}, ` })
        edits.push({ at: end, text: '))' })
      }
      // Inner ones lie between the marks of outer ones, so the place alone puts all of them in order.
      let changed = ''
      let from = 0
      for (const { at, text } of edits.toSorted((a, b) => a.at - b.at)) {
        changed += code.slice(from, at) + text
        from = at
      }
      return { code: changed + code.slice(from), map: null }
    },
  }
}

function awaitsOf(root: Node): Node[] {
  const found: Node[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (value instanceof Object && 'type' in value) {
      if (value.type === 'AwaitExpression') found.push(value as Node)
      Object.values(value).forEach(visit)
    }
  }
  visit(root)
  return found
}
