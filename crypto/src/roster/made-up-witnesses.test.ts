import { expect, test } from 'vitest'
import type { InviteId } from '../ids.ts'
import { isSameState } from '../testing/same-state.ts'
import { rootOf, Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

const rotate = { type: 'rotate-epoch', space: null } as const
const leave = { type: 'leave' } as const

/** Ben is an admin and has an open link, Carl and Zed are members, and all have heard of it. */
function family(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const ben = told.admit(anna, 'admin')
  const [carl, zed] = [told.admit(anna), told.admit(anna)]
  told.hear(ben, anna)
  const link = told.invite(ben, { uses: 2 })
  told.meet(anna, ben, carl, zed)
  told.does(anna, rotate)
  told.meet(anna, ben, carl, zed)
  return { told, anna, ben, carl, zed, link, early: told.copy(ben) }
}

/** Somebody who exists in one branch alone, and builds on all that is there. */
function makeUp(told: Told, by: Teller, invite: InviteId = told.invite(by)): Teller {
  const made = told.join(by, invite)
  told.hear(by, made)
  return made
}

function ends(told: Told, anna: Teller, who: Teller, by: 'leave' | 'set-role'): void {
  told.does(who, by === 'leave' ? leave : { type: 'set-role', member: who.member, role: 'member' })
  told.hear(anna, who)
  told.does(anna, rotate)
}

test('[ROS16] [ROS17] whoever has left or stepped down makes up nobody who vouches for them, by a new link or an old one', () => {
  for (const by of ['leave', 'set-role'] as const) {
    for (const isOld of [false, true]) {
      const { told, anna, ben, carl, link, early } = family(`made up ${by} ${isOld}`)
      ends(told, anna, ben, by)
      const back = told.rootAdds(early)
      const made = makeUp(told, back, isOld ? link : undefined)
      told.does(back, told.removal(back, carl))
      told.hear(made, back)
      told.does(made, rotate)
      expect(told.statusOf(carl, anna, made)).toBe('in')
    }
  }
})

test('[ROS16] nor is in again as two who vouch for the links by which they came', () => {
  const { told, anna, ben, early } = family('in again')
  ends(told, anna, ben, 'leave')
  const back = told.rootAdds(early)
  const made = [makeUp(told, back), makeUp(told, back)]
  told.does(back, rotate)
  for (const one of made) {
    told.hear(one, back)
    told.does(one, rotate)
  }
  expect(made.map((one) => told.statusOf(one, anna, ...made))).toEqual(['quarantined', 'quarantined'])
})

test('[ROS16] nor somebody else who has left, for them', () => {
  const { told, anna, ben, carl, zed, early } = family('made up by another')
  const old = told.copy(zed)
  ends(told, anna, ben, 'leave')
  ends(told, anna, zed, 'leave')
  const [back, friend] = [told.rootAdds(early), told.rootAdds(old)]
  const made = makeUp(told, friend)
  told.does(back, told.removal(back, carl))
  told.hear(made, back)
  told.does(made, rotate)
  expect(told.statusOf(carl, anna, made)).toBe('in')
})

test('[ROS15] nor whoever has a device that its root takes out', () => {
  const { told, anna, ben, carl, early } = family('made up by a thief')
  const made = makeUp(told, ben, told.invite(ben, { role: 'admin' }))
  told.does(ben, told.removal(ben, carl))
  told.hear(made, ben)
  told.does(made, rotate)
  told.does(early, told.drop(early, ben), rootOf(ben))
  expect(told.statusOf(carl, anna, made, early)).toBe('in')
})

test('[ROS17] stepping down that others built on holds, though the device that said so is taken out, dated back', () => {
  for (const isKnown of [false, true]) {
    const { told, anna, ben, carl } = family(`stepped down ${isKnown}`)
    const second = told.add(ben)
    told.hear(anna, second)
    told.does(anna, rotate)
    const early = told.copy(second)
    ends(told, anna, second, 'set-role')
    told.does(early, told.drop(early, second), rootOf(ben))
    told.hear(ben, early, ...(isKnown ? [second] : []))
    told.does(ben, told.removal(ben, carl))
    expect(told.statusOf(carl, anna, ben)).toBe('in')
  }
})

test('[ROS14] [ROS16] whoever has left, and copies the device that said so, lets nobody in by an old link, nor by leaving again', () => {
  for (const isTwice of [false, true]) {
    const { told, anna, ben, link, early } = family(`copied by its owner ${isTwice}`)
    told.does(ben, rotate)
    ends(told, anna, ben, 'leave')
    const copy = told.copy(early)
    told.does(copy, rotate)
    const back = told.rootAdds(early)
    const made = makeUp(told, back, link)
    if (isTwice) told.does(back, leave)
    expect(told.statusOf(made, anna, copy, back)).toBe('quarantined')
    expect(told.hasEffect(told.does(made, rotate), anna, copy, back, made)).toBe(false)
  }
})

/** Anna founds, and all but the first whom she let in came after `early`; that one is out. */
function founded(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const first = told.admit(anna)
  const early = told.copy(anna)
  told.does(anna, told.removal(anna, first))
  const people = [told.admit(anna, 'admin'), told.admit(anna, 'admin'), told.admit(anna)]
  for (const one of people) {
    told.meet(anna, ...people)
    told.does(one, rotate)
  }
  told.meet(anna, ...people)
  told.does(anna, rotate)
  const statuses = (...by: readonly Teller[]) =>
    people.map((one) => told.statusOf(one, anna, ...people, ...by))
  return { told, anna, early, people, statuses }
}

test('[ROS8] [ROS16] an old copy of the key of a founder leaves for them, and takes nothing back, nor does a device that it adds', () => {
  for (const isAdded of [false, true]) {
    const { told, anna, early, statuses } = founded(`old copy ${isAdded}`)
    const copy = told.copy(early)
    const thief = isAdded ? told.add(copy) : copy
    const made = makeUp(told, thief)
    told.does(thief, leave)
    told.hear(made, thief)
    told.does(made, rotate)
    expect(told.statusOf(anna, anna, made)).toBe('out')
    expect(statuses(made)).toEqual(['in', 'in', 'in'])
  }
})

test('[ROS15] [ROS16] a founder who has left takes out a device, dated back, and nothing falls', () => {
  const { told, anna, early, people, statuses } = founded('founder drops')
  told.does(anna, leave)
  for (const one of people) told.hear(one, anna)
  for (const one of people) told.does(one, rotate)
  const back = told.rootAdds(early)
  told.does(back, told.drop(back, anna), rootOf(anna))
  expect(statuses(back)).toEqual(['in', 'in', 'in'])
})

test('[ROS13] [ROS16] nor where a majority has removed them and they leave as of long ago', () => {
  const { told, anna, early, people, statuses } = founded('founder removed')
  const [ben, carl] = people
  if (ben === undefined || carl === undefined) throw new Error('two admins')
  const { id } = told.does(carl, { type: 'countersign', purpose: 'remove', member: anna.member })
  told.hear(ben, carl)
  told.does(ben, told.removal(ben, anna, [id]))
  const back = told.rootAdds(early)
  told.does(back, leave)
  expect(statuses(back)).toEqual(['in', 'in', 'in'])
})

test('[ROS2] [ROS15] a removal that was undone and known before spoils no witness, folded in part or as a whole', () => {
  const told = new Told('undone before')
  const { anna } = told
  const [ben, quin] = [told.admit(anna, 'admin'), told.admit(anna, 'admin')]
  const [carl, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, quin, carl, zed)
  told.does(quin, told.removal(quin, zed))
  told.does(anna, told.removal(anna, quin))
  told.hear(anna, quin)
  told.does(anna, rotate)
  told.meet(anna, ben, carl, zed)
  const early = told.copy(ben)
  const invite = told.does(ben, told.invitation())
  told.hear(zed, ben)
  told.does(zed, rotate)
  told.does(early, told.drop(early, ben), rootOf(ben))
  const all = [...zed.seen, ...early.seen]
  expect(told.hasEffect(invite, zed, early)).toBe(true)
  expect(isSameState(told.graph.stateAt(all), told.graph.foldWhole(all))).toBe(true)
})

test('[ROS7] nobody who came beside a closing waits for it once somebody has vouched for the copied device that said so', () => {
  const told = new Told('closed by a copy')
  const { anna } = told
  const mal = told.admit(anna)
  const [ben, zed] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, mal, ben, zed)
  const gone = told.copy(zed)
  const link = told.invite(ben)
  const early = told.copy(ben)
  told.hear(mal, ben)
  const copy = told.copy(mal)
  told.does(mal, { type: 'close-invite', invite: link })
  told.does(copy, rotate)
  told.does(anna, told.removal(anna, zed))
  const carl = told.join(early, link)
  told.does(carl, rotate)
  told.hear(anna, mal, copy, carl, ben)
  told.does(anna, rotate)
  expect(told.statusOf(carl, anna)).toBe('in')
  const device = told.rootAdds(mal)
  const made = told.join(device, told.invite(device))
  told.does(made, rotate)
  expect(told.statusOf(carl, anna, made)).toBe('in')
  // Nor whoever is out, and says that they had heard of it before.
  told.hear(gone, mal)
  told.does(gone, rotate)
  expect(told.statusOf(carl, anna, gone)).toBe('in')
})

test('[ROS2] [ROS12] a removal by a device that a copied key had added is not strong, also for who knew of the fork', () => {
  const told = new Told('added by a copy')
  const { anna } = told
  const [ben, zed] = [told.admit(anna, 'admin'), told.admit(anna)]
  told.meet(anna, ben, zed)
  const thief = told.copy(ben)
  told.does(thief, rotate)
  const second = told.add(thief)
  told.hear(anna, second)
  told.does(anna, rotate)
  told.does(ben, rotate)
  told.hear(second, anna, ben)
  told.does(second, told.removal(second, zed))
  expect(told.statusOf(zed, second)).toBe('out')
  expect(isSameState(told.roster(second), told.graph.foldWhole(second.seen))).toBe(true)
  // What Zed did beside it stands.
  const beside = told.does(zed, rotate)
  expect(told.hasEffect(beside, zed, second)).toBe(true)
})

test('[ROS7] [ROS14] whoever closed a link, or removed who made one, is removed and forks as of before, opens it to nobody', () => {
  for (const isClosed of [true, false]) {
    const told = new Told(`taken back by a copy ${isClosed}`)
    const { anna } = told
    const [mal, ben, xen] = [
      told.admit(anna, 'admin'),
      told.admit(anna, 'admin'),
      told.admit(anna, 'moderator'),
    ]
    told.meet(anna, mal, ben, xen)
    const link = told.invite(xen)
    told.meet(anna, mal, ben, xen)
    const [early, copy] = [told.copy(ben), told.copy(mal)]
    told.does(mal, isClosed ? { type: 'close-invite', invite: link } : told.removal(mal, xen))
    told.meet(anna, mal, ben)
    told.does(ben, rotate)
    told.meet(anna, mal, ben)
    told.does(anna, told.removal(anna, mal))
    told.meet(anna, ben)
    const pat = told.join(early, link)
    expect(told.statusOf(pat, anna, ben, pat)).toBe('quarantined')
    told.does(copy, rotate)
    expect(told.statusOf(pat, anna, ben, pat, copy)).toBe('quarantined')
    expect(told.statusOf(xen, anna, ben, pat, copy)).toBe(isClosed ? 'in' : 'out')
    const all = [anna, ben, pat, copy].flatMap(({ seen }) => [...seen])
    expect(isSameState(told.graph.stateAt(all), told.graph.foldWhole(all))).toBe(true)
  }
})

test('[ROS14] [ROS8] a removal that a copied device had signed waits for nobody who knew of the copy, folded in part or as a whole', () => {
  const told = new Told('signed by a copy')
  const { anna } = told
  const [ben, mal, zed] = [told.admit(anna, 'admin'), told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, mal, zed)
  const link = told.invite(ben, { uses: 2 })
  const xen = told.join(ben, link)
  told.meet(anna, ben, mal, zed, xen)
  const [early, copy] = [told.copy(ben), told.copy(mal)]
  const body = { type: 'countersign', purpose: 'remove', member: xen.member } as const
  const signed = [mal, anna].map((one) => told.does(one, body).id)
  told.hear(ben, mal, anna)
  told.does(ben, told.removal(ben, xen, signed))
  told.does(copy, rotate)
  const pat = told.join(early, link)
  told.hear(anna, ben, copy, pat)
  told.does(anna, rotate)
  expect(told.statusOf(pat, anna)).toBe('in')
  // Said as of before, of nobody but its author.
  told.does(zed, { type: 'rotate-kem', kem: told.random(40) })
  expect(told.statusOf(pat, anna, zed)).toBe('in')
  const all = [...anna.seen, ...zed.seen]
  expect(isSameState(told.graph.stateAt(all), told.graph.foldWhole(all))).toBe(true)
})

test('[ROS7] [ROS8] nor by removing, dated back and in vain, all who had heard that it was closed', () => {
  const told = new Told('witnesses removed by a copy')
  const { anna } = told
  const mal = told.admit(anna, 'admin')
  const [ben, carl, dora] = [told.admit(anna), told.admit(anna), told.admit(anna)]
  const all = [mal, ben, carl, dora]
  told.meet(anna, ...all)
  const link = told.invite(ben)
  told.meet(anna, ...all)
  told.does(anna, rotate)
  told.meet(anna, ...all)
  // Nothing is heard of her any more.
  const [early, copy, guide] = [told.copy(mal), told.copy(mal), told.copy(dora)]
  told.does(mal, { type: 'close-invite', invite: link })
  told.meet(...all)
  for (const one of [ben, carl, dora]) {
    told.does(one, rotate)
    told.meet(...all)
  }
  const body = { type: 'countersign', purpose: 'remove', member: mal.member } as const
  const signed = [ben, carl, dora].map((one) => told.does(one, body).id)
  told.meet(ben, carl, dora)
  told.does(ben, told.removal(ben, mal, signed))
  told.meet(ben, carl, dora)
  const pat = told.join(guide, link)
  told.does(copy, rotate)
  const device = told.rootAdds(early)
  for (const one of [ben, carl, dora]) told.does(device, told.removal(device, one))
  const everybody = [ben, carl, dora, pat, copy, device]
  expect([ben, carl, dora].map((one) => told.statusOf(one, ...everybody))).toEqual(['in', 'in', 'in'])
  expect(told.statusOf(pat, ...everybody)).toBe('quarantined')
  const ids = everybody.flatMap(({ seen }) => [...seen])
  expect(isSameState(told.graph.stateAt(ids), told.graph.foldWhole(ids))).toBe(true)
})
