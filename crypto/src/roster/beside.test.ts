import { expect, test } from 'vitest'
import { rootOf, Told } from '../testing/told.ts'
import { rotationOf } from './operation.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

test('[ROS14] a join beside the leaving of whoever made the link waits', () => {
  const told = new Told('left beside')
  const { anna } = told
  const ben = told.admit(anna)
  const link = told.invite(ben)
  const carl = told.join(ben, link)
  told.does(ben, { type: 'leave' })
  expect(told.statusOf(carl, carl)).toBe('in')
  expect(told.statusOf(carl, anna, ben, carl)).toBe('quarantined')
})

test('[ROS14] a join by an older link beside the removal of whoever made it waits, and has no effect', () => {
  const told = new Told('older links')
  const { anna } = told
  const ben = told.admit(anna)
  const link = told.invite(ben)
  told.hear(anna, ben)
  const carl = told.join(ben, link)
  const act = told.does(carl, rotate)
  told.does(anna, told.removal(anna, ben))
  expect(told.statusOf(carl, anna, carl)).toBe('quarantined')
  expect(told.hasEffect(act, carl)).toBe(true)
  expect(told.hasEffect(act, anna, carl)).toBe(false)
})

/** Ben is an admin because Dora signed for it, who is junior to whoever comes by Carl's link. */
function withWeakAdmin(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const [ben, carl, dora] = [told.admit(anna), told.admit(anna), told.admit(anna)]
  told.does(anna, rotate)
  told.meet(anna, ben, carl, dora)
  const link = told.invite(carl)
  const { id } = told.does(dora, { type: 'countersign', purpose: 'recover', member: ben.member })
  told.hear(ben, carl, dora)
  told.does(ben, { type: 'recover', member: ben.member, countersigns: [id] })
  return { told, anna, ben, carl, link }
}

test('[ROS12] [ROS17] a weak change of somebody’s role takes back nothing that they did beside it', () => {
  const { told, anna, ben, carl } = withWeakAdmin('weak demotion')
  told.hear(anna, ben)
  told.does(anna, { type: 'set-role', member: carl.member, role: 'admin' })
  told.meet(anna, ben, carl)
  const act = told.does(carl, { type: 'set-relays', relays: [] })
  told.does(ben, { type: 'set-role', member: carl.member, role: 'member' })
  expect(told.roster(anna, ben, carl).members.get(carl.member)?.role).toBe('member')
  expect(told.hasEffect(act, ben, carl)).toBe(true)
})

test('[ROS14] a weak removal of whoever made a link takes the keys of who comes by it, and not what they did', () => {
  const { told, ben, carl, link } = withWeakAdmin('weak removal')
  const eva = told.join(carl, link)
  const act = told.does(eva, rotate)
  told.does(ben, told.removal(ben, carl))
  expect(told.statusOf(eva, ben, eva)).toBe('quarantined')
  expect(told.hasEffect(act, ben, eva)).toBe(true)
})

test('[ROS14] a removal by a forked device spoils no link', () => {
  const told = new Told('forked removal')
  const { anna } = told
  const [ben, carl] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, carl)
  const link = told.invite(carl)
  told.hear(ben, carl)
  const eva = told.join(carl, link)
  const copied = told.copy(ben)
  told.does(ben, told.removal(ben, carl))
  expect(told.statusOf(eva, ben, eva)).toBe('quarantined')
  told.does(copied, rotate)
  expect(told.roster(ben, copied, eva).devices.get(ben.device)?.status).toBe('forked')
  expect(told.statusOf(carl, ben, copied, eva)).toBe('out')
  expect(told.statusOf(eva, ben, copied, eva)).toBe('in')
})

test('[ROS7] [ROS8] an old stolen key that takes a used link back ends a membership, and undoes nothing that came of it', () => {
  const told = new Told('revoked by a copy')
  const { anna } = told
  const ben = told.admit(anna)
  told.hear(anna, ben)
  const invite = told.invite(ben)
  const stolen = told.copy(ben)
  const carl = told.join(ben, invite)
  told.does(ben, rotate)
  told.meet(anna, ben, carl)
  told.does(anna, { type: 'set-role', member: carl.member, role: 'admin' })
  const zed = told.admit(anna)
  told.meet(ben, carl, anna)
  const removal = told.does(carl, told.removal(carl, zed))
  const dora = told.admit(carl)
  told.meet(anna, ben, carl, dora)
  told.does(anna, rotate)
  told.does(stolen, { type: 'revoke-invite', invite })
  expect(told.roster(anna, stolen).devices.get(ben.device)?.status).toBe('forked')
  expect(told.hasEffect(removal, anna, stolen)).toBe(true)
  expect([carl, zed, dora].map((one) => told.statusOf(one, anna, stolen))).toEqual(['out', 'out', 'in'])
})

test('[ROS12] what a removal knew of goes on having its effect', () => {
  const told = new Told('known to the removal')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const before = told.does(ben, { type: 'set-relays', relays: [] })
  told.hear(anna, ben)
  told.does(anna, told.removal(anna, ben))
  const after = told.does(ben, rotate)
  expect([before, after].map((one) => told.hasEffect(one, anna, ben))).toEqual([true, false])
})

test('[ROS12] a removal that falls takes nothing with it', () => {
  const told = new Told('fallen removal')
  const { anna } = told
  const [ben, carl] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, carl)
  told.does(anna, told.removal(anna, ben))
  told.does(ben, told.removal(ben, carl))
  const act = told.does(carl, rotate)
  expect(told.hasEffect(act, ben, carl)).toBe(false)
  expect(told.hasEffect(act, anna, ben, carl)).toBe(true)
})

test('[ROS12] a demotion leaves what the lesser role may do, too', () => {
  const told = new Told('demoted and still')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const lesser = told.does(ben, told.invitation())
  const greater = told.does(ben, told.invitation({ role: 'admin' }))
  told.does(anna, { type: 'set-role', member: ben.member, role: 'moderator' })
  expect([lesser, greater].map((one) => told.hasEffect(one, anna, ben))).toEqual([true, false])
})

test('[ROS8] whom a copied key removed stays removed', () => {
  const told = new Told('removed by a copy')
  const { anna } = told
  const [ben, carl] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, carl)
  const copied = told.copy(ben)
  told.does(ben, told.removal(ben, carl))
  told.does(copied, rotate)
  expect(told.roster(anna, ben, copied).devices.get(ben.device)?.status).toBe('forked')
  expect(told.statusOf(carl, anna, ben, copied)).toBe('out')
})

test('[ROS8] a forked device is no witness for what it granted, nor is whoever came by that', () => {
  const told = new Told('witnesses')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const copied = told.copy(ben)
  const body = told.invitation()
  const grant = told.does(ben, body)
  told.does(ben, rotate)
  const eva = told.join(ben, body.invite)
  told.does(eva, rotate)
  told.does(copied, rotate)
  expect(told.hasEffect(grant, ben, eva)).toBe(true)
  expect(told.hasEffect(grant, ben, eva, copied)).toBe(false)
  expect(told.statusOf(eva, ben, eva, copied)).toBe('quarantined')
  // Anna is one, as long as she has not heard of the fork.
  told.hear(anna, ben, eva)
  told.does(anna, rotate)
  expect(told.hasEffect(grant, anna, copied)).toBe(true)
  expect(told.statusOf(eva, anna, copied)).toBe('in')
})

test('[ROS7] who came beside a revocation or closing by a senior has done nothing', () => {
  const told = new Told('ended by a senior')
  const { anna } = told
  for (const type of ['revoke-invite', 'close-invite'] as const) {
    const invite = told.invite(anna)
    const before = told.copy(anna)
    told.does(anna, { type, invite })
    const carl = told.join(before, invite)
    const act = told.does(carl, rotate)
    expect(told.hasEffect(act, carl)).toBe(true)
    expect(told.hasEffect(act, carl, anna)).toBe(false)
    expect(told.statusOf(carl, carl, anna)).toBe(type === 'revoke-invite' ? 'out' : 'quarantined')
  }
})

test('[ROS7] a closing by a junior takes the keys of who came beside it, and not what they did', () => {
  const told = new Told('closed by a junior')
  const { anna } = told
  const [ben, dora] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, dora)
  const invite = told.invite(ben)
  told.hear(dora, ben)
  const carl = told.join(ben, invite)
  const act = told.does(carl, rotate)
  told.does(dora, { type: 'close-invite', invite })
  expect(told.statusOf(carl, carl, dora)).toBe('quarantined')
  expect(told.hasEffect(act, carl, dora)).toBe(true)
})

test('[ROS7] who is settled stays so when the senior hears of one too many and goes on', () => {
  const told = new Told('settled and more')
  const { anna } = told
  const invite = told.invite(anna)
  const before = told.copy(anna)
  const [ben, eve] = [told.join(before, invite), told.join(before, invite)]
  told.hear(anna, ben)
  told.does(anna, rotate)
  told.hear(anna, eve)
  told.does(anna, rotate)
  expect([ben, eve].map((one) => told.statusOf(one, anna))).toEqual(['in', 'quarantined'])
  // So it is where somebody goes on beside that.
  told.does(ben, rotate)
  expect([ben, eve].map((one) => told.statusOf(one, anna, ben))).toEqual(['in', 'quarantined'])
})

test('[ROS7] of two who were settled by two seniors the more senior one’s stays', () => {
  const told = new Told('settled by two')
  const { anna } = told
  const [ben, carl] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl)
  const invite = told.invite(carl)
  told.meet(anna, ben, carl)
  const [one, other] = [told.join(carl, invite), told.join(carl, invite)]
  told.hear(anna, one)
  told.does(anna, rotate)
  told.hear(ben, other)
  told.does(ben, rotate)
  expect([one, other].map((taker) => told.statusOf(taker, anna, ben))).toEqual(['in', 'quarantined'])
})

test('[ROS7] of settings made beside one another the stronger author’s hold, whatever their ids', () => {
  const sides = new Set<boolean>()
  for (let i = 0; i < 8; i++) {
    const told = new Told(`settings ${i}`)
    const { anna } = told
    const ben = told.admit(anna, 'admin')
    told.meet(anna, ben)
    const [mine, theirs] = [anna, ben].map((by, at) =>
      told.does(by, { type: 'set-relays', relays: [{ url: `http://r${at}`, peer: `p${at}` }] }),
    )
    if (mine === undefined || theirs === undefined) throw new Error('both are made')
    sides.add(mine.id < theirs.id)
    expect(told.roster(anna, ben).relays).toEqual([{ url: 'http://r0', peer: 'p0' }])
  }
  expect(sides.size).toBe(2)
})

test('[ROS14] a confirmation beside a removal brings nobody back', () => {
  const told = new Told('confirmed and removed')
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const invite = told.invite(anna)
  const [carl, dora] = [told.join(anna, invite), told.join(anna, invite)]
  told.meet(anna, ben, carl, dora)
  told.does(ben, told.removal(ben, carl))
  // Later by as much as it takes to be looked at after the removal.
  told.does(anna, rotate)
  told.does(anna, rotate)
  told.does(anna, { type: 'confirm', member: carl.member })
  expect(told.statusOf(carl, anna)).toBe('in')
  expect(told.statusOf(carl, anna, ben)).toBe('out')
})

test('[EPO11] of a removal that falls no cut holds, though its target is out for another', () => {
  const told = new Told('fallen cuts')
  const { anna } = told
  const [ben, carl] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, carl)
  const fallen = told.does(ben, told.removal(ben, carl))
  told.does(anna, told.removal(anna, ben))
  const removal = told.does(anna, told.removal(anna, carl))
  const cutsOf = ({ body }: typeof removal) => rotationOf(body)?.cuts ?? []
  const named = (operation: typeof removal) =>
    cutsOf(operation).filter(({ device }) => device === carl.device)
  expect([named(fallen).length, named(removal).length]).toEqual([1, 1])
  expect(told.roster(anna, ben).cuts.get(carl.device)).toMatchObject(named(removal))
})

test('[ROS16] whoever has left does not come back by taking out the device that said so, dated back', () => {
  for (const which of ['its own', 'the one that added it']) {
    const told = new Told(`left by ${which}`)
    const { anna } = told
    const ben = told.admit(anna)
    told.hear(ben, anna)
    const early = told.copy(ben)
    const leaver = which === 'its own' ? ben : told.add(ben)
    told.meet(anna, leaver)
    told.does(leaver, { type: 'leave' })
    told.hear(anna, leaver)
    told.does(anna, rotate)
    const { device, kem, peer } = told.makeNewcomer('device')
    told.does(early, { type: 'add-device', device, kem, peer }, rootOf(ben))
    told.does(early, told.drop(early, ben), rootOf(ben))
    expect(told.statusOf(ben, anna, early)).toBe('out')
  }
})

test('[ROS8] nobody is a witness for the role that a copied key gave them', () => {
  const told = new Told('witness in the own cause')
  const { anna } = told
  const [ben, eve, dora] = [told.admit(anna, 'admin'), told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, eve, dora)
  const copied = told.copy(ben)
  const early = told.copy(eve)
  told.does(ben, rotate)
  told.meet(anna, ben, eve, dora)
  told.does(eve, rotate)
  told.hear(anna, eve)
  const grant = told.does(copied, { type: 'set-role', member: eve.member, role: 'admin' })
  const { device, kem, peer } = told.makeNewcomer('device')
  told.hear(early, copied)
  told.does(early, { type: 'add-device', device, kem, peer }, rootOf(eve))
  const removal = told.does({ ...early, device }, rotate)
  const mine = { ...early, device, seen: new Set([...early.seen, removal.id]) }
  expect(told.roster(anna, mine).devices.get(ben.device)?.status).toBe('forked')
  expect(told.hasEffect(grant, anna, mine)).toBe(false)
  expect(told.roster(anna, mine).members.get(eve.member)?.role).toBe('member')
})

test('[ROS14] a reader spares nobody whom they could not have let in: no admin comes by the link of one who was removed', () => {
  const told = new Told('spared by a reader')
  const { anna } = told
  const [yan, ben, dora] = [told.admit(anna, 'reader'), told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, yan, ben, dora)
  const invite = told.invite(ben, { role: 'admin' })
  told.meet(anna, yan, ben, dora)
  const early = { ben: told.copy(ben), yan: told.copy(yan) }
  told.does(anna, told.removal(anna, ben))
  told.meet(anna, yan, dora)
  told.does(yan, rotate)
  told.meet(anna, yan, dora)
  const eve = told.join(early.ben, invite)
  const { device: id, kem, peer } = told.makeNewcomer('device')
  const device = { ...early.yan, device: id }
  told.does(device, { type: 'add-device', device: id, kem, peer }, rootOf(early.yan))
  told.hear(device, eve)
  told.does(device, rotate)
  told.does(eve, told.removal(eve, dora))
  expect([told.statusOf(eve, anna, device, eve), told.statusOf(dora, anna, device, eve)]).toEqual([
    'quarantined',
    'in',
  ])
})
