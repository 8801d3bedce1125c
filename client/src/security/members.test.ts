import type { DeviceId, Member, MemberId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { memberRows } from './members.svelte.ts'

const nobody = { direct: [], relayed: [] }

test('whoever is out is not among the members, on the own device either', () => {
  const [anna, ben] = ['anna', 'ben'] as MemberId[]
  if (anna === undefined || ben === undefined) throw new Error('there are two')
  const member = (id: MemberId) =>
    ({ id, name: id, role: 'member', status: 'in', devices: [] }) as unknown as Member
  const members = new Map([anna, ben].map((id) => [id, member(id)]))
  const state = { members, devices: new Map<DeviceId, never>() }
  expect(memberRows(state, ben, nobody).map(({ id }) => id)).toEqual([ben, anna])
  expect(memberRows(state, ben, nobody, true).map(({ id }) => id)).toEqual([anna])
})
