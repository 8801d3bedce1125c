import { removeMember, systemRandom } from '@clique/crypto'
import type { HistoryRule } from '@clique/crypto'
import type { KnownRelay } from '../ports.ts'
import { TestMember } from '../../documents/testing/members.ts'
import { renewKem } from '../../documents/kem-renewal.ts'

const random = systemRandom
const week = 7 * 24 * 60 * 60 * 1000
const weeks = 52

/** What a year did, as the device that was there all along has it. */
export interface Year {
  readonly anna: TestMember
  /** There all along, too, and silent. */
  readonly ben: TestMember
  /** Came in the last weeks. */
  readonly newcomer: TestMember
  /** Were there at the beginning, and heard of nothing since. */
  readonly zoe: TestMember
  readonly yan: TestMember
  readonly everybody: readonly TestMember[]
}

/**
 * A year of a clique, by clocks that this moves: an epoch and a message each week, new KEM keys each month, and every
 * six weeks somebody is removed, with the relay capability renewed, and somebody else let in.
 */
export async function liveThroughAYear(history: HistoryRule, relays: readonly KnownRelay[]): Promise<Year> {
  const anna = await TestMember.founder('Anna', history, relays)
  const everybody = [anna]
  const enter = async (name: string): Promise<TestMember> => {
    const one = await anna.invites(name)
    one.clockError = anna.clockError
    everybody.push(one)
    await one.tells(anna)
    await anna.session.rotate()
    return one
  }
  const ben = await enter('Ben')
  const away = [await enter('Zoe'), await enter('Yan')] as const
  const [zoe, yan] = away
  for (const one of [ben, ...away]) await anna.tells(one)
  for (const one of away) {
    await one.says('before I go')
    await one.tells(anna)
  }

  let guest = await enter('Guest 0')
  for (let at = 1; at <= weeks; at++) {
    for (const one of everybody) if (one !== zoe && one !== yan) one.clockError += week
    await anna.session.rotate()
    await anna.says(`week ${at}`)
    if (at % 4 === 0) {
      for (const { session } of [anna, ben]) {
        await session.act((log, me) => renewKem(log, me, { now: session.now(), random }))
      }
      await anna.tells(ben)
      await ben.says(`month ${at / 4}`)
      await ben.tells(anna)
    }
    if (at % 6 === 0) {
      const { member } = guest.session
      const { session } = anna
      await session.act(async (log, me) =>
        removeMember(log, me, member, { random, held: await session.held(log.state) }),
      )
      guest = await enter(`Guest ${at / 6}`)
    }
  }
  for (const one of [ben, guest]) await anna.tells(one)
  for (const one of away) one.clockError = anna.clockError
  return { anna, ben, newcomer: guest, zoe, yan, everybody }
}
