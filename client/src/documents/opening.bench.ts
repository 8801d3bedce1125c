import { median, ratio } from '../../../scripts/bench/figures.ts'
import type { Figure } from '../../../scripts/bench/figures.ts'
import { appendRecords } from '../storage/records.ts'
import { saveSnapshot } from '../storage/snapshots.ts'
import { openStore } from '../storage/store.ts'
import { CliqueSession } from './clique-session.ts'
import { ConversationWindow, windowStep } from './conversation-window.ts'
import { LongTalk } from './testing/long-talk.ts'
import { TestMember } from './testing/members.ts'

const runs = 15
const few = 10_000
const many = 100_000

/** From an app that has just been started to the newest messages, by how many are stored. */
export async function figures(): Promise<Figure[]> {
  const [short, long] = [await readerOf(few), await readerOf(many)]
  const [atFew, atMany]: [number[], number[]] = [[], []]
  // In turns. The first of each warms the engine and the browser's own caches and is not counted.
  for (let run = 0; run <= runs; run++) {
    const times = [await opening(short), await opening(long)] as const
    if (run === 0) continue
    atFew.push(times[0])
    atMany.push(times[1])
  }
  await short.leaves()
  await long.leaves()
  return [
    {
      kind: 'measured',
      what: `opening a conversation: database, clique and the last ${windowStep} messages at ${many / 1000},000 stored, in Chromium`,
      against: `the same at ${few / 1000},000`,
      value: ratio(atMany, atFew),
      unit: 'ratio',
      goal: { atMost: 1.1 },
      runs,
      detail: `${median(atMany).toFixed(1)} ms / ${median(atFew).toFixed(1)} ms`,
    },
  ]
}

/** Somebody whose device holds so many messages of another. */
async function readerOf(count: number): Promise<TestMember> {
  const reader = await TestMember.founder('Anna')
  const writer = await reader.invites('Ben')
  await writer.tells(reader)
  const { store, session, space } = reader
  const { place } = await session.documents(space)
  const talk = await LongTalk.by(writer)
  let head: number | null = null
  while ((head ?? 0) < count) {
    const { name, records, growth, state } = await talk.nextChapter()
    const expected = [{ device: writer.session.device, sequence: head }]
    const orders = await appendRecords(store, session.clique, place, records, expected, [growth])
    await saveSnapshot(store, place, name, orders.at(-1) ?? 0, state)
    head = (head ?? 0) + records.length
  }
  await writer.leaves()
  return reader
}

/** Milliseconds. */
async function opening(reader: TestMember): Promise<number> {
  const start = performance.now()
  const store = await openStore(reader.store.name)
  const session = await CliqueSession.open(store, reader.session.clique)
  const window = new ConversationWindow(await session.documents(reader.space))
  const { messages } = await window.read()
  const time = performance.now() - start
  if (messages.length !== windowStep) throw new Error(`${messages.length} messages were shown`)
  window.close()
  await session.close()
  store.close()
  return time
}
