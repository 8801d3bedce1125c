import { systemRandom } from '@clique/crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TestMember } from '../documents/testing/members.ts'
import { markInvitationUploaded } from '../storage/invitations.ts'
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
  anna = await TestMember.founder('Anna')
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
  expect(await invitations.create({ days: 7, uses: 1 })).not.toBe(next)
})
