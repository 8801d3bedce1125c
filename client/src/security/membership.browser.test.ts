import { addDevice, bytesToId, generateKemPair, generateSigner } from '@clique/crypto'
import { leaveClique, setRelays, systemRandom as random } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TestMember } from '../documents/testing/members.ts'
import { saveHeardHeads } from '../storage/heard-heads.ts'
import { saveRetired } from '../storage/retired-at-relay.ts'
import { MembershipViews } from './membership-views.ts'
import { Membership } from './membership.svelte.ts'
import { silenceMs } from './person.svelte.ts'

let anna: TestMember
let ben: TestMember
let carl: TestMember
let open: MembershipViews[]

beforeEach(async () => {
  open = []
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  carl = await anna.invites('Carl')
  await carl.tells(anna)
  for (const member of [ben, carl]) await anna.tells(member)
})
afterEach(async () => {
  for (const views of open) views.close()
  for (const member of [anna, ben, carl]) await member.leaves()
})

function viewsOf(member: TestMember, now = Date.now): MembershipViews {
  const here = { store: member.store, now, random }
  const views = new MembershipViews(new Membership(here, member.session, () => ({ direct: [], relayed: [] })))
  open.push(views)
  return views
}

function person(views: MembershipViews, whom: TestMember) {
  const view = views.person(whom.session.member)
  if (view === null) throw new Error('a member is known')
  return view
}

const meetAll = async (): Promise<void> => {
  for (const one of [anna, ben, carl])
    for (const other of [anna, ben, carl]) if (one !== other) await one.tells(other)
}

test('the founder may remove and promote, others may only join their signatures', async () => {
  const [annas, bens] = [viewsOf(anna), viewsOf(ben)]
  expect(person(annas, ben)).toMatchObject({
    status: 'in',
    mayRemove: { kind: 'alone' },
    roles: ['owner', 'admin', 'moderator', 'reader'],
    mayRecover: null,
    leaving: null,
    invitedBy: { name: 'Anna', me: true },
  })
  expect(person(annas, anna)).toMatchObject({
    mayRemove: { kind: 'no', reason: 'me' },
    leaving: 'last-admin',
  })
  expect(person(bens, anna).mayRemove).toEqual({
    kind: 'with-others',
    needed: 2,
    signed: [],
    mine: false,
    counts: true,
    enough: false,
  })
  expect(person(bens, ben)).toMatchObject({ leaving: 'plain', roles: ['reader'] })
  // Nobody would go on for Ben without the only one.
  expect(person(bens, ben).devices).toMatchObject([{ here: true, status: 'in', mayRemove: false }])
})

test('of two devices of mine each can be removed, and the one that stays then cannot', async () => {
  const views = viewsOf(ben)
  const [signer, kem] = await Promise.all([generateSigner(random), generateKemPair(random)])
  const other = { id: bytesToId('device', signer.publicKey), signer, kem, peer: 'peerOther' }
  await ben.session.act((log, me) => addDevice(log, me, other, { random }))
  expect(person(views, ben).devices).toMatchObject([{ mayRemove: true }, { mayRemove: true }])
  expect(person(viewsOf(anna), ben).devices.some(({ mayRemove }) => mayRemove)).toBe(false)
  await person(views, ben).removeDevice(other.id)
  expect(person(views, ben).devices).toMatchObject([
    { here: true, status: 'in', mayRemove: false },
    { here: false, status: 'out', mayRemove: false },
  ])
})

test('a removal that takes several is signed by the one and carried out by the other', async () => {
  // They are counted whom Anna has built on.
  await anna.session.rotate()
  await meetAll()
  const [bens, carls] = [viewsOf(ben), viewsOf(carl)]
  await expect(person(bens, anna).remove()).rejects.toMatchObject({ code: 'not-allowed' })
  await person(bens, anna).signRemoval()
  expect(person(bens, anna).mayRemove).toMatchObject({ mine: true, enough: false })
  await expect(person(bens, anna).signRemoval()).rejects.toMatchObject({ code: 'countersign-repeated' })
  await ben.tells(carl)
  expect(person(carls, anna).mayRemove).toMatchObject({
    signed: [{ name: 'Ben' }],
    mine: false,
    enough: true,
  })
  const id = await person(carls, anna).remove()
  expect(person(carls, anna)).toMatchObject({ status: 'removed', mayRemove: { kind: 'no', reason: 'out' } })
  const by = carls.removals.receipt(id)?.by.map(({ name }) => name)
  expect(by?.toSorted()).toEqual(['Ben', 'Carl'])
  expect(by?.[0]).toBe('Carl')
  const annas = viewsOf(anna)
  await carl.tells(anna)
  expect(annas.ended.end).toMatchObject({ kind: 'removed' })
})

test('a receipt says who, when, and which of the others have the new keys', async () => {
  const views = viewsOf(anna)
  const before = Date.now()
  const id = await person(views, ben).remove()
  const receipt = () => views.removals.receipt(id)
  expect(receipt()).toMatchObject({
    kind: 'removed',
    member: { name: 'Ben', me: false },
    by: [{ name: 'Anna', me: true }],
    hasNewKeys: true,
    isConfirmed: false,
    confirmations: [{ member: { name: 'Carl' }, devices: 1, confirmed: 0 }],
  })
  expect(receipt()?.heardAt).toBeGreaterThanOrEqual(before)
  // Whoever did it here has not come to know of it.
  expect(receipt()?.madeHere).toBe(true)
  expect(views.removals.of(ben.session.member)).toHaveLength(1)
  await anna.tells(carl)
  // Heads from before say nothing.
  const carls = carl.session.device
  await saveHeardHeads(anna.store, anna.session.clique, carls, [
    anna.session.log.operations.keys().next().value ?? id,
  ])
  await carl.says('under the new keys')
  await carl.tells(anna)
  await expect.poll(receipt).toMatchObject({ isConfirmed: true, confirmations: [{ confirmed: 1 }] })
  // Carl's own receipt waits for Anna, who made the keys, and so has them.
  expect(viewsOf(carl).removals.receipt(id)).toMatchObject({
    isConfirmed: true,
    heardAt: expect.any(Number),
    madeHere: false,
  })
})

test('a device confirms by the roster heads that it says', async () => {
  const views = viewsOf(anna)
  const id = await person(views, ben).remove()
  await anna.tells(carl)
  await saveHeardHeads(anna.store, anna.session.clique, carl.session.device, carl.session.log.state.heads)
  await expect.poll(() => views.removals.receipt(id)?.isConfirmed).toBe(true)
})

test('a receipt of somebody who left waits for new keys', async () => {
  const views = viewsOf(anna)
  const { operation } = await ben.session.act((log, me) => leaveClique(log, me, { random }))
  await ben.tells(anna)
  expect(views.removals.receipt(operation.id)).toMatchObject({
    kind: 'left',
    by: [{ name: 'Ben' }],
    hasNewKeys: false,
    isConfirmed: false,
  })
  await anna.session.rotate()
  expect(views.removals.receipt(operation.id)).toMatchObject({ hasNewKeys: true })
  expect(person(views, ben).status).toBe('left')
})

test('whoever is out follows the removal of somebody else no further, and their own end not at all', async () => {
  const views = viewsOf(anna)
  const first = await person(views, ben).remove()
  await anna.tells(carl)
  const carls = viewsOf(carl)
  const receipt = () => carls.removals.receipt(first)
  expect(receipt()?.following).toBe('on')
  const second = await person(views, carl).remove()
  await anna.tells(carl)
  expect(receipt()?.following).toBe('ended')
  expect(views.removals.receipt(second)?.following).toBe('on')
  await person(views, anna).leave()
  expect(views.removals.receipt(second)?.following).toBe('ended')
  expect(views.removals.of(anna.session.member)).toMatchObject([{ kind: 'left', following: 'never' }])
})

test('who was removed, and who left, sees so and can do nothing', async () => {
  const [bens, carls] = [viewsOf(ben), viewsOf(carl)]
  await person(viewsOf(anna), ben).remove()
  await anna.tells(ben)
  expect(bens.ended.end).toMatchObject({
    kind: 'removed',
    by: [{ name: 'Anna' }],
    noticedAt: expect.any(Number),
    madeHere: false,
  })
  expect(person(bens, ben)).toMatchObject({
    status: 'removed',
    leaving: null,
    row: { me: true, presence: 'away' },
  })
  expect(person(bens, carl)).toMatchObject({ mayRemove: { kind: 'no', reason: 'not-in' }, roles: [] })
  await expect(person(bens, carl).signRemoval()).rejects.toMatchObject({ code: 'membership-ended' })
  await person(carls, carl).leave()
  expect(carls.ended.end).toMatchObject({
    kind: 'left',
    by: [],
    noticedAt: expect.any(Number),
    madeHere: true,
  })
  expect(person(carls, carl).status).toBe('left')
})

test('a new admin is offered after a week without a word of the only one, and not before', async () => {
  await anna.session.rotate()
  await meetAll()
  let now = Date.now()
  const views = viewsOf(ben, () => now)
  await expect.poll(() => person(views, carl).mayRecover).toBeNull()
  await anna.says('I am here')
  await anna.tells(ben)
  now += silenceMs + 60_000
  expect(
    person(
      viewsOf(ben, () => now),
      carl,
    ).mayRecover,
  ).toMatchObject({ needed: 2, mine: false, counts: true })
  const again = viewsOf(ben, () => now)
  await person(again, carl).signRecovery()
  await ben.tells(carl)
  await person(
    viewsOf(carl, () => now),
    carl,
  ).recover()
  expect(carl.session.log.state.members.get(carl.session.member)?.role).toBe('admin')
})

test('a relay is in force when it has ended the generation that the one removed had', async () => {
  const relay = { url: 'http://localhost:1', peer: '12D3KooWRelay' }
  await anna.session.act((log, me) => setRelays(log, me, [relay], { random }))
  const views = viewsOf(anna)
  const id = await person(views, ben).remove()
  const relays = () => views.removals.receipt(id)?.relays
  // This device has no key to tell it with, so the keys of the relay are the old ones.
  expect(relays()).toEqual([{ ...relay, force: 'not-yet', byMe: false }])
  await saveRetired(anna.store, anna.session.clique, relay.peer, 1)
  await expect.poll(relays).toEqual([{ ...relay, force: 'in-force', byMe: false }])
})
