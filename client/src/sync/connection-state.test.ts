import { describe, expect, test } from 'vitest'
import { judgeConnection } from './connection-state.ts'
import type { RelayFact } from './connection-state.ts'

const online: RelayFact = { kind: 'online' }
const waiting: RelayFact = { kind: 'waiting', since: 5 }
const connecting: RelayFact = { kind: 'connecting' }

describe('what people are told', () => {
  test.each([
    ['a relay and two people', true, [online], 2, { kind: 'online', members: 2 }],
    ['one relay of two', true, [waiting, online], 0, { kind: 'online', members: 0 }],
    ['people but no relay', true, [waiting], 1, { kind: 'direct-only', members: 1 }],
    [
      'nobody and no relay',
      true,
      [{ ...waiting, since: 9 }, waiting],
      0,
      { kind: 'relay-unreachable', since: 5, members: 0 },
    ],
    ['no network', false, [waiting], 0, { kind: 'offline' }],
    [
      'no network as the browser thinks, and a relay on this machine',
      false,
      [online],
      0,
      { kind: 'online', members: 0 },
    ],
    ['the first seconds', true, [connecting], 0, { kind: 'starting' }],
  ] as const)('[CS1] with %s', (_, hasNetwork, relays, members, state) => {
    expect(judgeConnection({ hasNetwork, relays, members })).toEqual(state)
  })
})
