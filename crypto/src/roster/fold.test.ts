import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findSafeEpochs } from '../epochs/sending.ts'
import { entitledRecipients } from '../epochs/recipients.ts'
import { History } from '../testing/histories.ts'
import type { OperationId } from '../ids.ts'
import { seededRandom } from '../testing/seeded.ts'
import { foldRoster } from './fold.ts'
import { RosterGraph } from './graph.ts'
import type { Operation } from './operation.ts'

const histories = 40
const stepsEach = 40
const stepsAfter = 10

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

test('[ROS2] a random history folds to one state in any order', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom('full', 'since-join'), (seed, rule) => {
      const name = `fold ${seed}`
      const history = new History(name, rule)
      for (let step = 0; step < stepsEach; step++) history.step()
      history.fork()
      for (let step = 0; step < stepsAfter; step++) history.step()
      const operations = [...history.operations.values()]
      const state = history.graph.stateAt(history.operations.keys())

      expect(foldRoster(shuffled(operations, `${name} a`)).hash).toBe(state.hash)
      expect(foldOneByOne(history.graph.clique, shuffled(operations, `${name} b`))).toBe(state.hash)
      for (const replica of history.replicas) {
        expect(history.graph.foldWhole(replica.seen).hash).toBe(history.stateOf(replica).hash)
      }
      for (const { id } of operations) {
        expect(history.graph.foldWhole([id]).hash).toBe(history.graph.stateAt([id]).hash)
      }
      const { holders } = entitledRecipients(state)
      for (const epoch of findSafeEpochs({ state })) {
        expect([...epoch.holders].filter((holder) => !holders.has(holder))).toEqual([])
      }
    }),
    { numRuns: histories },
  )
}, 60_000)

test('[ROS2] an ordinary life of 30 people is folded without reading it again and again', () => {
  const history = new History('ordinary')
  history.grow(30, 60)
  const operations = [...history.operations.values()]
  const state = foldRoster(operations)
  expect(state.heads).toHaveLength(1)
  expect([...state.members.values()].filter(({ status }) => status === 'in')).toHaveLength(30)
  // Every state on the way shares what an operation left alone with the state before.
  const last = operations.at(-1)
  const before = history.graph.stateAt(last?.parents ?? [])
  expect(state.hash).toBe(history.graph.stateAt(state.heads).hash)
  expect(history.graph.stateAt(state.heads).members).toBe(before.members)
})
