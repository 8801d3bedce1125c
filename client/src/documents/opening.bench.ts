import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { version } from 'y-indexeddb/package.json'
import { median, ratio } from '../../../scripts/bench/figures.ts'
import type { Figure, Measured } from '../../../scripts/bench/figures.ts'
import { openStore } from '../storage/store.ts'
import { CliqueSession } from './clique-session.ts'
import { ConversationWindow, windowStep } from './conversation-window.ts'
import { readerOf } from './testing/long-store.ts'
import type { TestMember } from './testing/members.ts'

const runs = 15
const few = 10_000
const some = 100_000
const many = 1_000_000
/** Milliseconds for storing so many: longer than a quiet machine takes, and short enough for all benchmarks together. */
const fillMs = 200_000
/** Milliseconds in which what was opened before has gone. */
const settleMs = 100
const peerRuns = 5
const what = `opening a conversation: database, clique and the last ${windowStep} messages`

/** From an app that has just been started to the newest messages, by how many are stored. */
export async function figures(): Promise<Figure[]> {
  const document = await fillDocument(some)
  const [short, long, longest] = [await readerOf(few), await readerOf(some), await readerOf(many, fillMs)]
  if (short === null || long === null) throw new Error('stored without a limit')
  const [atFew, atSome, atMany]: [number[], number[], number[]] = [[], [], []]
  // In turns. The first of each warms the engine and the browser's own caches and is not counted.
  for (let run = 0; run <= runs; run++) {
    const times = [
      await opening(short),
      await opening(long),
      longest === null ? 0 : await opening(longest),
    ] as const
    if (run === 0) continue
    atFew.push(times[0])
    atSome.push(times[1])
    atMany.push(times[2])
  }
  const [whole, chapters]: [number[], number[]] = [[], []]
  for (let run = 0; run < peerRuns; run++) {
    whole.push(await openDocument(document, some))
    chapters.push(await opening(long))
  }
  const atMost = { ...tell(atMany, atFew), what: `${what} at 1,000,000 stored, in Chromium` }
  const against = 'the same at 10,000'
  const goal = { atMost: 1.1 }
  return [
    { ...tell(atSome, atFew), what: `${what} at 100,000 stored, in Chromium`, against, goal },
    longest === null
      ? {
          kind: 'skipped',
          what: atMost.what,
          against,
          why: `storing them took longer than ${fillMs / 1000} s`,
        }
      : { ...atMost, against, goal },
    {
      ...tell(whole, chapters),
      what: `${what} at 100,000 stored, how many times faster, in Chromium`,
      against: `one Yjs document of y-indexeddb ${version} with the same messages`,
      goal: { atLeast: 20 },
      runs: peerRuns,
    },
  ]
}

function tell(times: readonly number[], others: readonly number[]): Measured {
  const detail = `${median(times).toFixed(1)} ms / ${median(others).toFixed(1)} ms`
  const value = ratio(times, others)
  return { kind: 'measured', what, against: '', value, unit: 'ratio', goal: null, runs, detail }
}

/** Milliseconds. */
async function opening(reader: TestMember): Promise<number> {
  await settle()
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

/** The same texts in one list of one document, unsealed, written a thousand at a time. Returns its name. */
async function fillDocument(count: number): Promise<string> {
  const name = 'one document'
  const doc = new Y.Doc()
  const persistence = new IndexeddbPersistence(name, doc)
  await persistence.whenSynced
  const list = doc.getArray<unknown>('messages')
  const step = 1_000
  for (let at = 0; at < count; at += step) {
    const messages = Array.from({ length: step }, (_, i) => {
      const text = `message ${at + i}: the boat leaves at seven, bring something warm and the blue rope`
      return { kind: 'message', time: at + i, sentAt: Date.now(), text }
    })
    doc.transact(() => list.push(messages))
  }
  // It writes in the background, one after the other: what it reads comes after all of it.
  await persistence.set('written', count)
  await persistence.destroy()
  doc.destroy()
  return name
}

/** Milliseconds. */
async function openDocument(name: string, count: number): Promise<number> {
  await settle()
  const start = performance.now()
  const doc = new Y.Doc()
  const persistence = new IndexeddbPersistence(name, doc)
  await persistence.whenSynced
  const list = doc.getArray<unknown>('messages')
  const last = list.slice(list.length - windowStep)
  const time = performance.now() - start
  if (list.length !== count || last.length !== windowStep) throw new Error(`${list.length} messages are kept`)
  await persistence.destroy()
  doc.destroy()
  return time
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, settleMs))
}
