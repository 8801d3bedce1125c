import { capabilities, isCapabilityExposed, leaveClique, openInvitations } from '@clique/crypto'
import { removeMember, rotateEpoch, systemRandom as random } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { leastCarried } from '../documents/compact-own.ts'
import { TestMember } from '../documents/testing/members.ts'
import { hears, rowsOf } from '../documents/testing/readers.ts'
import { Duties } from './duties.ts'
import { EpochUse } from './epoch-use.ts'

let anna: TestMember
let ben: TestMember
const closers: (() => unknown)[] = []

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

/** Turns come at once; the regular look never. */
function watches({ session }: TestMember, tellsRelay: boolean): void {
  const use = new EpochUse(session)
  const later = (run: () => void, ms: number) => {
    if (ms < 60_000) queueMicrotask(run)
    return () => undefined
  }
  const duties = new Duties({
    session,
    now: Date.now,
    random,
    later,
    epochUse: () => use.facts(),
    tellsRelay: () => Promise.resolve(tellsRelay),
  })
  closers.push(() => duties.close())
}

const generationOf = ({ session }: TestMember) => capabilities(session.log)[0]?.generation

test('[DTY9] after somebody left, the others begin an epoch, with a new capability where the relay can be told', async () => {
  watches(anna, true)
  await ben.session.act((log, me) => leaveClique(log, me, { random }))
  await ben.tells(anna)
  await expect.poll(() => generationOf(anna)).toBe(2)
  expect(isCapabilityExposed(anna.session.log)).toBe(false)
  // Ben hears of it, and gets nothing of it.
  await anna.tells(ben)
  expect(generationOf(ben)).toBe(1)
})

test('[DTY9] who cannot tell the relay leaves the capability as it is', async () => {
  watches(anna, false)
  await ben.session.act((log, me) => leaveClique(log, me, { random }))
  await ben.tells(anna)
  const before = anna.session.log.state.epochs.size
  await expect.poll(() => anna.session.log.state.epochs.size).toBeGreaterThanOrEqual(before)
  await anna.says('under new keys')
  expect(generationOf(anna)).toBe(1)
  expect(isCapabilityExposed(anna.session.log)).toBe(true)
})

test('[DTY9] a removal by somebody who could not is followed by whoever can', async () => {
  await anna.session.act((log, me) => removeMember(log, me, ben.session.member, { random }))
  expect(generationOf(anna)).toBe(1)
  watches(anna, true)
  await expect.poll(() => generationOf(anna)).toBe(2)
})

test('[DTY9] an invitation that died with its maker is closed by nobody', async () => {
  const link = await ben.opens()
  await ben.tells(anna)
  expect(openInvitations(anna.session.log.state).map(({ id }) => id)).toEqual([link.invite])
  await anna.session.act((log, me) => removeMember(log, me, ben.session.member, { random }))
  expect(openInvitations(anna.session.log.state)).toEqual([])
})

test('[CPT6] each device carries its own records in one when it is time', async () => {
  for (let i = 0; i < leastCarried; i++) await ben.says(`${i}`)
  await hears(ben, await ben.records(), 'relaya')
  await anna.tells(ben)
  ben.clockError += 60 * 60_000
  watches(ben, false)
  await expect.poll(async () => (await rowsOf(ben)).length).toBe(1)
  expect(await rowsOf(ben)).toMatchObject([{ first: 1, sequence: leastCarried + 1 }])
  expect(await ben.sees()).toHaveLength(50)
})
