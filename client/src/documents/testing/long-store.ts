import { toHex } from '@clique/crypto'
import type { RecordId } from '@clique/crypto'
import { appendRecords } from '../../storage/records.ts'
import { saveSnapshot } from '../../storage/snapshots.ts'
import { chapterLength, chapterName } from '../chapter-name.ts'
import { LongTalk } from './long-talk.ts'
import type { TalkChapter } from './long-talk.ts'
import { TestMember } from './members.ts'

/** Chapters at the end that are what they seem: more than a window opens. */
const wholeChapters = 3

/**
 * Somebody whose device holds so many messages of another, in rows as the app writes them. A million would take an hour
 * to sign: but for the newest chapters all have the content of the first, under names of their own. Rows, indexes and
 * sizes are those of real ones, and nobody opens them. Null where that takes longer than it may.
 */
export async function readerOf(count: number, limitMs = Infinity): Promise<TestMember | null> {
  const end = performance.now() + limitMs
  const reader = await TestMember.founder('Anna')
  const writer = await reader.invites('Ben')
  await writer.tells(reader)
  const chapters = count / chapterLength
  const copies = Math.max(0, chapters - wholeChapters)
  const first = await (await LongTalk.by(writer)).nextChapter()
  for (let number = 0; number < copies; number++) {
    if (performance.now() > end) return null
    await store(reader, copyOf(first, number))
  }
  const talk = await LongTalk.by(writer, copies)
  for (let number = copies; number < chapters; number++) await store(reader, await talk.nextChapter())
  await writer.leaves()
  return reader
}

async function store({ store, session, space }: TestMember, chapter: TalkChapter): Promise<void> {
  const { name, records, growth, state } = chapter
  const [oldest] = records
  if (oldest === undefined) return
  const { place } = await session.documents(space)
  const before = oldest.sequence > 1 ? oldest.sequence - 1 : null
  const expected = [{ device: oldest.device, sequence: before }]
  const orders = await appendRecords(store, session.clique, place, records, expected, [growth])
  await saveSnapshot(store, place, name, orders.at(-1) ?? 0, state)
}

function copyOf({ records, growth, state }: TalkChapter, number: number): TalkChapter {
  const name = chapterName(number)
  const copies = records.map((record, i) => {
    const sequence = number * chapterLength + i + 1
    return { ...record, document: name, sequence, id: idAt(sequence) }
  })
  // Older than what is written after it.
  const newest = number + 1
  return { name, records: copies, growth: { ...growth, document: name, newest }, state }
}

/** As long as a real one. */
function idAt(sequence: number): RecordId {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, sequence)
  return toHex(bytes) as RecordId
}
