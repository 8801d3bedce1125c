import { CliqueError, concat, equal, rotateEpoch, safeEpoch, systemRandom, toHex } from '@clique/crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readClique, sealSecret } from '../storage/cliques.ts'
import { readItems } from '../storage/items.ts'
import { CliqueSession } from './clique-session.ts'
import { isKemDue, renewKem } from './kem-renewal.ts'
import { TestMember } from './testing/members.ts'

const random = systemRandom
const day = 24 * 60 * 60 * 1000

let anna: TestMember
let ben: TestMember
let start: number

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
  await anna.tells(ben)
  start = Date.now()
})

afterEach(async () => {
  await anna.leaves()
  await ben.leaves()
})

const renews = ({ session }: TestMember, now: number) =>
  session.act((log, me) => renewKem(log, me, { now, random }))

const keysOf = ({ me }: CliqueSession) => me.kemKeys.map(({ pair }) => toHex(pair.privateKey))

const namedKey = (by: TestMember, of = by) => by.session.log.state.devices.get(of.session.device)?.kem

/** Signs something on all that this member knows. */
const speaks = ({ session }: TestMember) => session.act((log, me) => rotateEpoch(log, me, { random }))

test('[KEM6] what was wrapped before two renewals opens when it comes late, after a restart too', async () => {
  const late = await speaks(ben)
  await renews(anna, start + 30 * day)
  await renews(anna, start + 60 * day)
  const again = await CliqueSession.open(anna.store, anna.session.clique)
  expect(keysOf(again)).toEqual(keysOf(anna.session))
  expect(keysOf(again)).toHaveLength(3)
  await again.receiveItems([late.item], 'a relay')
  expect(again.faults.bad.size).toBe(0)
  const epoch = safeEpoch(late.log)
  if (epoch === null) throw new Error('Ben has just begun one')
  const secret = again.log.keyring.epochs.get(epoch)?.secret
  expect(secret).toEqual(ben.session.log.keyring.epochs.get(epoch)?.secret)
  expect(secret).toHaveLength(32)
  await again.close()
})

test('[KEM6] a replaced half is forgotten when 90 days are over and nobody can wrap to it, not before', async () => {
  const [first] = keysOf(anna.session)
  await renews(anna, start)
  const [second] = keysOf(anna.session)
  await anna.tells(ben)
  // Ben has said nothing since: the time alone is not enough.
  await renews(anna, start + 200 * day)
  expect(keysOf(anna.session)).toContain(first)
  await anna.tells(ben)
  await speaks(ben)
  await ben.tells(anna)
  // Nobody can wrap to the first two any more. The second was replaced too short a time ago.
  await renews(anna, start + 289 * day)
  expect(keysOf(anna.session)).not.toContain(first)
  expect(keysOf(anna.session)).toContain(second)
  await renews(anna, start + 290 * day)
  expect(keysOf(anna.session)).not.toContain(second)
  expect(keysOf(anna.session)).toHaveLength(3)
})

test('[KEM6] the half of the invitation that somebody came by is kept for good', async () => {
  const invitations = ({ session }: TestMember) => session.me.kemKeys.filter(({ madeAt }) => madeAt === null)
  expect(invitations(ben)).toHaveLength(1)
  for (let month = 1; month < 6; month++) {
    await renews(ben, start + 30 * month * day)
    await ben.tells(anna)
    await speaks(anna)
    await anna.tells(ben)
  }
  expect(invitations(ben)).toHaveLength(1)
  expect(ben.session.me.kemKeys.at(-1)).toEqual(invitations(ben)[0])
  // The newest, three that were replaced within 90 days, and one of exactly that age, which the next renewal forgets.
  expect(ben.session.me.kemKeys.length).toBeLessThanOrEqual(6)
})

test('key and operation are kept together or not at all', async () => {
  const { db } = anna.store
  const before = keysOf(anna.session)
  const { items } = await readItems(anna.store, anna.session.clique)
  for (const table of [db.items, db.secrets]) {
    const fail = () => {
      throw new Error('no room')
    }
    table.hook('creating', fail)
    table.hook('updating', fail)
    await expect(renews(anna, start)).rejects.toThrow()
    table.hook('creating').unsubscribe(fail)
    table.hook('updating').unsubscribe(fail)
    const again = await CliqueSession.open(anna.store, anna.session.clique)
    expect([keysOf(again), keysOf(anna.session)]).toEqual([before, before])
    expect((await readItems(anna.store, anna.session.clique)).items).toHaveLength(items.length)
    await again.close()
  }
  await renews(anna, start)
  const again = await CliqueSession.open(anna.store, anna.session.clique)
  expect(namedKey(anna)).toEqual(again.me.kem.publicKey)
  await again.close()
})

test('another tab opens what is for the renewed key, and acts with it', async () => {
  const tab = await anna.tab()
  await renews(anna, start)
  await anna.tells(ben)
  const { item } = await speaks(ben)
  await tab.receiveItems([item], null)
  expect(tab.faults.bad.size).toBe(0)
  expect(safeEpoch(tab.log)).toBe(safeEpoch(ben.session.log))
  expect(tab.log.keyring.epochs.get(safeEpoch(tab.log)!)?.secret).toHaveLength(32)
  expect(keysOf(tab)).toEqual(keysOf(anna.session))
})

test('a KEM key is due after 30 days, and when the clock that made it was wrong', () => {
  const { kemKeys } = ben.session.me
  const madeAt = kemKeys[0]?.madeAt ?? 0
  expect(isKemDue(kemKeys, madeAt)).toBe(false)
  expect(isKemDue(kemKeys, madeAt + 30 * day - 1)).toBe(false)
  expect(isKemDue(kemKeys, madeAt + 30 * day)).toBe(true)
  expect(isKemDue(kemKeys, madeAt - 30 * day)).toBe(true)
})

test('seeds as they rested before keys were renewed are read, as old as the membership', async () => {
  const { store } = ben
  const { clique } = ben.session
  const seeds = ben.session.me.kemKeys.map(({ pair }) => pair.privateKey)
  for (const [kept, ages] of [
    [seeds, ['since', null]],
    [seeds.slice(0, 1), ['since']],
  ] as const) {
    await store.db.secrets.put(await sealSecret(store, clique, 'kem', concat(...kept)))
    const { since } = await readClique(store, clique)
    const again = await CliqueSession.open(store, clique)
    expect(again.me.kemKeys.map(({ madeAt }) => (madeAt === since ? 'since' : madeAt))).toEqual(ages)
    expect(
      again.me.kemKeys.every(({ pair }, at) => equal(pair.privateKey, seeds[at] ?? new Uint8Array())),
    ).toBe(true)
    await again.close()
  }
})

test('[KEM6] a key that is on the disk is replaced, though it could not be read back at once', async () => {
  const { session } = anna
  const before = keysOf(session)
  const faults: string[] = []
  session.onChange((change) => change.kind === 'fault' && faults.push(change.code))
  const reading = vi.spyOn(session.me, 'catchUp').mockRejectedValueOnce(new CliqueError('storage-failed'))
  const { operation } = await renews(anna, start + 30 * day)
  expect(session.log.operations.has(operation.id)).toBe(true)
  expect([faults, keysOf(session)]).toEqual([['storage-failed'], before])
  await session.catchUp()
  expect(keysOf(session)).toHaveLength(before.length + 1)
  reading.mockRestore()
})
