import { afterEach, beforeEach, expect, test } from 'vitest'
import { readRecordsAfter } from '../storage/records.ts'
import { fillDisk } from '../storage/testing/full-disk.ts'
import { LongTalk } from './testing/long-talk.ts'
import { TestMember } from './testing/members.ts'

/** More than is taken in with one commit, and less than one may have waiting. */
const count = 600

let anna: TestMember
let ben: TestMember
let sealed: Uint8Array[]
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  const { records } = await (await LongTalk.by(ben)).nextChapter()
  sealed = records.slice(0, count).map(({ bytes }) => bytes)
})
afterEach(async () => {
  await anna.leaves()
  await ben.leaves()
})

async function stored(): Promise<number> {
  const { place } = await anna.session.documents(anna.space)
  return (await readRecordsAfter(anna.store, place, 0)).length
}

test('many records are taken in by several commits, each once, in any number of goes', async () => {
  const { space, session } = anna
  expect(await session.receiveRecords(space, sealed, null)).toMatchObject({ accepted: count, waiting: 0 })
  const again = await session.receiveRecords(space, [...sealed, ...sealed], 'relay')
  expect(again).toMatchObject({ accepted: 0, duplicates: 2 * count, refused: [] })
  expect(await stored()).toBe(count)
  expect((await anna.sees()).at(-1)).toContain(`message ${count}`)
})

test('a damaged record among many keeps back those after it until it comes whole', async () => {
  const { space, session } = anna
  const at = count / 2
  const damaged = sealed.with(at, (sealed[at] ?? new Uint8Array()).with(99, 1).with(100, 2))
  const first = await session.receiveRecords(space, damaged, null)
  expect(first).toMatchObject({ accepted: at, waiting: count - at - 1 })
  expect(first.refused).toMatchObject([{ index: at }])
  expect(await session.receiveRecords(space, sealed.slice(at, at + 1), null)).toMatchObject({ accepted: 1 })
  expect(await stored()).toBe(count)
})

test('a disk that is full in the middle of many keeps what was committed, and the rest comes later', async () => {
  const { space, session } = anna
  await session.receiveRecords(space, sealed.slice(0, 1), null)
  fillDisk(anna.store, 'records')
  await expect(session.receiveRecords(space, sealed, null)).rejects.toMatchObject({ code: 'storage-full' })
  expect(await stored()).toBe(1)
  await session.receiveRecords(space, sealed, null)
  expect(await stored()).toBe(count)
})

test('what one tab takes in shows in another at once', async () => {
  const tab = await anna.tab()
  await anna.sees(tab)
  await anna.session.receiveRecords(anna.space, sealed, null)
  await expect
    .poll(() => tab.vector(anna.space), { timeout: 10_000 })
    .toEqual(new Map([[ben.session.device, count]]))
  expect((await anna.sees(tab)).at(-1)).toContain(`message ${count}`)
})
