import { capabilities, closeInvitation, createInvitation, isCapabilityExposed } from '@clique/crypto'
import { removeMember, systemRandom } from '@clique/crypto'
import type { InviteId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TestMember } from '../documents/testing/members.ts'
import { saveAdminKey } from '../storage/admin-keys.ts'
import { markInvitationUploaded } from '../storage/invitations.ts'
import { seedToPeer } from '../network/relay-address.ts'
import type { RelayDoor } from './relay-door.ts'
import { Invitations } from './invitations.svelte.ts'
import { LiveRoster } from './live-roster.svelte.ts'

const soon = { timeout: 20_000 }
const dayMs = 24 * 60 * 60 * 1000

let anna: TestMember
let roster: LiveRoster
let invitations: Invitations
let now = 0

beforeEach(async () => {
  anna = await TestMember.founder('Anna', 'full', [
    { url: 'https://relay.example', peer: seedToPeer(systemRandom(32)) },
  ])
  const { session, store } = anna
  roster = new LiveRoster()
  roster.follow({
    get log() {
      return session.log
    },
    onRoster: (listener) =>
      session.onChange(({ kind }) => {
        if (kind === 'roster') listener()
      }),
  })
  now = Date.now()
  // No relay is asked by what makes an invitation.
  const here = { store, door: {} as RelayDoor, random: systemRandom, now: () => now }
  const actor = { clique: session.clique, me: session.member, act: session.act.bind(session) }
  invitations = new Invitations(here, actor, roster, 'https://relay.example')
})
afterEach(async () => {
  invitations.close()
  roster.close()
  await anna.leaves()
})

test('an invitation is there at once, without a link until a relay has it', async () => {
  const id = await invitations.create({ days: 7, uses: 1 })
  expect(invitations.open).toMatchObject([{ id, link: null, waiting: true }])
  await markInvitationUploaded(anna.store, anna.session.clique, id)
  await vi.waitUntil(() => invitations.open[0]?.waiting === false, soon)
  expect(invitations.open).toMatchObject([
    { id, link: expect.stringMatching(/^https:\/\/relay\.example\/#invite=./) },
  ])
})

test('whoever tries again gets the one that waits; another wish, and one after it was taken, make another', async () => {
  const first = await invitations.create({ days: 7, uses: 1 })
  now += dayMs / 2
  expect(await invitations.create({ days: 7, uses: 1 })).toBe(first)
  const forFive = await invitations.create({ days: 7, uses: 5 })
  const longer = await invitations.create({ days: 30, uses: 1 })
  await markInvitationUploaded(anna.store, anna.session.clique, first)
  const next = await invitations.create({ days: 7, uses: 1 })
  expect(new Set([first, forFive, longer, next]).size).toBe(4)
  expect(invitations.open).toHaveLength(4)
  await invitations.revoke(next)
  expect(invitations.ended).toMatchObject([{ id: next, how: 'revoked', joined: [] }])
  expect(await invitations.create({ days: 7, uses: 1 })).not.toBe(next)
})

test('[DTY9] a link that is taken back gives nothing at the relay any more, where this device can tell it', async () => {
  const { store, session } = anna
  const [first, second] = [
    await invitations.create({ days: 7, uses: 1 }),
    await invitations.create({ days: 7, uses: 5 }),
  ]
  const generation = () => capabilities(session.log)[0]?.generation
  await invitations.revoke(first)
  expect([generation(), isCapabilityExposed(session.log)]).toEqual([1, true])
  const [relay] = session.log.state.relays
  if (relay === undefined) throw new Error('a clique has a relay')
  await saveAdminKey(store, session.clique, relay.peer, { seed: systemRandom(32), isKnown: true })
  await invitations.revoke(second)
  expect([generation(), isCapabilityExposed(session.log)]).toEqual([2, false])
})

test('what became of an invitation is told until a day after it would have run out', async () => {
  const open = await invitations.create({ days: 1, uses: 1 })
  const ben = await anna.invites('Ben')
  await ben.tells(anna)
  const invite = anna.session.log.state.members.get(ben.session.member)?.invite
  expect(invitations.ended).toMatchObject([{ id: invite, how: 'used', joined: ['Ben'], uses: 1 }])
  const { expiresAt } = invitations.open.find(({ id }) => id === open) ?? { expiresAt: 0 }
  now = expiresAt + 1
  // As a clock moves nothing by itself, this is when somebody looks again.
  await invitations.create({ days: 7, uses: 5 })
  expect(invitations.ended.find(({ id }) => id === open)).toMatchObject({ how: 'run-out', joined: [] })
  now += dayMs
  await invitations.create({ days: 7, uses: 20 })
  expect(invitations.ended.some(({ id }) => id === open)).toBe(false)
  await ben.leaves()
})

test('an invitation that somebody made who is out is closed, and one that others closed has run out', async () => {
  const ben = await anna.invites('Ben')
  const options = { role: 'member', uses: 5, expiresAt: now + dayMs, random: systemRandom } as const
  const made = await ben.session.act((log, keys) => createInvitation(log, keys, options))
  await ben.tells(anna)
  const own = await invitations.create({ days: 7, uses: 5 })
  const find = (id: InviteId) => invitations.ended.find((row) => row.id === id)
  expect([find(made.invite), find(own)]).toEqual([undefined, undefined])
  await anna.session.act((log, keys) => removeMember(log, keys, ben.session.member, { random: systemRandom }))
  expect(find(made.invite)).toMatchObject({ how: 'closed', joined: [] })
  await anna.session.act((log, keys) => closeInvitation(log, keys, own, { random: systemRandom }))
  expect(find(own)).toMatchObject({ how: 'run-out', uses: 5 })
  await ben.leaves()
})
