import { paddedSize, sealedRecordOverhead, systemRandom } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forge, forgeChain } from '../documents/testing/forgery.ts'
import { TestMember } from '../documents/testing/members.ts'
import { maxWaitingBytes } from '../storage/waiting.ts'
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
