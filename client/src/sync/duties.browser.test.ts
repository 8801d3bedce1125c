import {
  createInvitation,
  revokeInvitation,
  rotateEpoch,
  rotationDue,
  safeEpoch,
  sendingKey,
} from '@clique/crypto'
import { equal, setPolicy, systemRandom } from '@clique/crypto'
import type { InviteId } from '@clique/crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { decodeItem, encodeItem, lacksWraps } from '../../../crypto/src/epochs/control-item.ts'
import { entitledRecipients, hashRecipientKey, wrapTag } from '../../../crypto/src/epochs/recipients.ts'
import { flipByte } from '../../../crypto/src/testing/flip.ts'
import { forgeRewrap, forgeRotation } from '../../../crypto/src/testing/forge.ts'
import { CliqueSession } from '../documents/clique-session.ts'
import { TestMember } from '../documents/testing/members.ts'
import { readItems } from '../storage/items.ts'
import { Duties } from './duties.ts'
import { EpochUse } from './epoch-use.ts'

const random = systemRandom
/** Between two looks that nothing gave rise to. */
const lookMs = 60_000
const hour = 60 * 60 * 1000

/** A member's device that looks after the clique, by a clock that only the test moves. */
class Caretaker {
  readonly member: TestMember
  tellsRelay = false
  #now = Date.now()
  #timers: { readonly at: number; readonly ms: number; readonly run: () => void }[] = []
  readonly #duties: Duties

  constructor(member: TestMember) {
    this.member = member
    const use = new EpochUse(member.session)
    this.#duties = new Duties({
      session: member.session,
      now: () => this.#now,
      random,
      later: (run, ms) => {
        const timer = { at: this.#now + ms, ms, run }
        this.#timers.push(timer)
        return () => (this.#timers = this.#timers.filter((one) => one !== timer))
      },
      epochUse: () => use.facts(),
      tellsRelay: () => Promise.resolve(this.tellsRelay),
    })
    closers.push(() => this.#duties.close())
  }

  get log() {
    return this.member.session.log
  }

  /** Milliseconds until the next turn, the regular look aside. */
  get nextTurn(): number | null {
    const waits = this.#timers.filter(({ ms }) => ms !== lookMs).map(({ at }) => at - this.#now)
    return waits.length === 0 ? null : Math.min(...waits)
  }

  pass(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter(({ at }) => at <= this.#now)
    this.#timers = this.#timers.filter(({ at }) => at > this.#now)
    for (const { run } of due) run()
  }
}

const closers: (() => unknown)[] = []
let anna: TestMember
let ben: TestMember

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  closers.push(
    () => anna.leaves(),
    () => ben.leaves(),
  )
  await ben.tells(anna)
  await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
  await anna.tells(ben)
})

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

function keyOf(member: TestMember): string | null {
  return sendingKey(member.session.log, member.space)?.keyId ?? null
}

function forger({ session }: TestMember) {
  return { log: session.log, random, device: session.me }
}

async function lastItem(member: TestMember): Promise<Uint8Array> {
  const { items } = await readItems(member.store, member.session.clique)
  return items.at(-1)?.bytes ?? new Uint8Array(0)
}

/** The same rotation with what it hands out changed on the way. */
function damaged(item: Uint8Array): Uint8Array {
  const { handout, ...rest } = decodeItem(item)
  if (handout?.wraps == null) throw new Error('a rotation has wraps')
  const wraps = handout.wraps.map((wrap) => ({ ...wrap, wrapped: flipByte(wrap.wrapped, 1100) }))
  return encodeItem({ ...rest, handout: { ...handout, wraps } })
}

async function invites(member: TestMember, expiresAt = Date.now() + 24 * hour): Promise<InviteId> {
  const options = { role: 'member', uses: 1, expiresAt, random } as const
  const made = await member.session.act((log, me) => createInvitation(log, me, options))
  const { body } = made.operation
  if (body.type !== 'invite') throw new Error('an invitation')
  return body.invite
}

describe('a rotation', () => {
  test('[DTY1] settles a join, by the most senior device, once', async () => {
    const carl = await ben.invites('Carl')
    closers.push(() => carl.leaves())
    await carl.tells(ben)
    await carl.tells(anna)
    const [first, second] = [new Caretaker(anna), new Caretaker(ben)]
    const before = anna.session.log.state.epochs.size
    await expect.poll(() => [first.nextTurn, second.nextTurn]).toEqual([0, 15_000])
    first.pass(0)
    await expect.poll(() => anna.session.log.state.epochs.size).toBe(before + 1)
    await anna.tells(ben)
    second.pass(15_000)
    await expect.poll(() => second.nextTurn).toBe(null)
    expect(ben.session.log.state.epochs.size).toBe(before + 1)
    await anna.tells(carl)
    expect([keyOf(ben), keyOf(carl)]).toEqual([keyOf(anna), keyOf(anna)])
  })

  test('[DTY1] brings together two who entered beside each other', async () => {
    const carl = await anna.invites('Carl')
    const dora = await anna.invites('Dora')
    closers.push(
      () => carl.leaves(),
      () => dora.leaves(),
    )
    await carl.tells(anna)
    await dora.tells(anna)
    const facts = { now: Date.now(), recordsSinceRotation: 0, epochStartedAt: Date.now() }
    expect(rotationDue(anna.session.log, anna.session.device, facts)?.cause).toBe('left-out')
    const caretaker = new Caretaker(anna)
    await expect.poll(() => caretaker.nextTurn).toBe(0)
    caretaker.pass(0)
    await expect.poll(() => rotationDue(anna.session.log, anna.session.device, facts)).toBe(null)
    for (const member of [ben, carl, dora]) {
      await anna.tells(member)
      expect(keyOf(member)).toBe(keyOf(anna))
    }
  })

  test('[DTY1] follows where an author wrapped to others than the roster says, after a restart too', async () => {
    const { session } = ben
    const stranger = await TestMember.founder('Mallory')
    closers.push(() => stranger.leaves())
    const open = [...session.log.state.invitations.values()][0]
    if (open === undefined) throw new Error('Ben came by an invitation')
    const intruder = { ...open, kem: stranger.session.me.kem.publicKey, status: 'open' } as const
    const after = { ...session.log.state, invitations: new Map([[intruder.id, intruder]]) }
    const honest = entitledRecipients(session.log.state)
    const item = await forgeRotation(
      { log: session.log, random, device: session.me },
      () => ({ recipientCount: honest.recipients.length, recipientsHash: honest.hash }),
      { after },
    )
    await anna.session.receiveItems([item], 'a relay')
    expect(anna.session.faults.wrong.size).toBe(1)
    const [wrong] = anna.session.faults.wrong
    expect(safeEpoch(anna.session.log)).toBe(wrong)

    const again = await CliqueSession.open(anna.store, anna.session.clique)
    expect([...again.faults.wrong]).toEqual([wrong])
    await again.close()
    const caretaker = new Caretaker(anna)
    await expect.poll(() => caretaker.nextTurn).toBe(0)
    caretaker.pass(0)
    await expect.poll(() => safeEpoch(anna.session.log)).not.toBe(wrong)
    await expect.poll(() => caretaker.nextTurn).toBe(null)
  })

  test('[DTY1] comes before an act for which no epoch is safe, and by itself where nobody acts', async () => {
    // Two ends of invitations that did not know of each other: each new epoch has the other's link among its holders.
    const [hers, his] = [await invites(anna), await invites(ben)]
    await anna.tells(ben)
    await ben.tells(anna)
    await anna.session.act((log, me) => revokeInvitation(log, me, hers, { random }))
    await ben.session.act((log, me) => revokeInvitation(log, me, his, { random }))
    await ben.tells(anna)
    await anna.tells(ben)
    expect([keyOf(anna), keyOf(ben)]).toEqual([null, null])

    const caretaker = new Caretaker(ben)
    await expect.poll(() => caretaker.nextTurn).toBe(3_000)
    const policy = { ...anna.session.log.state.policy, name: 'Renamed' }
    await anna.session.act((log, me) => setPolicy(log, me, policy, { random }))
    expect(keyOf(anna)).not.toBe(null)
    caretaker.pass(3_000)
    await expect.poll(() => keyOf(ben)).not.toBe(null)
    await ben.tells(anna)
    await anna.tells(ben)
    expect(ben.session.log.state.policy.name).toBe('Renamed')
  })
})

test('[DTY7] a device that is out is cut by the first rotation, and the cut raised by who had more', async () => {
  const carl = await ben.invites('Carl')
  closers.push(() => carl.leaves())
  await carl.tells(ben)
  await ben.session.act((log, me) => rotateEpoch(log, me, { random }))
  for (const member of [anna, carl]) await ben.tells(member)
  await carl.says('heard by Ben alone')
  await carl.tells(ben)
  await ben.says('by me')
  const twins = [await forgeRotation(forger(carl), () => ({})), await forgeRotation(forger(carl), () => ({}))]
  for (const member of [anna, ben]) await member.session.receiveItems(twins, null)
  const cuts = (member: TestMember) =>
    [...(member.session.log.state.cuts.get(carl.session.device) ?? [])]
      .filter(({ space }) => space === member.space)
      .map(({ sequence }) => sequence)

  const [first, second] = [new Caretaker(anna), new Caretaker(ben)]
  await expect.poll(() => [first.nextTurn, second.nextTurn]).toEqual([0, 3_000])
  first.pass(0)
  await expect.poll(() => cuts(anna)).toEqual([0])
  await expect.poll(() => first.nextTurn).toBe(null)
  await ben.session.receiveItems([await lastItem(anna)], null)
  second.pass(3_000)
  await expect.poll(() => second.nextTurn).toBe(1_000)
  expect(await ben.sees()).toEqual(['Ben: by me'])
  second.pass(1_000)
  await expect.poll(() => cuts(ben)).toEqual([0, 1])
  await expect.poll(() => second.nextTurn).toBe(null)
  expect(await ben.sees()).toEqual(['Carl: heard by Ben alone', 'Ben: by me'])
})

describe('a wrap that does not open', () => {
  test('[DTY2] is complained of, answered by somebody, and mended', async () => {
    const made = await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
    await ben.session.receiveItems([damaged(made.item)], 'a relay')
    // The rotation is sealed under the key that is missing: it waits, and its epoch is in no state.
    expect([...ben.session.faults.bad].some((epoch) => ben.session.log.state.epochs.has(epoch))).toBe(false)
    const complaining = new Caretaker(ben)
    await expect.poll(() => complaining.nextTurn).toBe(4_000)
    complaining.pass(4_000)
    await expect.poll(() => ben.session.log.state.complaints.size).toBe(1)
    await expect.poll(() => complaining.nextTurn).toBe(null)

    await anna.session.receiveItems([await lastItem(ben)], 'a relay')
    const answering = new Caretaker(anna)
    await expect.poll(() => answering.nextTurn).toBe(0)
    answering.pass(0)
    await expect.poll(() => [...anna.session.log.state.complaints.values()][0]?.answeredBy.length).toBe(1)
    await expect.poll(() => answering.nextTurn).toBe(null)
    await ben.session.receiveItems([await lastItem(anna)], 'a relay')
    expect(keyOf(ben)).toBe(keyOf(anna))
    expect(ben.session.log.state.hash).toBe(anna.session.log.state.hash)
  })

  describe('made by somebody who has accomplices', () => {
    let mallory: TestMember
    let carl: TestMember
    let dora: TestMember

    beforeEach(async () => {
      // Seniors first: Anna, Ben, then these three.
      mallory = await anna.invites('Mallory')
      await mallory.tells(anna)
      carl = await anna.invites('Carl')
      await carl.tells(anna)
      dora = await anna.invites('Dora')
      await dora.tells(anna)
      await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
      for (const one of [mallory, carl, dora]) closers.push(() => one.leaves())
      for (const one of [ben, mallory, carl, dora]) await anna.tells(one)
      await rotatesBadly()
      const complaining = new Caretaker(ben)
      await expect.poll(() => complaining.nextTurn).toBe(4_000)
      complaining.pass(4_000)
      await expect.poll(() => ben.session.log.state.complaints.size).toBe(1)
      for (const one of [anna, mallory, carl, dora]) await ben.tells(one)
    })

    /** Mallory begins an epoch whose wrap for Ben opens to nothing. */
    async function rotatesBadly(): Promise<void> {
      const item = await forgeRotation(forger(mallory), () => ({}), {
        wraps: (wraps, epoch) => {
          const tag = wrapTag(epoch, hashRecipientKey(ben.session.me.kem.publicKey))
          return wraps.map((one) =>
            equal(one.tag, tag) ? { ...one, wrapped: flipByte(one.wrapped, 1100) } : one,
          )
        },
      })
      for (const one of [anna, ben, mallory, carl, dora]) await one.session.receiveItems([item], null)
    }

    async function answersInVain(member: TestMember): Promise<void> {
      const [complaint] = member.session.log.state.complaints.keys()
      if (complaint === undefined) throw new Error('a complaint')
      const item = await forgeRewrap(forger(member), complaint)
      for (const one of [ben, anna, mallory, carl, dora]) await one.session.receiveItems([item], null)
      expect(keyOf(ben)).not.toBe(keyOf(anna))
    }

    test('[DTY2] an answer by that person and one by an accomplice keep nobody else silent', async () => {
      await answersInVain(mallory)
      await answersInVain(carl)
      const [first, last] = [new Caretaker(anna), new Caretaker(dora)]
      await expect.poll(() => [first.nextTurn, last.nextTurn]).toEqual([0, 8_000])
      first.pass(0)
      await expect.poll(() => [...anna.session.log.state.complaints.values()][0]?.answeredBy.length).toBe(3)
      const answer = await lastItem(anna)
      await ben.session.receiveItems([answer], 'a relay')
      expect(keyOf(ben)).toBe(keyOf(anna))
      await dora.session.receiveItems([answer], 'a relay')
      last.pass(8_000)
      await expect.poll(() => last.nextTurn).toBeGreaterThan(100_000)
      expect([...dora.session.log.state.complaints.values()][0]?.answeredBy).toHaveLength(3)
    })

    test('[DTY5] where all answers were in vain the next epoch is made by somebody else, once', async () => {
      await dora.says('while Ben has no key')
      await answersInVain(mallory)
      await answersInVain(carl)
      await answersInVain(dora)
      const caretaker = new Caretaker(anna)
      await expect.poll(() => caretaker.nextTurn).toBe(600_000)
      // Another bad epoch of Mallory's in between changes nothing about that.
      caretaker.pass(300_000)
      await rotatesBadly()
      const { size } = anna.session.log.state.epochs
      await expect.poll(() => caretaker.nextTurn).toBe(300_000)
      caretaker.pass(300_000)
      await expect.poll(() => anna.session.log.state.epochs.size).toBe(size + 1)
      await expect.poll(() => caretaker.nextTurn).toBe(null)

      await dora.tells(anna)
      await anna.tells(ben)
      expect(keyOf(ben)).toBe(keyOf(anna))
      expect(await ben.sees()).toEqual(['Dora: while Ben has no key'])
    })
  })

  test('[DTY2] is not complained of once a whole copy has come', async () => {
    const made = await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
    await ben.session.receiveItems([damaged(made.item)], 'a relay')
    const caretaker = new Caretaker(ben)
    await expect.poll(() => caretaker.nextTurn).toBe(4_000)
    await ben.session.receiveItems([made.item], null)
    expect(keyOf(ben)).toBe(keyOf(anna))
    caretaker.pass(4_000)
    await expect.poll(() => caretaker.nextTurn).toBe(null)
    expect(ben.session.log.state.complaints.size).toBe(0)
  })

  test('[DTY3] a whole copy takes the place of what was stored without wraps, and its key outlives a restart', async () => {
    const first = await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
    const second = await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
    // The second leads back to the first, which is stored although nothing in it can be opened for Ben.
    await ben.session.receiveItems([second.item, damaged(first.item)], 'a relay')
    const stored = async () => {
      const { items } = await readItems(ben.store, ben.session.clique)
      return items.find(({ id }) => id === first.operation.id)?.bytes ?? new Uint8Array(0)
    }
    expect(lacksWraps(await stored())).toBe(true)
    await ben.session.receiveItems([first.item], null)
    expect(await stored()).toEqual(first.item)
    await ben.session.receiveItems([damaged(first.item)], 'a relay')
    expect(await stored()).toEqual(first.item)
    const epoch = decodeItem(first.item).handout?.epoch
    if (epoch === undefined) throw new Error('a rotation begins an epoch')
    const again = await CliqueSession.open(ben.store, ben.session.clique)
    expect(again.log.keyring.epochs.get(epoch)?.secret).toEqual(
      anna.session.log.keyring.epochs.get(epoch)?.secret,
    )
    await again.close()
  })
})

test('[DTY4] an invitation that has run out is closed, by one', async () => {
  const invite = await invites(ben, Date.now() + hour)
  await ben.tells(anna)
  await anna.tells(ben)
  const [first, second] = [new Caretaker(anna), new Caretaker(ben)]
  const statusOf = (member: TestMember) => member.session.log.state.invitations.get(invite)?.status
  first.pass(hour)
  second.pass(hour)
  await expect.poll(() => [first.nextTurn, second.nextTurn]).toEqual([0, 4_000])
  first.pass(0)
  await expect.poll(() => statusOf(anna)).toBe('closed')
  await anna.tells(ben)
  const { size } = ben.session.log.operations
  second.pass(4_000)
  await expect.poll(() => second.nextTurn).toBe(null)
  expect(statusOf(ben)).toBe('closed')
  expect(ben.session.log.operations.size).toBe(size)
})

test('[DTY8] a device replaces its KEM key after 30 days, each its own', async () => {
  const caretaker = new Caretaker(ben)
  const kemOf = (member: TestMember) => ben.session.log.state.devices.get(member.session.device)?.kem
  /** Once all turns have been taken; an epoch is due meanwhile, too. */
  const renewals = async () => {
    await expect
      .poll(() => {
        caretaker.pass(0)
        return caretaker.nextTurn
      })
      .toBe(null)
    return [...ben.session.log.operations.values()].filter(({ type }) => type === 'rotate-kem').length
  }
  const passes = (ms: number) => {
    ben.clockError += ms
    caretaker.pass(ms)
  }
  const hers = kemOf(anna)
  passes(30 * 24 * hour - hour)
  expect(await renewals()).toBe(0)
  passes(2 * hour)
  await expect.poll(renewals).toBe(1)
  expect(kemOf(ben)).toEqual(ben.session.me.kem.publicKey)
  expect(ben.session.me.kemKeys.filter(({ madeAt }) => madeAt !== null)).toHaveLength(2)
  expect(kemOf(anna)).toEqual(hers)
  passes(24 * hour)
  expect(await renewals()).toBe(1)
})
