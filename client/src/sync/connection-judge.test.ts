import { describe, expect, test } from 'vitest'
import type { MemberId } from '@clique/crypto'
import { judgeConnection, linkedMembers } from './connection-judge.ts'
import type { RelayFact } from './connection-judge.ts'
import type { LinkedMembers } from './connection-state.ts'

const online: RelayFact = { kind: 'online' }
const waiting: RelayFact = { kind: 'waiting', since: 5 }
const connecting: RelayFact = { kind: 'connecting' }

const [anna, ben, carla, dora] = ['anna', 'ben', 'carla', 'dora'] as unknown as [
  MemberId,
  MemberId,
  MemberId,
  MemberId,
]
const nobody: LinkedMembers = { direct: [], relayed: [] }
const direct: LinkedMembers = { direct: [ben], relayed: [carla] }
const relayed: LinkedMembers = { direct: [], relayed: [carla] }

describe('what people are told', () => {
  test.each([
    ['a relay and people', true, [online], direct, { kind: 'online' }],
    ['one relay of two', true, [waiting, online], nobody, { kind: 'online' }],
    ['a direct link but no relay', true, [waiting], direct, { kind: 'direct-only' }],
    ['a direct link and nothing else', false, [waiting], direct, { kind: 'direct-only' }],
    [
      'links through a relay that does not answer',
      true,
      [waiting],
      relayed,
      { kind: 'relay-unreachable', since: 5 },
    ],
    [
      'nobody and no relay',
      true,
      [{ ...waiting, since: 9 }, waiting],
      nobody,
      { kind: 'relay-unreachable', since: 5 },
    ],
    ['no network', false, [waiting], nobody, { kind: 'offline' }],
    [
      'no network as the browser thinks, and a relay on this machine',
      false,
      [online],
      nobody,
      { kind: 'online' },
    ],
    ['the first seconds', true, [connecting], nobody, { kind: 'starting' }],
  ] as const)('[CJ1] with %s', (_, hasNetwork, relays, members, state) => {
    expect(judgeConnection({ hasNetwork, relays, members })).toEqual(state)
  })

  test('[CJ2] each person is reached in one way, the best there is', () => {
    const links = [
      { member: anna, kind: 'direct' },
      { member: ben, kind: 'circuit' },
      { member: ben, kind: 'direct' },
      { member: carla, kind: 'circuit' },
      { member: carla, kind: 'circuit' },
      { member: dora, kind: 'direct' },
    ] as const
    expect(linkedMembers(links, anna)).toEqual({ direct: [ben, dora], relayed: [carla] })
    expect(linkedMembers([], null)).toEqual(nobody)
  })
})
