import { encode, rotateEpoch, systemRandom } from '@clique/crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { readRecordsAfter } from '../storage/records.ts'
import { fillDisk } from '../storage/testing/full-disk.ts'
import { readSnapshot, saveSnapshot } from '../storage/snapshots.ts'
import { Chapter } from './chapter.ts'
import { chapterLength, chapterName, firstChapter } from './chapter-name.ts'
import { ConversationWindow, windowStep } from './conversation-window.ts'
import { maxMessageLength } from './message-length.ts'
import { forgeChain } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 20_000 }

let anna: TestMember
let ben: TestMember
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
})
afterEach(async () => {
  await anna.leaves()
  await ben.leaves()
})

async function sequencesOf(member: TestMember): Promise<number[]> {
  const { place } = await member.session.documents(member.space)
  const rows = await readRecordsAfter(member.store, place, 0)
  return rows.filter(({ device }) => device === member.session.device).map(({ sequence }) => sequence)
}

test('what one says the other sees, and both in one order', async () => {
  await anna.says('hi')
  expect(await anna.sees()).toEqual(['Anna: hi'])
  expect(await anna.tells(ben)).toMatchObject({ accepted: 1, refused: [] })
  await ben.says('hello')
  await ben.tells(anna)
  expect(await ben.sees()).toEqual(['Anna: hi', 'Ben: hello'])
  expect(await anna.sees()).toEqual(await ben.sees())
})

test('both write while they hear nothing of each other, then see one conversation', async () => {
  for (const n of [1, 2, 3]) {
    await anna.says(`a${n}`)
    await ben.says(`b${n}`)
  }
  await anna.tells(ben)
  await ben.tells(anna)
  expect(await anna.sees()).toHaveLength(6)
  expect(await anna.sees()).toEqual(await ben.sees())
})

test('a clock a day off breaks no order and is marked', async () => {
  ben.clockError = 24 * 60 * 60 * 1000
  await ben.says('I am early')
  await ben.tells(anna)
  await anna.says('no, you are')
  ben.clockError = -24 * 60 * 60 * 1000
  await anna.tells(ben)
  await ben.says('now I am late')
  await ben.tells(anna)
  const expected = ['Ben: I am early', 'Anna: no, you are', 'Ben: now I am late']
  expect(await anna.sees()).toEqual(expected)
  expect(await ben.sees()).toEqual(expected)
  const window = new ConversationWindow(await anna.session.documents(anna.space))
  expect((await window.read()).messages.map(({ clockOff }) => clockOff)).toEqual([true, false, true])
  window.close()
})

test('two tabs that write at the same time never share a sequence or a clock', async () => {
  const second = await anna.tab()
  const plan = fc.array(fc.boolean(), { minLength: 2, maxLength: 12 })
  let count = 0
  await fc.assert(
    fc.asyncProperty(plan, async (tabs) => {
      const texts = tabs.map(() => `m${count++}`)
      await Promise.all(texts.map((text, i) => (tabs[i] ? anna.session : second).say(anna.space, text)))
      const sequences = await sequencesOf(anna)
      expect(sequences).toEqual(sequences.map((_, i) => i + 1))
    }),
    { numRuns: 6 },
  )
  await (await second.documents(anna.space)).catchUp()
  const rows = await anna.sees()
  expect(rows).toHaveLength(Math.min(count, windowStep))
  expect(await anna.sees(second)).toEqual(rows)
  // What the tabs wrote is one sound chain to everybody else, and reads the same from storage alone.
  expect(await anna.tells(ben)).toMatchObject({ accepted: count, refused: [] })
  expect(await ben.sees()).toEqual(rows)
  expect(await anna.sees(await anna.tab())).toEqual(rows)
})

test('a tab shows what another tab of the profile wrote', async () => {
  const second = await anna.tab()
  await second.documents(anna.space)
  const heard = new Promise<void>((resolve) => {
    second.onChange(({ kind }) => kind === 'records' && resolve())
  })
  await anna.says('from the first')
  await heard
  expect(await anna.sees(second)).toEqual(['Anna: from the first'])
})

test('an act in one tab is known in the other before it writes', async () => {
  const second = await anna.tab()
  const { operation } = await anna.session.act((log, me) => rotateEpoch(log, me, { random: systemRandom }))
  await second.say(anna.space, 'under the new epoch')
  expect(second.log.operations.has(operation.id)).toBe(true)
  await anna.tells(ben)
  expect(await ben.sees()).toEqual(['Anna: under the new epoch'])
})

test('a message that is empty or too long is refused with a code, and nothing is written', async () => {
  await expect(anna.says('  \n ')).rejects.toMatchObject({ code: 'message-empty' })
  await expect(anna.says('x'.repeat(100_000))).rejects.toMatchObject({ code: 'message-too-long' })
  expect(await anna.records()).toEqual([])
  const long = 'ж'.repeat(maxMessageLength)
  await anna.says(long)
  await anna.tells(ben)
  expect(await ben.sees()).toEqual([`Anna: ${long}`])
})

test('half a surrogate pair is written as the replacement character', async () => {
  await anna.says('a\ud800b')
  expect(await anna.sees()).toEqual(['Anna: a\ufffdb'])
})

test('a write that fails leaves nothing behind, and the next one goes through', async () => {
  await anna.says('before')
  fillDisk(anna.store, 'records')
  await expect(anna.says('lost')).rejects.toMatchObject({ code: 'storage-full' })
  expect(await anna.sees()).toEqual(['Anna: before'])
  expect(await sequencesOf(anna)).toEqual([1])
  await anna.says('after')
  expect(await sequencesOf(anna)).toEqual([1, 2])
  expect(await anna.tells(ben)).toMatchObject({ accepted: 2, refused: [] })
  expect(await ben.sees()).toEqual(['Anna: before', 'Anna: after'])
})

test('a full chapter is followed by the next, and the conversation goes on over the edge', async () => {
  await anna.says('in the first')
  const { place } = await anna.session.documents(anna.space)
  await anna.store.db.documents.update([place, firstChapter], { count: chapterLength })
  await anna.says('in the second')
  expect((await readRecordsAfter(anna.store, place, 0)).map(({ document }) => document)).toEqual([
    firstChapter,
    chapterName(1),
  ])
  expect(await anna.sees()).toEqual(['Anna: in the first', 'Anna: in the second'])
  // Ben, who has heard of no second chapter, goes on in the first.
  await ben.says('meanwhile')
  await ben.tells(anna)
  await anna.tells(ben)
  expect(await anna.sees()).toEqual(['Anna: in the first', 'Anna: in the second', 'Ben: meanwhile'])
  expect(await ben.sees()).toEqual(await anna.sees())
})

test('a long conversation opens from its snapshot and shows its end, then more', async () => {
  const count = 130
  await anna.session.receiveRecords(anna.space, await forgeChain(ben, count), null)
  const tab = await anna.tab()
  const { place } = await tab.documents(anna.space)
  await vi.waitUntil(async () => (await readSnapshot(anna.store, place, firstChapter)) !== null, soon)
  const window = new ConversationWindow(await tab.documents(anna.space))
  const first = await window.read()
  expect(first.messages.map(({ entry }) => entry.text)).toEqual(
    Array.from({ length: windowStep }, (_, i) => `message ${count - windowStep + i}`),
  )
  expect(first.hasOlder).toBe(true)
  expect((await window.readOlder()).messages).toHaveLength(2 * windowStep)
  expect(await window.readOlder()).toMatchObject({ hasOlder: false, messages: { length: count } })
  window.close()
})

test('a snapshot of a form that was given up costs nothing but time', async () => {
  await anna.says('before')
  await anna.session.close()
  const { place } = await anna.session.documents(anna.space)
  const before = await readSnapshot(anna.store, place, firstChapter)
  if (before === null) throw new Error('no snapshot')
  // As a former version wrote it: one Yjs document, and who wrote under which id.
  const former = encode([1, Uint8Array.of(0, 0), []])
  await saveSnapshot(anna.store, place, firstChapter, before.mark, former)
  expect(await anna.sees(await anna.tab())).toEqual(['Anna: before'])
  const tab = await anna.tab()
  await tab.say(anna.space, 'after')
  expect(await anna.sees(tab)).toEqual(['Anna: before', 'Anna: after'])
  await tab.close()
  const state = (await readSnapshot(anna.store, place, firstChapter))?.state
  expect(new Chapter(anna.space, firstChapter, state, 1).entries()).toHaveLength(2)
})

test('one that nothing is added to is made anew, too', async () => {
  await anna.says('before')
  await anna.session.close()
  const { place } = await anna.session.documents(anna.space)
  const before = await readSnapshot(anna.store, place, firstChapter)
  await saveSnapshot(anna.store, place, firstChapter, before?.mark ?? 0, encode([1, Uint8Array.of(0, 0), []]))
  const tab = await anna.tab()
  expect(await anna.sees(tab)).toEqual(['Anna: before'])
  await tab.close()
  expect(await readSnapshot(anna.store, place, firstChapter)).toEqual(before)
})

test('[GATE15] a part at which Yjs throws shows nothing, and is there again where it does not', async () => {
  await ben.says('too much')
  await ben.tells(anna)
  await anna.says('before')
  await anna.session.close()
  const { place } = await anna.session.documents(anna.space)
  await anna.store.db.table('snapshots').clear()
  const { integrate } = Y.Item.prototype
  const spy = vi.spyOn(Y.Item.prototype, 'integrate').mockImplementation(function (this: Y.Item, ...args) {
    integrate.apply(this, args)
    const [value] = this.content.getContent() as { text?: string }[]
    if (value?.text === 'too much') throw new RangeError('the stack')
  })
  onTestFinished(() => spy.mockRestore())
  const tab = await anna.tab()
  expect(await anna.sees(tab)).toEqual(['Anna: before'])
  await tab.say(anna.space, 'after')
  expect(await anna.sees(tab)).toEqual(['Anna: before', 'Anna: after'])
  await tab.close()
  expect(await readSnapshot(anna.store, place, firstChapter)).toBeNull()
  spy.mockRestore()
  expect(await anna.sees(await anna.tab())).toEqual(['Ben: too much', 'Anna: before', 'Anna: after'])
})

test('a message is seen again after everything was closed', async () => {
  await anna.says('still here')
  await anna.session.close()
  expect(await anna.sees(await anna.tab())).toEqual(['Anna: still here'])
})

test('nothing that was written, and no name, can be read in the database', async () => {
  await anna.says('MARKER-TEXT')
  const { place } = await anna.session.documents(anna.space)
  await (await anna.tab()).close()
  expect(place).not.toBe('')
  const seen: string[] = []
  for (const table of anna.store.db.tables) {
    for (const row of await table.toArray()) seen.push(readable(row))
  }
  const dump = seen.join('\n')
  for (const marker of ['MARKER-TEXT', 'Anna', 'Ben', 'Marmots']) expect(dump).not.toContain(marker)
})

function readable(value: unknown): string {
  if (value instanceof Uint8Array) return new TextDecoder('latin1').decode(value)
  if (typeof value === 'object' && value !== null) return Object.values(value).map(readable).join(' ')
  return String(value)
}
