import type { OperationId } from '../ids.ts'
import { push } from './ends.ts'
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
  const waiting = new Map<OperationId, Operation[]>()
  const ready = [...operations].reverse()
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    const operation = next
    const before =
      operation.previous === null ? operation.parents : [...operation.parents, operation.previous]
    const missing = before.find((id) => graph.get(id) === undefined)
    if (missing !== undefined) {
      push(waiting, missing, operation)
      continue
    }
    graph.place(operation)
    ready.push(...(waiting.get(operation.id) ?? []))
    waiting.delete(operation.id)
  }
}
