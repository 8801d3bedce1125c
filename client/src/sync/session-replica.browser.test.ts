import { paddedSize, sealedRecordOverhead, systemRandom } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forge, forgeChain } from '../documents/testing/forgery.ts'
import { TestMember } from '../documents/testing/members.ts'
import { maxWaitingBytes } from '../storage/waiting.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { PeerLink } from './peer-link.ts'
import { SessionReplica } from './session-replica.ts'

let anna: TestMember
let replica: SessionReplica
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  replica = await SessionReplica.open(anna.session)
})
afterEach(async () => {
  replica.close()
  await anna.leaves()
})

/** Looks like a record under a key that is not here yet. */
function unknownRecord(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set(systemRandom(64))
  bytes[0] = 1
  return bytes
}

test('a record for which there is no room to wait is told apart from one that is bad', async () => {
  const size = paddedSize(1_000_000) + sealedRecordOverhead
  const fitting = Math.floor(maxWaitingBytes / size)
  const records = Array.from({ length: fitting + 2 }, () => unknownRecord(size))
  const bad = new Uint8Array(300)
  expect(await replica.takeRecords(anna.space, [...records, bad], true)).toEqual({
    accepted: 0,
    waiting: fitting,
    refused: 1,
    left: 2,
  })
  // What waits already needs no further room.
  expect(await replica.takeRecords(anna.space, records.slice(0, 2), true)).toMatchObject({
    refused: 0,
    left: 0,
  })
})

test('records of somebody who is out, or of the other branch of a fork, are no fault of who forwards them', async () => {
  const ben = await anna.invites('Ben')
  try {
    await ben.tells(anna)
    const [shown, hidden] = [await forgeChain(ben, 3), await forgeChain(ben, 3)]
    expect(await replica.takeRecords(anna.space, shown, false)).toMatchObject({ accepted: 3, refused: 0 })
    expect(await replica.takeRecords(anna.space, hidden, false)).toMatchObject({ accepted: 0, refused: 0 })
    const { bytes: nameless } = await forge(ben, { heads: [] })
    expect(await replica.takeRecords(anna.space, [nameless], false)).toMatchObject({ refused: 0 })
    expect(await replica.takeRecords(anna.space, [new Uint8Array(300)], false)).toMatchObject({ refused: 1 })
  } finally {
    await ben.leaves()
  }
})

test('a newcomer who may not read the past is in sync by a link, without it', async () => {
  const host = await TestMember.founder('Anna', 'since-join')
  await host.session.receiveRecords(host.space, await forgeChain(host, 140), true)
  const guest = await host.invites('Ben')
  await guest.tells(host)
  const replicas = [
    await SessionReplica.open(host.session),
    await SessionReplica.open(guest.session),
  ] as const
  const channels = channelPair()
  const links = channels.map((channel, i) => {
    const [replica, other] = i === 0 ? replicas : replicas.toReversed()
    if (replica === undefined || other === undefined) throw new Error('two replicas')
    return new PeerLink(channel, other.device, { replica, later: () => () => {} })
  })
  try {
    await host.says('from now on')
    await expect.poll(() => guest.sees(), { timeout: 10_000 }).toEqual(['Anna: from now on'])
    await guest.says('thank you')
    await expect.poll(() => host.sees(), { timeout: 10_000 }).toContain('Ben: thank you')
    for (const link of links) link.close()
    const taken = await replicas[1].takeRecords(host.space, await host.records(), true)
    expect(taken).toEqual({ accepted: 0, waiting: 0, refused: 0, left: 0 })
    // So each tells the other the same digest when they meet again.
    const said = await replicas[0].vector(host.space, guest.session.device)
    expect(said).toEqual(await replicas[1].vector(host.space, host.session.device))
    expect(said.get(host.session.device)).toBe(141)
  } finally {
    for (const replica of replicas) replica.close()
    await host.leaves()
    await guest.leaves()
  }
})
