import { bytesToId } from '@clique/crypto'
import type { DeviceId, MemberId } from '@clique/crypto'
import { beforeEach, expect, test } from 'vitest'
import { Allowance } from './allowance.ts'
import { maxStates } from './heard.ts'
import { clockToleranceMs } from './live-state.ts'
import type { Activity, LiveState } from './live-state.ts'
import { Present, staleMs } from './present.ts'

const device = (n: number): DeviceId => bytesToId('device', new Uint8Array(32).fill(n))
const member = (n: number): MemberId => bytesToId('member', new Uint8Array(32).fill(n))
/** Devices 1 and 101 are of member 1, and so on. */
const memberOf = (id: DeviceId): MemberId => member(Number.parseInt(id.slice(0, 2), 16) % 100)
const state = (n: number, clock: number, activity: Activity, more: Partial<LiveState> = {}): LiveState => ({
  device: device(n),
  client: n,
  clock,
  at: 1000 + clock,
  activity,
  ...more,
})

let present: Present
beforeEach(() => {
  present = new Present()
})
const people = () => present.people(member(0), memberOf)

test('[LIV4] shows each member once, typing on whichever device, and never oneself', () => {
  present.take(state(1, 1, 'typing'), 'a', 0)
  present.take(state(101, 1, 'here'), 'b', 0)
  present.take(state(2, 1, 'here'), 'c', 0)
  present.take(state(3, 1, 'gone'), 'd', 0)
  present.take(state(100, 1, 'here'), 'e', 0)
  expect(people()).toEqual([
    { member: member(1), typing: true },
    { member: member(2), typing: false },
  ])
  expect(present.people(member(0), (id) => (id === device(2) ? null : memberOf(id)))).toHaveLength(1)
})

test('[LIV4] an older state, played back, changes nothing', () => {
  expect(present.take(state(1, 4, 'typing'), 'a', 0)).toBe(true)
  expect(present.take(state(1, 5, 'here'), 'a', 0)).toBe(true)
  for (const clock of [4, 5]) expect(present.take(state(1, clock, 'typing'), 'x', 0)).toBe(false)
  expect(people()).toEqual([{ member: member(1), typing: false }])
  // Another tab leads: it starts anew under another number, later.
  expect(present.take(state(1, 1, 'typing', { client: 9, at: 900 }), 'x', 0)).toBe(false)
  expect(present.take(state(1, 1, 'typing', { client: 9, at: 2000 }), 'b', 0)).toBe(true)
  expect(people()).toEqual([{ member: member(1), typing: true }])
})

test('[LIV4] who is silent, or whose connection is gone, is here no more', () => {
  present.take(state(1, 1, 'here'), 'a', 0)
  present.take(state(2, 1, 'here'), 'b', staleMs)
  present.sweep(staleMs + 1)
  expect(people()).toEqual([{ member: member(2), typing: false }])
  present.drop('b')
  expect(people()).toEqual([])
  // Not before it could not be played back any more is it forgotten what they said.
  expect(present.take(state(1, 1, 'here'), 'x', staleMs + 1)).toBe(false)
  present.sweep(2 * clockToleranceMs + staleMs)
  expect(present.take(state(1, 1, 'here'), 'x', 2 * clockToleranceMs + staleMs)).toBe(true)
})

test('[LIV3] the states of a room are bounded', () => {
  const many = (n: number) => state(0, 1, 'here', { device: bytesToId('device', new Uint8Array(32).fill(n)) })
  for (let n = 0; n < maxStates; n++) expect(present.take(many(n), 'a', 0)).toBe(true)
  expect(present.take(many(maxStates), 'a', 0)).toBe(false)
  expect(present.take(state(0, 2, 'typing'), 'a', 0)).toBe(true)
})

test('[LIV3] messages of one connection are counted, and the count comes back with time', () => {
  const allowance = new Allowance(2, 1, 0)
  expect([0, 0, 0].map((now) => allowance.spend(now))).toEqual([true, true, false])
  expect([999, 1000, 1000].map((now) => allowance.spend(now))).toEqual([false, true, false])
  // A clock that is set back gives nothing.
  expect(allowance.spend(0)).toBe(false)
})
