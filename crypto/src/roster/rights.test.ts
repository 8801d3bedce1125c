import { expect, test } from 'vitest'
import { Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

const link = (invite: ReturnType<Told['invite']>) => ({ kind: 'invitation', id: invite }) as const
const joining = (told: Told, who: Partial<Teller['newcomer']> = {}) =>
  ({ type: 'join', newcomer: { ...told.makeNewcomer('late'), ...who } }) as const
const relays = { type: 'set-relays', relays: [] } as const
const roleOf = (told: Told, whom: Teller, ...tellers: readonly Teller[]) =>
  told.roster(...tellers).members.get(whom.member)?.role

test('[INV5] nobody comes by a link of which they have heard that it is used, revoked or closed', () => {
  const told = new Told('ended links')
  const { anna } = told
  const links = [told.invite(anna), told.invite(anna), told.invite(anna)] as const
  const [used, revoked, closed] = links
  told.hear(anna, told.join(anna, used))
  told.does(anna, { type: 'revoke-invite', invite: revoked })
  told.does(anna, { type: 'close-invite', invite: closed })
  const codes = links.map((invite) => told.verdict(anna, joining(told), link(invite)))
  expect(codes).toEqual(['invite-used', 'invite-revoked', 'invite-closed'])
})

test('[INV5] nobody comes twice, and with nobody else’s device', () => {
  const told = new Told('twins')
  const { anna } = told
  const { member, device } = told.admit(anna)
  const invite = told.invite(anna)
  expect(told.verdict(anna, joining(told, { member }), link(invite))).toBe('member-known')
  expect(told.verdict(anna, joining(told, { device }), link(invite))).toBe('device-known')
  expect(told.verdict(anna, joining(told), link(invite))).toBe('accepted')
})

test('[ROS14] nobody comes by a link whose maker or taker is out, having heard of it', () => {
  const told = new Told('links of who is out')
  const { anna } = told
  const ben = told.admit(anna)
  const made = told.invite(ben)
  told.hear(anna, ben)
  const taken = told.invite(anna, { uses: 2 })
  const carl = told.join(anna, taken)
  told.hear(anna, carl)
  expect([made, taken].map((invite) => told.verdict(anna, joining(told), link(invite)))).toEqual([
    'accepted',
    'accepted',
  ])
  told.does(anna, told.removal(anna, ben))
  told.does(anna, told.removal(anna, carl))
  expect([made, taken].map((invite) => told.verdict(anna, joining(told), link(invite)))).toEqual([
    'invite-revoked',
    'invite-revoked',
  ])
})

test('[ROS14] whoever is confirmed may do no more to others than whoever did that, by whatever link they came', () => {
  const told = new Told('confirmed by a junior')
  const { anna } = told
  const invite = told.invite(anna, { role: 'admin' })
  // One too many came by the link, and both wait.
  const [sam, other] = [told.join(anna, invite), told.join(anna, invite)]
  const [ben, cy, zed] = [told.admit(anna, 'admin'), told.admit(anna, 'admin'), told.admit(anna)]
  told.hear(anna, sam, other)
  told.meet(anna, ben, cy, zed)
  expect(told.statusOf(sam, cy)).toBe('quarantined')
  told.does(cy, { type: 'confirm', member: sam.member })
  told.hear(sam, cy)
  const verdicts = (by: Teller, ...whom: readonly Teller[]) =>
    whom.map((one) => told.verdict(by, told.removal(by, one)))
  expect(verdicts(sam, ben, cy, zed)).toEqual(['not-allowed', 'not-allowed', 'accepted'])
})

test('[ROS14] nobody comes to be above somebody by confirming them, nor by their being confirmed', () => {
  for (const reason of ['one too many', 'closed'] as const) {
    const told = new Told(`confirmed and removed, ${reason}`)
    const { anna } = told
    const invite = told.invite(anna, { role: 'admin' })
    const early = told.copy(anna)
    const ben = told.join(anna, invite)
    const cy = told.join(anna, told.invite(anna, { role: 'admin' }))
    told.meet(ben, cy)
    if (reason === 'closed') told.does(anna, { type: 'close-invite', invite })
    told.hear(cy, reason === 'closed' ? anna : told.join(early, invite))
    const old = told.copy(cy)
    told.hear(anna, ben, cy)
    expect(told.statusOf(ben, anna)).toBe('quarantined')
    told.does(anna, { type: 'confirm', member: ben.member })
    told.meet(anna, ben, cy)
    expect(told.verdict(told.copy(ben), told.removal(ben, cy))).toBe('accepted')
    expect(told.verdict(told.copy(cy), told.removal(cy, ben))).toBe('not-allowed')
    // Nor by a device that a root adds to what was known while Ben waited.
    const device = told.rootAdds(old)
    told.does(device, { type: 'confirm', member: ben.member })
    expect(told.verdict(told.copy(device), told.removal(device, ben))).toBe('not-allowed')
  }
})

test('[ROS6] what a device did whose adding has no effect has none', () => {
  const told = new Told('added by a fork')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const copied = told.copy(ben)
  const eve = told.add(ben)
  const set = told.does(eve, relays)
  expect(told.hasEffect(set, eve)).toBe(true)
  told.does(copied, { type: 'rotate-epoch', space: null })
  expect(told.hasEffect(set, eve, copied)).toBe(false)
})

test('[ROS10] who waits in quarantine takes a place', () => {
  const told = new Told('places')
  const { anna } = told
  const invite = told.invite(anna)
  const takers = [told.join(anna, invite), told.join(anna, invite)]
  told.hear(anna, ...takers)
  expect(takers.map((taker) => told.statusOf(taker, anna))).toEqual(['quarantined', 'quarantined'])
  expect(told.verdict(anna, told.invitation({ uses: 298 }))).toBe('clique-full')
  expect(told.verdict(anna, told.invitation({ uses: 297 }))).toBe('accepted')
})

test('[ROS5] the key of an invitation makes no second one', () => {
  const told = new Told('invited twice')
  const { anna } = told
  const body = told.invitation()
  told.does(anna, body)
  expect(told.verdict(anna, { ...body, uses: 2 })).toBe('invite-known')
})

test('[ROS14] nobody but an owner or admin confirms who is in quarantine', () => {
  const told = new Told('confirming')
  const { anna } = told
  const [ben, dora] = [told.admit(anna), told.admit(anna, 'moderator')]
  told.meet(anna, ben, dora)
  const invite = told.invite(anna)
  const takers = [told.join(anna, invite), told.join(anna, invite)]
  told.meet(anna, ben, dora, ...takers)
  const [taker] = takers
  if (taker === undefined) throw new Error('there are two')
  const confirm = { type: 'confirm', member: taker.member } as const
  expect([ben, dora].map((one) => told.verdict(one, confirm))).toEqual(['not-allowed', 'not-allowed'])
  expect(told.verdict(anna, confirm)).toBe('accepted')
})

test('[ROS12] [ROS17] a role that was given beside a demotion of whoever gave it is taken back', () => {
  const told = new Told('roles given too late')
  const { anna } = told
  const [ben, carl] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, carl)
  told.does(anna, { type: 'set-role', member: ben.member, role: 'member' })
  told.does(ben, { type: 'set-role', member: carl.member, role: 'moderator' })
  expect(roleOf(told, carl, ben)).toBe('moderator')
  expect(roleOf(told, carl, anna, ben)).toBe('member')
})

test('[ROS18] a recovery falls with any of its countersigns', () => {
  const told = new Told('recovery')
  const { anna } = told
  const [ben, carl, dora] = [told.admit(anna), told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl, dora)
  told.does(anna, { type: 'rotate-epoch', space: null })
  told.meet(anna, ben, carl, dora)
  const sign = { type: 'countersign', purpose: 'recover', member: carl.member } as const
  const countersigns = [told.does(ben, sign), told.does(dora, sign)].map(({ id }) => id).toSorted()
  told.hear(carl, ben, dora)
  told.does(carl, { type: 'recover', member: carl.member, countersigns })
  expect(roleOf(told, carl, carl)).toBe('admin')
  // Beside all of it Anna removes one of those who sign.
  told.does(anna, told.removal(anna, dora))
  expect(roleOf(told, carl, anna, carl)).toBe('member')
})

test('[EPO2] nobody is answered about an epoch that was not meant for them, nor by whom it was not meant for', () => {
  const told = new Told('answers')
  const { anna } = told
  const [first] = told.roster(anna).epochHeads
  const ben = told.admit(anna)
  const [second] = told.roster(anna).epochHeads
  if (first === undefined || second === undefined) throw new Error('there are epochs')
  const carl = told.admit(anna)
  told.meet(anna, ben, carl)
  const answerTo = (epoch: typeof first, by: Teller) => {
    const complaint = told.does(ben, { type: 'complain', epoch }).id
    told.meet(anna, ben, carl)
    return told.verdict(by, {
      type: 'rewrap',
      epoch,
      complaint,
      terms: told.random(32),
      wrapsRoot: told.random(32),
    })
  }
  expect(answerTo(first, anna)).toBe('not-allowed')
  expect(answerTo(second, carl)).toBe('epoch-not-held')
})

test('[ROS11] rank alone removes nobody, and no admin removes an owner', () => {
  const told = new Told('above')
  const { anna } = told
  const ben = told.admit(anna)
  const carl = told.admit(ben)
  told.meet(anna, ben)
  expect(told.verdict(ben, told.removal(ben, carl))).toBe('not-allowed')
  expect(told.verdict(ben, { type: 'set-role', member: carl.member, role: 'reader' })).toBe('not-allowed')
  told.does(anna, { type: 'set-role', member: ben.member, role: 'admin' })
  told.does(anna, { type: 'set-role', member: carl.member, role: 'owner' })
  told.meet(anna, ben)
  expect(told.verdict(ben, told.removal(ben, carl))).toBe('not-allowed')
  told.does(anna, { type: 'set-role', member: carl.member, role: 'admin' })
  told.meet(anna, ben)
  expect(told.verdict(ben, told.removal(ben, carl))).toBe('accepted')
})

/** Ben, Carl and Dora are admins beside Anna, who has built on them; the others are members. */
function council(seed: string, members: number) {
  const told = new Told(seed)
  const { anna } = told
  const admins = [told.admit(anna, 'admin'), told.admit(anna, 'admin'), told.admit(anna, 'admin')] as const
  const others = Array.from({ length: members }, () => told.admit(anna))
  told.does(anna, { type: 'rotate-epoch', space: null })
  told.meet(anna, ...admins, ...others)
  return { told, anna, admins, others }
}

/** What one says to a removal that these have signed too. */
function removedBy(told: Told, by: Teller, signers: readonly Teller[], target: Teller): string {
  const sign = { type: 'countersign', purpose: 'remove', member: target.member } as const
  const countersigns = signers.map((one) => told.does(one, sign).id).toSorted()
  told.hear(by, ...signers)
  return told.verdict(by, told.removal(by, target, countersigns))
}

test('[ROS13] an admin who has lost that role since is still counted, and has no vote', () => {
  const { told, anna, admins } = council('fallen admins', 0)
  const [ben, carl, dora] = admins
  told.does(ben, { type: 'set-role', member: carl.member, role: 'member' })
  told.hear(carl, ben)
  expect(removedBy(told, ben, [carl], anna)).toBe('not-allowed')
  expect(removedBy(told, ben, [dora], anna)).toBe('accepted')
})

test('[ROS13] where there are two other admins, members do not outvote them', () => {
  const { told, anna, admins, others } = council('outvoted', 6)
  const [ben, carl] = admins
  expect(removedBy(told, ben, others, anna)).toBe('not-allowed')
  expect(removedBy(told, carl, [ben], anna)).toBe('accepted')
})

test('[ROS13] who has signed and left since does not help', () => {
  const told = new Told('signed and left')
  const { anna } = told
  const [ben, carl, dora] = [told.admit(anna), told.admit(anna), told.admit(anna)]
  told.does(anna, { type: 'rotate-epoch', space: null })
  told.meet(anna, ben, carl, dora)
  const sign = { type: 'countersign', purpose: 'remove', member: anna.member } as const
  const countersigns = [carl, dora].map((one) => told.does(one, sign).id).toSorted()
  told.does(dora, { type: 'leave' })
  told.hear(ben, carl, dora)
  expect(told.verdict(ben, told.removal(ben, anna, countersigns))).toBe('countersign-unknown')
})

test('[ROS18] the most senior member with one more names nobody where there are two admins', () => {
  const { told, admins, others } = council('recovered beside admins', 3)
  const [first, second] = others
  if (first === undefined || second === undefined) throw new Error('there are members')
  const sign = { type: 'countersign', purpose: 'recover', member: first.member } as const
  const { id } = told.does(second, sign)
  told.hear(first, second)
  const recover = { type: 'recover', member: first.member, countersigns: [id] } as const
  expect(admins).toHaveLength(3)
  expect(told.verdict(first, recover)).toBe('not-allowed')
})
