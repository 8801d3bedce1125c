import { addDevice, bytesToId, generateKemPair, generateSigner, removeDevice } from '@clique/crypto'
import { paddedSize, sealedRecordOverhead, systemRandom } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forge, forgeChain } from '../documents/testing/forgery.ts'
import { TestMember } from '../documents/testing/members.ts'
import { readItems } from '../storage/items.ts'
import { maxWaitingBytes } from '../storage/waiting.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { PeerLink } from './peer-link.ts'
import { SessionReplica } from './session-replica.ts'
import { noCheckpoints } from './testing/no-checkpoints.ts'

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
  expect(await replica.takeRecords(anna.space, [...records, bad], 'a relay')).toEqual({
    accepted: 0,
    waiting: fitting,
    refused: 1,
    left: 2,
  })
  // What waits already needs no further room.
  expect(await replica.takeRecords(anna.space, records.slice(0, 2), 'a relay')).toMatchObject({
    refused: 0,
    left: 0,
  })
})

test('records of somebody who is out, or of the other branch of a fork, are no fault of who forwards them', async () => {
  const ben = await anna.invites('Ben')
  try {
    await ben.tells(anna)
    const [shown, hidden] = [await forgeChain(ben, 3), await forgeChain(ben, 3)]
    expect(await replica.takeRecords(anna.space, shown, null)).toMatchObject({ accepted: 3, refused: 0 })
    expect(await replica.takeRecords(anna.space, hidden, null)).toMatchObject({ accepted: 0, refused: 0 })
    const { bytes: nameless } = await forge(ben, { heads: [] })
    expect(await replica.takeRecords(anna.space, [nameless], null)).toMatchObject({ refused: 0 })
    expect(await replica.takeRecords(anna.space, [new Uint8Array(300)], null)).toMatchObject({ refused: 1 })
  } finally {
    await ben.leaves()
  }
})

test('a newcomer who may not read the past is in sync by a link, without it', async () => {
  const host = await TestMember.founder('Anna', 'since-join')
  await host.session.receiveRecords(host.space, await forgeChain(host, 140), 'a relay')
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
    return new PeerLink(channel, other.device, { replica, checkpoints: noCheckpoints, later: () => () => {} })
  })
  try {
    await host.says('from now on')
    await expect.poll(() => guest.sees(), { timeout: 30_000 }).toEqual(['Anna: from now on'])
    await guest.says('thank you')
    await expect.poll(() => host.sees(), { timeout: 30_000 }).toContain('Ben: thank you')
    for (const link of links) link.close()
    const taken = await replicas[1].takeRecords(host.space, await host.records(), 'a relay')
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

test('[OB6] what a relay lacks is told by its PeerId: as it came here, and nothing that is over', async () => {
  const ben = await anna.invites('Ben')
  try {
    await ben.tells(anna)
    const sequencesFor = async (relay: string, whose: 'own' | 'all', since = 0, limit = 9) => {
      const found = await replica.unrelayedRecords(relay, anna.space, whose, limit, since)
      return found.map(
        ({ device, sequence }) => `${device === anna.session.device ? 'anna' : 'ben'} ${sequence}`,
      )
    }
    await anna.says('one')
    await replica.takeRecords(anna.space, await forgeChain(ben, 2), 'first')
    await anna.says('two')
    expect(await sequencesFor('first', 'all')).toEqual(['anna 1', 'anna 2'])
    expect(await sequencesFor('second', 'own')).toEqual(['anna 1', 'anna 2'])
    expect(await sequencesFor('second', 'all')).toEqual(['anna 1', 'ben 1', 'ben 2', 'anna 2'])
    expect(await sequencesFor('second', 'own', 0, 1)).toEqual(['anna 1'])
    await replica.markRecordsRelayed('first', anna.space, [
      { device: anna.session.device, sequence: 1, bytes: new Uint8Array(0) },
    ])
    // All of this is older; of Anna's second one no relay knows yet.
    const later = Date.now() + 3_600_000
    expect(await sequencesFor('second', 'all', later)).toEqual(['anna 2'])
    expect(await sequencesFor('second', 'all')).toEqual(['anna 2'])
  } finally {
    await ben.leaves()
  }
})

test('[OB8] what is hidden is brought to no relay', async () => {
  const link = await anna.opens()
  const [ben, thief] = [await link.enters('Ben'), await link.enters('Thief')]
  try {
    await anna.session.receiveItems(await itemsOf(ben), null)
    await ben.says('with a link that somebody else has, too')
    await replica.takeRecords(anna.space, await ben.records(), null)
    await anna.says('one')
    const brought = async (): Promise<boolean[]> => {
      const found = await replica.unrelayedRecords('a relay', anna.space, 'all', 9, 0)
      return found.map(({ device }) => device === ben.session.device)
    }
    expect(await brought()).toEqual([true, false])
    await anna.session.receiveItems(await itemsOf(thief), null)
    expect(await brought()).toEqual([false])
  } finally {
    for (const member of [ben, thief]) await member.leaves()
  }
})

async function itemsOf(member: TestMember): Promise<Uint8Array[]> {
  const { items } = await readItems(member.store, member.session.clique)
  return items.map(({ bytes }) => bytes)
}

test('[OB7] each device brings its own operations to a new relay, and the others only after a while', async () => {
  const ben = await anna.invites('Ben')
  const others = await SessionReplica.open(ben.session)
  try {
    await ben.tells(anna)
    const lists = async (relay: string) => ({
      anna: (await replica.unrelayedItems(relay, 'own', 99)).map(({ id }) => id),
      ben: (await others.unrelayedItems(relay, 'own', 99)).map(({ id }) => id),
      all: (await replica.unrelayedItems(relay, 'all', 99)).map(({ id }) => id),
    })
    const { all } = await lists('first')
    expect(new Set(all)).toEqual(new Set(anna.session.log.operations.keys()))
    const items = await replica.unrelayedItems('first', 'all', 99)
    for (const one of [replica, others]) {
      await one.takeItems(
        items.map(({ bytes }) => bytes),
        'first',
      )
    }
    expect(await lists('first')).toEqual({ anna: [], ben: [], all: [] })
    const second = await lists('second')
    expect(second.all).toEqual(all)
    expect(second.anna.length).toBeGreaterThan(0)
    // Nothing is brought by both at once.
    expect(second.anna.filter((id) => second.ben.includes(id))).toEqual([])
  } finally {
    others.close()
    await ben.leaves()
  }
})

test('whoever puts the device out that they hold goes on until somebody has heard of it, also after a restart', async () => {
  const { session } = anna
  const [signer, kem] = await Promise.all([generateSigner(systemRandom), generateKemPair(systemRandom)])
  const other = { id: bytesToId('device', signer.publicKey), signer, kem, peer: 'peerOther' }
  const random = systemRandom
  await session.act((log, me) => addDevice(log, me, other, { random }))
  await session.act((log, me) => removeDevice(log, me, me.id, { random }))
  expect(session.end?.end).toEqual({ kind: 'device-removed' })
  const again = () => SessionReplica.open(session)
  const unheard = await again()
  for (const one of [replica, unheard]) expect(one.facts().capabilities).not.toEqual([])
  await replica.markItemsRelayed('first', await replica.controlItems())
  const heard = await again()
  for (const one of [replica, heard]) expect(one.facts()).toMatchObject({ relays: [], capabilities: [] })
  for (const one of [unheard, heard]) one.close()
})
