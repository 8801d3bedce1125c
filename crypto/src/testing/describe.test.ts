import { expect, test } from 'vitest'
import { hashState } from '../roster/state-hash.ts'
import type { RosterState } from '../roster/state.ts'
import { Contest } from './contest.ts'
import { describe } from './describe.ts'

/** Follow from the rest of a state: from the operations that `heads` names, or from what else is said of epochs. */
const derived = new Set(['tips', 'fallenEpochs', 'hash'])

/** The state with one entry less in this part of it, or with another value; null where there is nothing in it. */
function without(state: RosterState, part: string, value: unknown): RosterState | null {
  const changed = part === 'epochs' ? withoutHead(state) : less(value)
  if (changed === null) return null
  const other = { ...state, [part]: changed }
  return { ...other, hash: hashState(other) }
}

/** What came before an epoch follows from it, and one that lost its effect is named apart: so one that stands is missed. */
function withoutHead({ epochs, epochHeads }: RosterState): unknown {
  const head = epochHeads.find((id) => epochs.get(id)?.counts)
  return head === undefined ? null : new Map([...epochs].filter(([id]) => id !== head))
}

function less(value: unknown): unknown {
  if (isMap(value)) return value.size === 0 ? null : new Map([...value].slice(0, -1))
  if (Array.isArray(value)) return value.length === 0 ? null : value.slice(1)
  if (typeof value === 'string') return `${value.slice(0, -2)}${value.endsWith('00') ? '01' : '00'}`
  return { ...(value as object), name: 'another' }
}

/** Some of a state's maps are layers of several. */
function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'get' in value && 'size' in value
}

test('[ROS1] states are compared in every part: two that agree in their epochs alone are told apart', () => {
  const seen = new Set<string>()
  const all = new Set<string>()
  for (let i = 0; i < 12; i++) {
    const contest = new Contest(`describe ${i}`)
    for (let step = 0; step < 50; step++) contest.step()
    const state = contest.graph.stateAt(contest.operations.keys())
    const whole = describe(state)
    for (const [part, value] of Object.entries(state)) {
      if (derived.has(part)) continue
      all.add(part)
      const other = without(state, part, value)
      if (other === null) continue
      seen.add(part)
      expect(describe(other), part).not.toBe(whole)
    }
  }
  expect([...seen].toSorted()).toEqual([...all].toSorted())
})
