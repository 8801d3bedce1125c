import { expect, test } from 'vitest'
import { rootOf, Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'

/**
 * What is known not to hold yet, each as a test that fails: who mends one hears of it here (DECISIONS.md, "What a root dates
 * back").
 */
const rotate = { type: 'rotate-epoch', space: null } as const

/** A device that somebody's root adds to what was known early: it has said nothing, so nothing ties it to later. */
function rootAdds(told: Told, early: Teller): Teller {
  const { device, kem, peer } = told.makeNewcomer('device')
  const added = { ...early, device }
  told.does(added, { type: 'add-device', device, kem, peer }, rootOf(early))
  return added
}

/** Ben, a member, lets Carl in, whom Anna makes an admin, and who removes Zed and lets Dora in. Then Ben leaves. */
function grown(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const ben = told.admit(anna)
  told.hear(ben, anna)
  const joined = told.copy(ben)
  const invite = told.invite(ben)
  const invited = told.copy(ben)
  const carl = told.join(ben, invite)
  told.meet(anna, ben, carl)
  told.does(anna, { type: 'set-role', member: carl.member, role: 'admin' })
  const zed = told.admit(anna)
  told.meet(ben, carl, anna)
  told.does(carl, told.removal(carl, zed))
  const dora = told.admit(carl)
  told.meet(anna, ben, carl, dora)
  told.does(anna, rotate)
  told.hear(ben, anna)
  told.does(ben, { type: 'leave' })
  told.hear(anna, ben)
  told.does(anna, rotate)
  return { told, anna, ben, carl, zed, dora, joined, invited }
}

test.fails(
  'whoever has left undoes nothing that came of their invitation by taking their device out, dated back',
  () => {
    const { told, anna, ben, carl, zed, dora, joined } = grown('root drops')
    told.does(joined, told.drop(joined, ben), rootOf(ben))
    const statuses = [carl, zed, dora].map((one) => told.statusOf(one, anna, joined))
    expect(statuses).toEqual(['in', 'out', 'in'])
  },
)

test.fails('nor by a new device of theirs that takes the link back, dated back', () => {
  const { told, anna, zed, dora, invited, ben } = grown('root revokes')
  const device = rootAdds(told, invited)
  const link = [...told.roster(invited).invitations.values()].find(({ inviter }) => inviter === ben.member)
  if (link === undefined) throw new Error('Ben made a link')
  told.does(device, { type: 'revoke-invite', invite: link.id })
  const statuses = [zed, dora].map((one) => told.statusOf(one, anna, device))
  expect(statuses).toEqual(['out', 'in'])
})
