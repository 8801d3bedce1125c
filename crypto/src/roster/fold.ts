import { RosterGraph } from './graph.ts'
import { cliqueOf } from './operation-codec.ts'
import type { Operation } from './operation.ts'
import type { RosterState } from './state.ts'

/**
 * The roster that a set of verified operations amounts to: any order, any way of arriving, one result. Operations
 * that were not allowed, and those that build on something absent, are left out.
 */
export function foldRoster(operations: Iterable<Operation>): RosterState {
  const all = [...operations]
  const genesis = all.find((operation) => operation.type === 'genesis')
  if (genesis === undefined) throw new Error('there is no roster without a genesis')
  const graph = new RosterGraph(cliqueOf(genesis))
  placeAll(graph, all)
  return graph.stateAt(all.map((operation) => operation.id))
}

/** Places what can be placed, each after what it builds on. */
function placeAll(graph: RosterGraph, operations: readonly Operation[]): void {
  let left = operations
  for (;;) {
    const missing = left.filter((operation) => graph.place(operation).kind === 'missing')
    if (missing.length === left.length) return
    left = missing
  }
}
