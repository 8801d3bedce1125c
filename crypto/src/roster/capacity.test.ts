import { expect, test } from 'vitest'
import { entitledRecipients, maxRecipients } from '../epochs/recipients.ts'
import { bytesToId } from '../ids.ts'
import type { MemberId, OperationId } from '../ids.ts'
import { forge } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { foresee } from './act.ts'
import { introduce, revokeInvitation, rotateEpoch } from './acts.ts'
import { maxSurplusTakers } from './surplus.ts'
import type { Member, RosterState } from './state.ts'

const takers = Array.from({ length: maxSurplusTakers + 3 }, (_, i) => `taker${i}`)

test('[ROS10] nobody opens more places than a clique has', async () => {
  const { anna, ben } = await people(61, 'anna', 'ben')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  const first = await ben.invites({ uses: 150 })
  await expect(ben.invites({ uses: 149 })).rejects.toMatchObject({ code: 'clique-full' })
  const { operation } = await ben.invites({ uses: 148 })
  await expect(ben.invites()).rejects.toMatchObject({ code: 'clique-full' })
  await meet(anna, ben)

  const { body } = operation
  if (body.type !== 'invite') throw new Error('an invitation is one')
  const forged = await forge(ben, { ...body, invite: bytesToId('invite', ben.random(32)) })
  expect(anna.log.graph.place(forged)).toEqual({ kind: 'refused', code: 'clique-full' })

  await anna.does((log, me, options) => revokeInvitation(log, me, first.invite, options))
  await anna.invites({ uses: 150 })
  await anna.does(rotateEpoch)
  await ben.receives(...anna.items)
  expect(ben.log.state.hash).toBe(anna.log.state.hash)
})

test('[ROS10] whoever has a link cannot list any number of people', async () => {
  const { anna } = await people(62, 'anna')
  await anna.creates()
  const invitation = await anna.invites()
  const early = [...anna.items]
  const crowd: Person[] = Object.values(await people(63, ...takers))
  for (const taker of crowd) await taker.joins(invitation, early)
  const joins = crowd.flatMap(({ items }) => items.slice(-1))
  await anna.receives(...joins)
  const statuses = [...anna.log.state.members.values()].map(({ status }) => status)
  expect(statuses.filter((status) => status === 'quarantined')).toHaveLength(1 + maxSurplusTakers)
  expect(statuses.filter((status) => status === 'out')).toHaveLength(2)

  const { eva } = await people(65, 'eva')
  await eva.joins(await anna.invites(), [...anna.items].reverse())
  const listed = (state: RosterState) =>
    [...state.members.values()]
      .filter(({ status }) => status === 'out')
      .map(({ id }) => id)
      .sort()
  expect(listed(eva.log.state)).toEqual(listed(anna.log.state))
}, 60_000)

test('[EPO3] more people than a rotation can serve leave it possible, the seniors first', async () => {
  const { anna } = await people(66, 'anna')
  await anna.creates()
  await anna.invites()
  const { state } = anna.log
  const [founder] = state.members.values()
  if (founder === undefined) throw new Error('there is a founder')
  const crowd = Array.from({ length: 500 }, (_, i): Member => {
    const id = bytesToId('member', anna.random(32))
    return { ...founder, id, rank: [500 - i], devices: [], recoveryKey: anna.random(40) }
  })
  const crowded = (extra: readonly Member[]): RosterState => ({
    ...state,
    members: new Map([...extra, founder].map((member) => [member.id, member])),
  })
  const twice = crowd.flatMap((member) => [
    member,
    { ...member, id: bytesToId('member', anna.random(32)), recoveryKey: anna.random(40) },
  ])
  const { recipients, holders, hash } = entitledRecipients(crowded(twice))
  expect(recipients).toHaveLength(maxRecipients)
  expect(holders.has(`device:${anna.device.id}`)).toBe(true)
  expect(holders.has(`recovery:${crowd[499]?.id ?? founder.id}`)).toBe(true)
  expect(holders.has(`recovery:${crowd[0]?.id ?? founder.id}`)).toBe(false)
  expect([...holders].some((holder) => holder.startsWith('invite:'))).toBe(false)
  expect(entitledRecipients(crowded([...twice].reverse())).hash).toEqual(hash)
})

test('[EPO3] a newcomer foresees who gets the keys as everybody does, by the rank that the join will have', async () => {
  const { anna, ben } = await people(67, 'anna', 'ben')
  await anna.creates()
  const { operation, invite } = await anna.invites()
  const { graph, state } = anna.log
  const [founder] = state.members.values()
  if (founder === undefined) throw new Error('there is a founder')
  // Those who came by earlier invitations fill a rotation; Ben's keys are the first that do not fit.
  const crowd = Array.from({ length: maxRecipients - 2 }, (): [MemberId, Member] => {
    const id = bytesToId('member', anna.random(32))
    return [id, { ...founder, id, rank: [0], devices: [], recoveryKey: anna.random(40) }]
  })
  const past: RosterState = { ...state, members: new Map([...crowd, [founder.id, founder]]) }
  const header = {
    clique: anna.log.clique,
    author: { kind: 'invitation', id: invite },
    sequence: null,
    previous: null,
    parents: [operation.id],
  } as const
  const newcomer = await introduce({ ...ben, memberName: 'ben' })
  const log = { graph: { stateAt: () => past, get: (id: OperationId) => graph.get(id) } }
  const { after } = foresee(log, header, { type: 'join', newcomer })
  expect(after.members.get(ben.root.id)?.rank).toEqual([operation.sequence])
  const { recipients, holders } = entitledRecipients(after)
  expect(recipients).toHaveLength(maxRecipients)
  expect([...holders].filter((holder) => holder.includes(ben.root.id))).toEqual([])
  expect(holders.has(`device:${ben.device.id}`)).toBe(false)
  expect(crowd.every(([id]) => holders.has(`recovery:${id}`))).toBe(true)
})
