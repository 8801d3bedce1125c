import { expect, test } from 'vitest'
import { hashState } from '../roster/state-hash.ts'
import type { RosterState } from '../roster/state.ts'
import { Contest } from './contest.ts'
import { describe } from './describe.ts'
import { flipByte } from './flip.ts'
import { isSameState } from './same-state.ts'

/** Follow from the rest of a state: from the operations that `heads` names, or from what else is said of epochs. */
const derived = new Set(['tips', 'enders', 'fallenEpochs', 'hash'])

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
    expect(isSameState(contest.graph.foldWhole(contest.operations.keys()), state)).toBe(true)
    for (const [part, value] of Object.entries(state)) {
      if (derived.has(part)) continue
      all.add(part)
      const other = without(state, part, value)
      if (other === null) continue
      seen.add(part)
      expect(describe(other), part).not.toBe(whole)
      expect(isSameState(other, state), part).toBe(false)
    }
  }
  expect([...seen].toSorted()).toEqual([...all].toSorted())
})

test('[ROS1] states are told apart by a change in any part of any entry', () => {
  const contest = new Contest('entries 0')
  for (let step = 0; step < 50; step++) contest.step()
  const state = contest.graph.stateAt(contest.operations.keys())
  const maps = [
    'members',
    'devices',
    'tips',
    'invitations',
    'spaces',
    'epochs',
    'complaints',
    'countersigns',
  ] as const
  /** Of what was known to authors nothing is compared: it is states again. */
  const notCompared = new Set(['views', 'archiveViews'])
  for (const part of maps) {
    const entries: ReadonlyMap<string, object> = state[part]
    for (const [id, entry] of entries) {
      for (const [field, value] of Object.entries(entry)) {
        if (notCompared.has(field)) continue
        const changed = { ...entry, [field]: changedValue(value) }
        const other = { ...state, [part]: new Map([...entries, [id, changed]]) }
        expect(isSameState(other, state), `${part} ${field}`).toBe(false)
      }
    }
  }
})

function changedValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return flipByte(value, 0)
  if (value instanceof Set) return new Set([...value, 'another'])
  if (Array.isArray(value)) return [...value, 'another']
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  if (isMap(value)) return new Map([...value, ['another', 0]])
  return 'another'
}
