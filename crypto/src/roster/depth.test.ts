import { expect, onTestFinished, test, vi } from 'vitest'
import type { OperationId } from '../ids.ts'
import { rootOf, Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import { Counting } from './counting.ts'
import type { RosterBody } from './operation.ts'
import { Witnesses } from './witness.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

/** How often, and how deep within themselves, questions are asked while one set is folded whole. */
function askedFor(told: Told, seen: Iterable<OperationId>) {
  const asked = { deepest: 0, times: 0 }
  let open = 0
  const within = (answer: () => boolean): boolean => {
    asked.times++
    asked.deepest = Math.max(asked.deepest, ++open)
    const given = answer()
    open--
    return given
  }
  const { counts } = Counting.prototype
  const { isVouched } = Witnesses.prototype
  const spies = [
    vi.spyOn(Counting.prototype, 'counts').mockImplementation(function (this: Counting, node) {
      return within(() => counts.call(this, node))
    }),
    vi.spyOn(Witnesses.prototype, 'isVouched').mockImplementation(function (this: Witnesses, ...given) {
      return within(() => isVouched.apply(this, given))
    }),
  ]
  const restore = () => {
    for (const spy of spies) spy.mockRestore()
  }
  onTestFinished(restore)
  told.graph.foldWhole(seen)
  restore()
  return asked
}

test('[ROS12] no question goes deeper where there are more removals beside each other, each of the author of the next', () => {
  const deepest = [4, 24].map((length) => {
    const told = new Told(`a ladder of ${length} removals`)
    const mal = told.admit(told.anna, 'admin')
    told.hear(mal, told.anna)
    const invites = Array.from({ length }, () => told.invite(mal, { role: 'admin' }))
    const ends: OperationId[] = []
    let next: Teller | null = null
    let last = mal
    for (const invite of invites.toReversed()) {
      const taker = told.join(last, invite)
      last = taker
      if (next !== null) ends.push(told.does(told.copy(taker), told.removal(taker, next)).id)
      next = taker
    }
    return askedFor(told, ends).deepest
  })
  expect(deepest[1]).toBe(deepest[0])
})

test('[ROS15] no question goes deeper where more vouch for each other, each for the next alone', () => {
  const deepest = [4, 24].map((length) => {
    const told = new Told(`${length} who vouch for each other`)
    const { anna } = told
    const invite = told.invite(anna, { uses: length })
    const all = Array.from({ length }, () => {
      const taker = told.join(anna, invite)
      told.hear(anna, taker)
      return taker
    })
    const spaces = all.map((one) => {
      told.hear(one, anna)
      return told.space(one, [])
    })
    const drops = all.map((one) => {
      const early = told.copy(one)
      return told.does(early, told.drop(early, early), rootOf(early)).id
    })
    all.forEach((one, i) => {
      told.hear(one, all[i - 1] ?? anna)
      const space = spaces[i]
      const add = all.slice(i + 2).map(({ member }) => member)
      if (space === undefined || add.length === 0) told.does(one, rotate)
      else told.does(one, { type: 'set-audience', space, add: add.toSorted(), remove: [] })
    })
    return askedFor(told, [...drops, ...(all.at(-1)?.seen ?? [])]).deepest
  })
  expect(deepest[1]).toBe(deepest[0])
})

test('[ROS16] leaving with one number again and again asks no more than each with each', () => {
  const times = [8, 32].map((length) => {
    const told = new Told(`${length} leaves with one number`)
    const { anna } = told
    const [mal, eve, zed] = [told.admit(anna), told.admit(anna), told.admit(anna)]
    told.meet(anna, mal, eve, zed)
    const second = told.add(mal)
    told.meet(anna, mal, second, eve, zed)
    const renewal = () => ({ type: 'rotate-kem', kem: told.random(40) }) as const
    const tips = Array.from({ length }, () => {
      told.does(zed, renewal())
      const leaving = { ...mal, seen: zed.seen }
      told.does(leaving, { type: 'leave' })
      const copy = { ...eve, seen: leaving.seen }
      return [told.does(copy, renewal()).id, told.does(second, renewal()).id]
    })
    return askedFor(told, tips.flat()).times
  })
  const [few = 0, many = 0] = times
  expect(many).toBeLessThan(5 ** 2 * few)
})

test('[ROS16] no more is asked where whoever has left many times had friends who went on', () => {
  const told = new Told('friends who go on')
  const { anna } = told
  const mal = told.admit(anna)
  const early = told.copy(mal)
  const friends = [told.admit(mal), told.admit(mal)]
  const renewal = () => ({ type: 'rotate-kem', kem: told.random(40) }) as const
  for (let i = 0; i < 32; i++) {
    told.meet(...friends)
    const [next] = i % 2 === 0 ? friends : friends.toReversed()
    if (next !== undefined) told.does(next, renewal())
  }
  const leaves = Array.from({ length: 32 }, () => {
    told.does(anna, renewal())
    const copy = told.copy(early)
    told.hear(copy, anna)
    return told.does(copy, { type: 'leave' }).id
  })
  const { times } = askedFor(told, [...friends.flatMap(({ seen }) => [...seen]), ...leaves])
  expect(times).toBeLessThan(32 * 32)
})

test('[ROS16] no more is asked where somebody says of themselves, dated back, all that they can', () => {
  const [few = 0, many = 0] = [8, 16].map((length) => {
    const told = new Told(`${length} words of somebody’s own of each kind`)
    const { anna } = told
    const mal = told.admit(anna, 'admin')
    told.hear(mal, anna)
    const late = told.admit(anna)
    const early = told.copy(mal)
    const first = told.rootAdds(early)
    const added = told.copy(first)
    const times = <T>(make: () => T): T[] => Array.from({ length }, make)
    const stepping = times(() => {
      const device = told.copy(told.add(first))
      told.does(first, told.drop(first, device))
      told.does(device, { type: 'set-role', member: mal.member, role: 'reader' })
      return device
    })
    const saying = (body: () => RosterBody) =>
      times(() => {
        const device = told.rootAdds(early)
        told.does(device, body())
        return device
      })
    const dropping = times(() => {
      const copy = told.copy(added)
      told.does(copy, told.drop(copy, first), rootOf(mal))
      return copy
    })
    const leaving = saying(() => ({ type: 'leave' }))
    const inviting = saying(() => told.invitation({ role: 'admin' }))
    const all = [anna, late, ...stepping, ...dropping, ...leaving, ...inviting]
    return askedFor(
      told,
      all.flatMap(({ seen }) => [...seen]),
    ).times
  })
  expect(many).toBeLessThan(5 * few)
})
