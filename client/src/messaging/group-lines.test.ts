import type { DeviceId, MemberId, RosterState } from '@clique/crypto'
import { expect, test } from 'vitest'
import type { RosterEvent } from '../documents/roster-lines.ts'
import { toGroupLines, toNameLines } from './group-lines.ts'

const [anna, ben, carla, me] = ['Anna', 'Ben', 'Carla', 'Me'] as unknown as MemberId[] as [
  MemberId,
  MemberId,
  MemberId,
  MemberId,
]
const roster = {
  members: new Map([anna, ben, carla, me].map((id) => [id, { id, name: `${id}!` }])),
  devices: new Map([anna, ben, me].map((id) => [`phone of ${id}`, { member: id }])),
} as unknown as RosterState

function event(kind: RosterEvent['kind'], by: MemberId | null, whom: MemberId): RosterEvent {
  return { kind, by, whom, operations: [], made: null, role: null }
}

const linesOf = (...events: RosterEvent[]) =>
  toGroupLines(events, roster, me).map(({ kind, by, whom }) => [
    kind,
    by?.name ?? null,
    whom.map(({ name }) => name).join(),
  ])

test('[LIN3] several that happened at one place are one line each kind, and I have my own', () => {
  expect(linesOf(event('joined', anna, ben), event('joined', anna, carla))).toEqual([
    ['joined', 'Anna!', 'Ben!,Carla!'],
  ])
  // Whoever invited is not named where there were several.
  expect(linesOf(event('joined', anna, ben), event('joined', me, carla))).toEqual([
    ['joined', null, 'Ben!,Carla!'],
  ])
  expect(linesOf(event('joined', anna, me), event('joined', anna, carla))).toHaveLength(2)
  expect(linesOf(event('removed', anna, ben), event('removed', me, carla))).toEqual([
    ['removed', 'Anna!', 'Ben!'],
    ['removed', 'Me!', 'Carla!'],
  ])
  expect(linesOf(event('left', ben, ben), event('joined', anna, carla), event('left', carla, carla))).toEqual(
    [
      ['left', 'Ben!', 'Ben!'],
      ['joined', 'Anna!', 'Carla!'],
      ['left', 'Carla!', 'Carla!'],
    ],
  )
})

test('[LIN4] of names that one gave after another the last is told of', () => {
  const given = (by: MemberId, title: string) => ({
    device: `phone of ${by}` as DeviceId,
    sequence: 1,
    title,
  })
  const lines = toNameLines(
    [given(anna, 'Plnas'), given(anna, 'Plans'), given(me, 'Trip'), given(anna, 'Plans')],
    roster,
    me,
  )
  expect(lines.map(({ by, title }) => [by?.name, by?.me, title])).toEqual([
    ['Anna!', false, 'Plans'],
    ['Me!', true, 'Trip'],
    ['Anna!', false, 'Plans'],
  ])
})
