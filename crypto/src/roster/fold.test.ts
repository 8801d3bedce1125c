import { expect, test } from 'vitest'
import { findSafeEpochs } from '../epochs/sending.ts'
import { entitledRecipients } from '../epochs/recipients.ts'
import { History } from '../testing/histories.ts'
import type { OperationId } from '../ids.ts'
import { seededRandom } from '../testing/seeded.ts'
import { foldRoster } from './fold.ts'
import { RosterGraph } from './graph.ts'
import type { Operation } from './operation.ts'

const histories = 60
const stepsEach = 60
const seed = process.env['CLIQUE_SEED'] ?? 'fold'

function shuffled<T>(items: readonly T[], name: string): T[] {
  const random = seededRandom(name)
  const keyed = items.map((item) => ({ item, key: random(4).reduce((sum, byte) => sum * 256 + byte, 0) }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

/** As a device would that gets operations one by one and looks at its state each time. */
function foldOneByOne(clique: RosterGraph['clique'], operations: readonly Operation[]): string {
  const graph = new RosterGraph(clique)
  let left = [...operations]
  let heads: readonly OperationId[] = []
  while (left.length > 0) {
    const missing: Operation[] = []
    for (const operation of left) {
      const placement = graph.place(operation)
      if (placement.kind === 'missing') missing.push(operation)
      else {
        expect(placement.kind).toBe('placed')
        heads = graph.stateAt([...heads, operation.id]).heads
      }
    }
    expect(missing.length).toBeLessThan(left.length)
    left = missing
  }
  return graph.stateAt(heads).hash
}

for (let index = 0; index < histories; index++) {
  const name = `${seed} ${index}`
  test(`[ROS2] a random history folds to one state in any order (seed ${name})`, () => {
    const history = new History(name, index % 2 === 0 ? 'full' : 'since-join')
    for (let step = 0; step < stepsEach; step++) history.step()
    const operations = [...history.operations.values()]
    const state = history.graph.stateAt(history.operations.keys())

    expect(foldRoster(shuffled(operations, `${name} a`)).hash).toBe(state.hash)
    expect(foldOneByOne(history.graph.clique, shuffled(operations, `${name} b`))).toBe(state.hash)
    for (const replica of history.replicas) {
      expect(history.graph.foldWhole(replica.seen).hash).toBe(history.stateOf(replica).hash)
    }
    const { holders } = entitledRecipients(state)
    for (const epoch of findSafeEpochs({ state })) {
      expect([...epoch.holders].filter((holder) => !holders.has(holder))).toEqual([])
    }
    for (const operation of operations) {
      expect(history.graph.foldWhole([operation.id]).hash).toBe(history.graph.stateAt([operation.id]).hash)
    }
  })
}
