/** Imports between files: importer to imported. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>

/**
 * One shortest cycle for every knot of files that import each other in a circle (Tarjan's components, then a
 * breadth-first walk inside each). A file that imports itself is not one: Svelte components recurse so.
 */
export function findCycles(graph: ImportGraph): string[][] {
  return components(graph)
    .filter((files) => files.length > 1)
    .map((files) => shortestCycle(graph, new Set(files)))
}

function components(graph: ImportGraph): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (file: string): number => {
    const index = order.size
    order.set(file, index)
    stack.push(file)
    let lowest = index
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) lowest = Math.min(lowest, visit(next))
      else if (stack.includes(next)) lowest = Math.min(lowest, order.get(next) ?? index)
    }
    low.set(file, lowest)
    if (lowest === index) found.push(stack.splice(stack.indexOf(file)))
    return lowest
  }
  for (const file of [...graph.keys()].sort()) if (!order.has(file)) visit(file)
  return found
}

function shortestCycle(graph: ImportGraph, knot: ReadonlySet<string>): string[] {
  let shortest: string[] = []
  for (const start of [...knot].sort()) {
    const cycle = pathBack(graph, knot, start)
    if (cycle !== null && (shortest.length === 0 || cycle.length < shortest.length)) shortest = cycle
  }
  return shortest
}

function pathBack(graph: ImportGraph, knot: ReadonlySet<string>, start: string): string[] | null {
  const before = new Map<string, string>()
  const queue = [start]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const next of graph.get(file) ?? []) {
      if (next === start && file !== start) return trace(before, start, file)
      if (!knot.has(next) || before.has(next) || next === start) continue
      before.set(next, file)
      queue.push(next)
    }
  }
  return null
}

function trace(before: ReadonlyMap<string, string>, start: string, last: string): string[] {
  const path = [last]
  for (let file = last; file !== start;) {
    file = before.get(file) ?? start
    path.unshift(file)
  }
  return path
}
