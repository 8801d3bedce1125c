import { foldShared } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { clientsOf, placedWhole } from './record-placing.ts'
import { openContents } from './shared-contents.ts'
import type { RecordContribution } from './shared-document.ts'
import { emptyShared, everything, heldBy, writeShared } from './testing/shared-writers.ts'
import type { HeldRecords } from './testing/shared-writers.ts'
import { deviceNumber } from './testing/writers.ts'

const devices = 4

/**
 * Each step one names the thing, puts a word among the others, or takes words out; or hears everything of another. Of each
 * device there is a copy, which goes on from what the device held when the copy wrote first, and forks its chain.
 */
const history = fc.array(
  fc.record({
    who: fc.nat(devices - 1),
    isCopy: fc.boolean(),
    hears: fc.option(fc.nat(2 * devices - 1)),
    does: fc.constantFrom('name', 'put', 'take'),
    at: fc.nat(20),
  }),
  { minLength: 1, maxLength: 24 },
)

/** What a record did, and which had entered the document then. */
interface Deed {
  readonly record: RecordContribution
  readonly isCopy: boolean
  readonly past: ReadonlySet<RecordContribution>
  readonly name: string | null
  readonly put: readonly string[]
  readonly taken: readonly string[]
}

/** All that somebody holds, of whatever branch. */
class Replica implements HeldRecords {
  readonly #records: Set<RecordContribution>
  written: number

  constructor(of: Replica | null = null) {
    this.#records = new Set(of?.records)
    this.written = of?.written ?? 0
  }

  get records(): RecordContribution[] {
    return [...this.#records]
  }

  apply(record: RecordContribution): void {
    this.#records.add(record)
  }
}

function play(steps: typeof history extends fc.Arbitrary<infer T> ? T : never): Deed[] {
  const replicas = Array.from({ length: devices }, () => new Replica())
  const deeds: Deed[] = []
  for (const { who, isCopy, hears, does, at } of steps) {
    const held = isCopy ? (replicas[who + devices] ??= new Replica(replicas[who])) : replicas[who]
    if (held === undefined) continue
    for (const record of hears === null ? [] : (replicas[hears]?.records ?? [])) {
      // Nobody takes in a branch of their own chain beside the one they are on.
      if (record.device !== deviceNumber(who)) held.apply(record)
    }
    const past = new Set(foldShared(heldBy(held.records)).map(({ record }) => record))
    const sequence = ++held.written
    const word = `${who}${isCopy ? 'b' : ''}.${sequence}`
    const taken: string[] = []
    const edit = (doc: Y.Doc) => {
      const words = doc.getArray<string>('words')
      const place = at % (words.length + 1)
      if (does === 'name') doc.getMap('title').set('name', word)
      if (does === 'put') {
        // What is brought stands on what is brought as well, and takes some of it back.
        words.insert(place, [word])
        words.insert(place, ['slip', `${word}!`])
        words.delete(place, 1)
      }
      if (does === 'take') {
        const count = Math.min(2, words.length - place)
        taken.push(...words.slice(place, place + count))
        words.delete(place, count)
      }
    }
    deeds.push({
      record: writeShared(held, who, sequence, edit, isCopy ? 1 : 0),
      isCopy,
      past,
      name: does === 'name' ? word : null,
      put: does === 'put' ? [`${word}!`, word] : [],
      taken,
    })
  }
  return deeds
}

const shuffled = <T>(items: readonly T[], choices: Iterator<number>): T[] =>
  items
    .map((item) => [choices.next().value as number, item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)

/** Where a chain forks, what is not on the branch that somebody acknowledged. */
function besidesKept(deeds: readonly Deed[], keepsCopy: readonly boolean[]): Deed[] {
  return keepsCopy.flatMap((keeps, i) => {
    const own = deeds.filter(({ record }) => record.device === deviceNumber(i))
    const forkedAt = Math.min(...own.flatMap(({ isCopy, record }) => (isCopy ? [record.sequence] : [])))
    return own.filter(({ isCopy, record }) => (keeps ? !isCopy && record.sequence >= forkedAt : isCopy))
  })
}

function looksAt(records: readonly RecordContribution[], counts: (record: RecordContribution) => boolean) {
  const { doc } = openContents(heldBy(records, counts))
  return {
    words: doc.getArray<string>('words').toArray(),
    name: doc.getMap('title').get('name'),
    state: Y.encodeStateAsUpdate(doc),
  }
}

test('[GATE8] [GATE9] [GATE11] in any order, whatever forks and is cut off, the same records make the same document', () => {
  fc.assert(
    fc.property(
      history,
      fc.array(fc.nat(6), { minLength: devices, maxLength: devices }),
      fc.array(fc.boolean(), { minLength: devices, maxLength: devices }),
      fc.infiniteStream(fc.nat()),
      (steps, cuts, keepsCopy, choices) => {
        const deeds = play(steps)
        const limit = new Map(cuts.map((cut, i): [DeviceId, number] => [deviceNumber(i), cut]))
        const aside = new Set(besidesKept(deeds, keepsCopy).map(({ record }) => record))
        const counts = (record: RecordContribution) =>
          !aside.has(record) && record.sequence <= (limit.get(record.device) ?? 0)
        const records = deeds.map(({ record }) => record)
        const first = looksAt(records, counts)
        for (let i = 0; i < 3; i++) {
          // Whoever looks in between, or held more than counts before it was cut off, sees the same in the end.
          const other = new Replica()
          for (const record of shuffled(records, choices)) {
            other.apply(record)
            looksAt(other.records, everything)
          }
          expect(looksAt(other.records, counts)).toEqual(first)
        }
        const counting = deeds.filter(({ record }) => counts(record))
        const taken = new Set(counting.flatMap((deed) => deed.taken))
        const words = counting.flatMap(({ put }) => put.filter((word) => !taken.has(word)))
        expect(first.words.toSorted()).toEqual(words.toSorted())
        const names = counting.filter(({ name }) => name !== null)
        const last = names.filter(({ record }) => !names.some(({ past }) => past.has(record)))
        if (names.length === 0) expect(first.name).toBeUndefined()
        else expect(last.map(({ name }) => name)).toContain(first.name)
      },
    ),
    { numRuns: 150 },
  )
})

test('[GATE8] where all count, the document is what Yjs makes of the updates', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const records = play(steps).map(({ record }) => record)
      const plain = new Y.Doc({ gc: false })
      const clients = clientsOf(records.map(({ id }) => id))
      for (const record of records) Y.applyUpdate(plain, placedWhole(record, clients))
      const { words, name } = looksAt(records.toReversed(), everything)
      expect(words).toEqual(plain.getArray('words').toArray())
      expect(name).toBe(plain.getMap('title').get('name'))
    }),
    { numRuns: 60 },
  )
})

test('[GATE8] what is built on something that is lacking enters when that has come, and nothing else waits for it', () => {
  const anna = emptyShared()
  const first = writeShared(anna, 0, 1, (doc) => doc.getMap('title').set('name', 'Plans'))
  const ben = emptyShared()
  ben.apply(first)
  const second = writeShared(ben, 1, 1, (doc) => doc.getMap('title').set('name', 'Trip'))
  const other = writeShared(emptyShared(), 2, 1, (doc) => doc.getArray('words').push(['hello']))
  expect(looksAt([second, other], everything)).toMatchObject({ words: ['hello'], name: undefined })
  expect(looksAt([second, other, first], everything)).toMatchObject({ words: ['hello'], name: 'Trip' })
})

test('[GATE9] what is built on hidden words stands where it stood, and brings none of them back', () => {
  const anna = emptyShared()
  const first = writeShared(anna, 0, 1, (doc) => doc.getArray('words').push(['begin', 'end']))
  const ben = emptyShared()
  ben.apply(first)
  const hidden = writeShared(ben, 1, 1, (doc) => {
    doc.getArray('words').insert(1, ['hidden'])
    doc.getMap('title').set('name', 'hidden')
    doc.getArray('words').delete(0, 1)
  })
  anna.apply(hidden)
  const last = writeShared(anna, 0, 2, (doc) => doc.getArray('words').insert(1, ['after']))
  const withoutBen = ({ device }: RecordContribution) => device !== deviceNumber(1)
  expect(looksAt([last, hidden, first], withoutBen)).toMatchObject({
    words: ['begin', 'after', 'end'],
    name: undefined,
  })
})

/** Nobody has looked at them yet. */
const asTheyCome = (records: readonly RecordContribution[]) => records.map((record) => ({ ...record }))

/** Yjs throws where it takes in the item of this value; returns how many items it took in or tried to. */
function whileThrowing<T>(isBad: (item: Y.Item) => boolean, look: () => T): { found: T; items: number } {
  let items = 0
  const { integrate } = Y.Item.prototype
  const spy = vi.spyOn(Y.Item.prototype, 'integrate').mockImplementation(function (this: Y.Item, ...args) {
    items++
    if (isBad(this)) throw new Error('in the middle')
    integrate.apply(this, args)
  })
  try {
    return { found: look(), items }
  } finally {
    spy.mockRestore()
  }
}

const throws = ({ content }: Y.Item) => String(content.getContent()[0]).startsWith('throws')

test('[GATE2] [GATE13] an update that makes Yjs throw is in no document, and neither is what builds on it', () => {
  const anna = emptyShared()
  const first = writeShared(anna, 0, 1, (doc) => doc.getMap('title').set('name', 'Plans'))
  const ben = emptyShared()
  ben.apply(first)
  const broken = writeShared(ben, 1, 1, (doc) => doc.getMap('title').set('name', 'throws'))
  anna.apply(broken)
  const above = writeShared(anna, 0, 2, (doc) => doc.getMap('title').set('name', 'above'))
  const other = writeShared(emptyShared(), 2, 1, (doc) => doc.getArray('words').push(['hello']))
  const all = asTheyCome([above, broken, first, other])
  const { found } = whileThrowing(throws, () => looksAt(all, everything))
  expect(found).toMatchObject({ name: 'Plans', words: ['hello'] })
})

test('[GATE2] what throws beside something else alone goes as well', () => {
  const anna = emptyShared()
  const first = writeShared(anna, 0, 1, (doc) => {
    doc.getMap('title').set('name', 'Plans')
    doc.getArray('words').push(['hello'])
  })
  const second = writeShared(anna, 0, 2, (doc) => doc.getMap('title').set('name', 'throws'))
  const last = writeShared(anna, 0, 3, (doc) => doc.getArray('words').push(['again']))
  const isBesideFirst = (item: Y.Item) => throws(item) && item.left?.content.getContent()[0] === 'Plans'
  const { found } = whileThrowing(isBesideFirst, () => looksAt([first, second, last], everything))
  expect(found).toMatchObject({ name: 'Plans', words: ['hello', 'again'] })
})

test('[GATE13] records that make Yjs throw are tried once, apart, and make no document anew', () => {
  const anna = emptyShared()
  const first = writeShared(anna, 0, 1, (doc) => doc.getMap('title').set('name', 'Plans'))
  const broken = Array.from({ length: 30 }, (_, i) => {
    const ben = emptyShared()
    ben.apply(first)
    return writeShared(ben, 1, i + 1, (doc) => doc.getMap('title').set('name', `throws ${i}`))
  })
  const all = asTheyCome([first, ...broken])
  const early = whileThrowing(throws, () => looksAt(all, everything))
  expect(early.found.name).toBe('Plans')
  // Each record once apart, with what stands in for the one before it; and what is good once in the document.
  expect(early.items).toBeLessThanOrEqual(2 * all.length + 1)
  const again = whileThrowing(throws, () => looksAt(all, everything))
  expect(again).toEqual({ found: early.found, items: 1 })
})
