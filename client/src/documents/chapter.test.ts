import { clientIdOf, decode, encode, readArray } from '@clique/crypto'
import type { CborValue, ClientSession, SessionId } from '@clique/crypto'
import * as encoding from 'lib0/encoding'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Chapter } from './chapter.ts'
import type { Contribution } from './chapter.ts'
import { firstChapter } from './chapter-name.ts'
import { isMessage } from './conversation-fold.ts'
import { admit } from './gate.ts'
import type { Candidate } from './gate.ts'
import { deviceNumber, emptyChapter, sessionNumber, testSpace, write } from './testing/writers.ts'
import { describeUpdate } from './update-description.ts'

const place = { space: testSpace, document: firstChapter }
const limits = { size: 1_000_000, depth: 6, items: 1_000 }

/**
 * Sessions of two devices that come to one id of 53 bits, in the chapter of these tests: found among 190 million hashes, in 74
 * seconds of one core.
 */
const anna = { device: deviceNumber(0), session: '00000000045e6f1a' as SessionId }
const ben = { device: deviceNumber(1), session: '0000000003598642' as SessionId }
/** Two sessions of one device that do, found the same way. */
const [early, late] = ['0000000006d1ffb6', '000000000c89174c'].map((session) => {
  return { device: deviceNumber(0), session: session as SessionId }
}) as [ClientSession, ClientSession]

const message = (text: string) => ({ kind: 'message', time: 1, sentAt: 1, text })

/** Written by what the device has written before, and by nothing of anybody else. */
function chainOf(...steps: [ClientSession, string][]): Candidate[] {
  const own = emptyChapter()
  return steps.map(([writer, text], i) => {
    const payload = own.append(writer, message(text))
    const candidate = { ...writer, sequence: i + 1, receivedAt: 1, payload }
    expect(admit(own, candidate).verdict).toBe('accept')
    return candidate
  })
}

function shownIn(chapter: Chapter): string[] {
  const messages = chapter.entries().filter(isMessage)
  return messages.map(({ device, sequence, entry }) => `${device} ${sequence} ${entry.text}`).toSorted()
}

const turns: [string, (chapter: Chapter) => Chapter][] = [
  ['as they are', (chapter) => chapter],
  ['on copies', (chapter) => chapter.copy()],
  [
    'through snapshots',
    (chapter) => new Chapter(testSpace, firstChapter, chapter.encodeState(), chapter.mark),
  ],
]

test.each(turns)(
  '[CID2] two devices with one id do not meet, whose records ever come first, %s',
  (_, turn) => {
    expect(clientIdOf(place, anna)).toBe(clientIdOf(place, ben))
    const [x, x2] = chainOf([anna, 'x'], [anna, 'x goes on'])
    const [y, y2] = chainOf([ben, 'y'], [ben, 'y goes on'])
    if (!x || !x2 || !y || !y2) throw new Error('no records')
    const orders = [
      [x, x2, y, y2],
      [y, y2, x, x2],
      [x, y, x2, y2],
      [y, x, y2, x2],
    ]
    for (const order of orders) {
      let chapter = emptyChapter()
      for (const record of order) {
        const admission = admit(chapter, record)
        expect(admission).toMatchObject({ verdict: 'accept', growth: { entries: 1, newest: 1 } })
        chapter = turn(chapter)
      }
      expect(shownIn(chapter)).toEqual([
        `${anna.device} 1 x`,
        `${anna.device} 2 x goes on`,
        `${ben.device} 1 y`,
        `${ben.device} 2 y goes on`,
      ])
      expect(chapter.size).toBe(4)
    }
  },
)

test('[CID2] what one device wrote under an id is not held as another’s', () => {
  const [x] = chainOf([anna, 'x'])
  const [y] = chainOf([ben, 'y'])
  if (!x || !y) throw new Error('no records')
  const [one, two] = [emptyChapter(), emptyChapter()]
  const first = admit(one, x)
  const second = admit(two, y)
  if (first.verdict === 'refuse' || second.verdict === 'refuse') throw new Error('refused')
  expect([one.holds(first.contribution), one.holds(second.contribution)]).toEqual([true, false])
})

test.each(turns)('[CID3] sessions of one device with one id go on where the other ended, %s', (_, turn) => {
  expect(clientIdOf(place, early)).toBe(clientIdOf(place, late))
  const chain = chainOf([early, 'one'], [late, 'two'], [anna, 'three'], [early, 'four'], [late, 'five'])
  let chapter = emptyChapter()
  for (const record of chain) {
    expect(admit(chapter, record)).toMatchObject({ verdict: 'accept', growth: { entries: 1 } })
    chapter = turn(chapter)
  }
  const texts = chapter.entries().filter(isMessage)
  expect(texts.map(({ index, sequence, entry }) => [index, sequence, entry.text])).toEqual([
    [0, 1, 'one'],
    [0, 2, 'two'],
    [0, 3, 'three'],
    [0, 4, 'four'],
    [0, 5, 'five'],
  ])
  // A branch of the chain that goes on from the first of them uses clocks that are taken by now.
  const [, beside] = chainOf([early, 'one'], [late, 'beside'])
  if (beside === undefined) throw new Error('no record')
  expect(admit(chapter, beside)).toMatchObject({ verdict: 'refuse', code: 'gate-clock-reused' })
})

test.each(turns)(
  '[CID5] stretches of one chain with one session do not meet, whichever came first, %s',
  (_, turn) => {
    const [a, b] = chainOf([anna, 'a'], [anna, 'b'])
    const [x, y] = chainOf([anna, 'x'], [anna, 'y']).map((one) => {
      return { ...one, sequence: one.sequence + 3, stretch: 4 }
    })
    if (!a || !b || !x || !y) throw new Error('no records')
    for (const order of [
      [a, b, x, y],
      [x, y, a, b],
      [x, a, y, b],
    ]) {
      let chapter = emptyChapter()
      for (const record of order) {
        const admission = admit(chapter, record)
        expect(admission).toMatchObject({ verdict: 'accept', growth: { entries: 1 } })
        chapter = turn(chapter)
        if (admission.verdict === 'refuse') throw new Error('refused')
        expect(chapter.holds(admission.contribution)).toBe(true)
      }
      expect(shownIn(chapter)).toEqual([1, 2, 4, 5].map((n, i) => `${anna.device} ${n} ${'abxy'[i]}`))
    }
    // What goes on from another stretch goes on from nothing.
    const alone = emptyChapter()
    expect(admit(alone, a)).toMatchObject({ verdict: 'accept' })
    expect(admit(alone, { ...y, sequence: 4 })).toMatchObject({ verdict: 'refuse', code: 'gate-clock-gap' })
  },
)

test('a copy and what it was made of go on apart', () => {
  const chapter = emptyChapter()
  write(chapter, 0, 0, 1, message('before'))
  write(chapter, 1, 1, 1, message('beside'))
  const copy = chapter.copy()
  write(copy, 0, 0, 2, message('tried'))
  expect([shownIn(chapter).length, shownIn(copy).length]).toEqual([2, 3])
  write(chapter, 0, 0, 2, message('stood'))
  write(chapter, 0, 3, 3, message('too'))
  expect([shownIn(chapter).length, shownIn(copy).length]).toEqual([4, 3])
  expect([chapter.size, copy.size]).toEqual([4, 3])
})

test('a state of another version leaves a chapter that begins anew', () => {
  const chapter = emptyChapter()
  write(chapter, 0, 0, 1, message('hi'))
  const [version, ...rest] = readArray(decode(chapter.encodeState(), limits))
  const before: CborValue = [Number(version) - 1, ...rest, []]
  for (const state of [before, [Number(version) + 1]]) {
    const anew = new Chapter(testSpace, firstChapter, encode(state), 7)
    expect([anew.mark, anew.size, anew.entries()]).toEqual([0, 0, []])
  }
  expect(new Chapter(testSpace, firstChapter, chapter.encodeState(), 7)).toMatchObject({ mark: 7, size: 1 })
})

/** Types inside one another, more than anybody's stack bears, and the outermost deleted: as stored by a gate that let that in. */
function bottomless(writer: ClientSession): Contribution[] {
  const client = clientIdOf(place, writer)
  const nested = encoding.createEncoder()
  const [arrayType, rootParent, itemParent, depth] = [0, 1, 0, 30_000]
  for (const number of [1, depth, client, 0]) encoding.writeVarUint(nested, number)
  for (let i = 0; i < depth; i++) {
    encoding.writeUint8(nested, 7)
    encoding.writeVarUint(nested, i === 0 ? rootParent : itemParent)
    if (i === 0) encoding.writeVarString(nested, writer.device)
    else for (const number of [client, i - 1]) encoding.writeVarUint(nested, number)
    encoding.writeVarUint(nested, arrayType)
  }
  encoding.writeVarUint(nested, 0)
  const deletion = encoding.createEncoder()
  for (const number of [0, 1, client, 1, 0, 1]) encoding.writeVarUint(deletion, number)
  return [nested, deletion].map((encoder, i) => {
    const update = encoding.toUint8Array(encoder)
    const described = describeUpdate(update)
    return { device: writer.device, sequence: i + 1, receivedAt: 1, update, described }
  })
}

/** The other's words still show and go on; of this one's nothing does. */
function expectBroken(chapter: Chapter): void {
  expect(shownIn(chapter)).toEqual([`${deviceNumber(0)} 1 of Anna`])
  const [nothingMore] = bottomless({ ...ben, session: sessionNumber(2) })
  expect(nothingMore && chapter.apply({ ...nothingMore, sequence: 3 })).toBe(false)
  expect(chapter.isBroken).toBe(true)
  write(chapter, 0, 0, 2, message('goes on'))
  expect(shownIn(chapter)).toHaveLength(2)
}

test('[GATE15] what Yjs throws at in stored records takes away nothing but that part', () => {
  const chapter = emptyChapter()
  write(chapter, 0, 0, 1, message('of Anna'))
  const stored = bottomless({ ...ben, session: sessionNumber(1) })
  expect(stored.map((one) => chapter.apply(one))).toEqual([true, false])
  expectBroken(chapter.copy())
  expectBroken(chapter)
})

test('[GATE15] nor does it in a snapshot', () => {
  const chapter = emptyChapter()
  write(chapter, 0, 0, 1, message('of Anna'))
  write(chapter, 1, 1, 1, message('of Ben'))
  const [version, parts] = readArray(decode(chapter.encodeState(), limits), 2)
  const [ofAnna, ofBen] = readArray(parts)
  const [device, begin, , spans] = readArray(ofBen, 4)
  const stored = bottomless({ ...ben, session: sessionNumber(1) }).map(({ update }) => update)
  const state = encode([version, [ofAnna, [device, begin, Y.mergeUpdates(stored), spans]]] as CborValue)
  expectBroken(new Chapter(testSpace, firstChapter, state))
})
