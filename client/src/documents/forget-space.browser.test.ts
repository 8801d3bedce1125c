import { createSpace, setAudience, systemRandom as random } from '@clique/crypto'
import type { ChunkId, MemberId, SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { heldChunks, putChunks } from '../storage/chunks.ts'
import { saveDraft } from '../storage/drafts.ts'
import { readView, saveSnapshot, saveView } from '../storage/snapshots.ts'
import { allChunkIdsOf } from './attached-file.ts'
import { forgetSpace, forgottenSpaces } from './forget-space.ts'
import { describedFile } from './testing/files.ts'
import { TestMember } from './testing/members.ts'
import { hearRoster } from './testing/readers.ts'

let anna: TestMember
let ben: TestMember
let space: SpaceId

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  const two = { kind: 'channel', title: 'Two', members: [ben.session.member] } as const
  ;({ space } = await anna.session.act((log, me) => createSpace(log, me, two, { random })))
  await anna.says('to all')
  await meet(anna.space)
})
afterEach(async () => {
  for (const member of [anna, ben]) await member.leaves()
})

async function meet(where = space): Promise<void> {
  await anna.tells(ben, where)
  await ben.tells(anna, where)
}

async function changes(change: { add?: MemberId[]; remove?: MemberId[] }): Promise<void> {
  const held = await anna.session.held(anna.session.log.state)
  await anna.session.act((log, me) => setAudience(log, me, space, change, { random, held }))
  await hearRoster([anna, ben])
}

async function takesOut(): Promise<void> {
  await changes({ remove: [ben.session.member] })
}

/** Rows in every table that name this place, or stand in it. */
async function rowsOf(where: SpaceId): Promise<Record<string, number>> {
  const { place } = await ben.session.documents(where)
  const found: Record<string, number> = {}
  for (const table of ben.store.db.tables) {
    const rows: unknown[] = await table.toArray()
    const count = rows.filter((row) => {
      const values = Object.values(row as object)
      return values.includes(place) || values.includes(where)
    }).length
    if (count > 0) found[table.name] = count
  }
  return found
}

test('[FGT1] what is deleted of a conversation is in no table, and another one stays whole', async () => {
  const file = describedFile(9_000)
  const [chunk] = allChunkIdsOf([file])
  const other = '00'.repeat(32) as ChunkId
  if (chunk === undefined) throw new Error('a chunk')
  const { clique } = ben.session
  for (const one of [chunk, other]) {
    await putChunks(ben.store, clique, [{ chunk: one, bytes: new Uint8Array(9) }])
  }
  await ben.session.say(space, 'the notes', [file])
  await ben.session.name(space, 'Both of us')
  await meet()
  const { place } = await ben.session.documents(space)
  await saveDraft(ben.store, place, { text: 'half a word', files: [] })
  await saveView(ben.store, place, ['the notes'])
  await takesOut()
  await expect(forgetSpace(anna.session, space)).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(forgetSpace(ben.session, ben.space)).rejects.toMatchObject({ code: 'not-allowed' })
  const before = await rowsOf(ben.space)
  expect(await forgottenSpaces(ben.session)).toEqual(new Set())

  const tab = await ben.tab()
  await (await tab.documents(space)).chapter('talk/1')
  await forgetSpace(ben.session, space)
  expect(await rowsOf(space)).toEqual({ forgotten: 1 })
  expect(await rowsOf(ben.space)).toEqual(before)
  expect(await heldChunks(ben.store, clique, [chunk, other])).toEqual(new Set([other]))
  expect(await forgottenSpaces(ben.session)).toEqual(new Set([space]))

  // Another tab that had some of it open keeps nothing of it anew.
  await saveView(ben.store, place, ['the notes'])
  await saveSnapshot(ben.store, place, 'talk/1', 1, new Uint8Array(3))
  expect(await readView(ben.store, place)).toBeNull()
  await tab.close()
  expect(await rowsOf(space)).toEqual({ forgotten: 1 })
})

test('[FGT2] [FGT3] who is let in again gets it back from the others, and writes once all of their own is back', async () => {
  await anna.says('Anna 1', space)
  await meet()
  for (const text of ['Ben 1', 'Ben 2', 'Ben 3']) await ben.says(text, space)
  await meet()
  await takesOut()
  const tab = await ben.tab()
  await tab.documents(space)
  await forgetSpace(ben.session, space)
  await changes({ add: [ben.session.member] })
  // It is shown again, be it empty for now.
  expect(await forgottenSpaces(ben.session)).toEqual(new Set())
  await anna.says('Anna 2', space)
  const back = await anna.records(space)
  for (const count of [0, 2]) {
    await ben.session.receiveRecords(space, back.slice(0, count), null)
    await expect(ben.says('too early', space)).rejects.toMatchObject({ code: 'own-chain-behind' })
  }
  await ben.session.receiveRecords(space, back, null)
  const all = ['Anna: Anna 1', 'Ben: Ben 1', 'Ben: Ben 2', 'Ben: Ben 3', 'Anna: Anna 2']
  expect(await ben.sees(ben.session, space)).toEqual(all)
  await expect.poll(() => ben.sees(tab, space)).toEqual(all)
  await ben.says('Ben 4', space)
  await meet()
  for (const member of [anna, ben]) {
    expect(await member.sees(member.session, space)).toEqual([...all, 'Ben: Ben 4'])
    expect((await member.session.documents(space)).forks.size).toBe(0)
  }
  // Taken out once more, it is there until it is deleted once more.
  await takesOut()
  expect(await forgottenSpaces(ben.session)).toEqual(new Set())
  await forgetSpace(ben.session, space)
  expect(await forgottenSpaces(ben.session)).toEqual(new Set([space]))
})
