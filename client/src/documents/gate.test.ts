import { clientIdOf } from '@clique/crypto'
import { expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { chapterRoot, firstChapter } from './chapter-name.ts'
import { isMessage } from './conversation-fold.ts'
import { admit, isKnownDocument, updateKind } from './gate.ts'
import type { Candidate } from './gate.ts'
import { deviceNumber, emptyChapter, sessionNumber, testSpace, write } from './testing/writers.ts'

const anna = { device: deviceNumber(0), session: sessionNumber(0) }
const ben = { device: deviceNumber(1), session: sessionNumber(1) }
const place = { space: testSpace, document: firstChapter }
const message = (text: string) => ({ kind: 'message', time: 1, sentAt: 1, text })

function candidate(update: Uint8Array, sequence = 1): Candidate {
  return { ...anna, sequence, receivedAt: 1, payload: update }
}

/** What Anna's device would send if it edited like this, by the ids that are hers. */
function edit(change: (doc: Y.Doc) => void, clientID = clientIdOf(place, anna)): Uint8Array {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = clientID
  change(doc)
  return Y.encodeStateAsUpdate(doc)
}

function refusalOf(update: Uint8Array): string {
  const chapter = emptyChapter()
  write(chapter, 1, 1, 1, message('of Ben'))
  const before = chapter.encodeState()
  const admission = admit(chapter, candidate(update))
  if (admission.verdict === 'accept') return 'accepted'
  expect(chapter.encodeState()).toEqual(before)
  return admission.code
}

/** The bytes of an update with one struct, written by hand: head, then whatever follows. */
function handmade(clock: number, ...rest: number[]): Uint8Array {
  return Uint8Array.from([1, 1, ...varUint(clientIdOf(place, anna)), ...varUint(clock), ...rest])
}

function varUint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return [...bytes, left]
}

const anyItem = 8
const hasOrigin = 0x80
const ownId = varUint(clientIdOf(place, anna))

test('an entry in the own root is let through', () => {
  expect(refusalOf(edit((doc) => doc.getArray(anna.device).push([message('hi')])))).toBe('accepted')
})

test('[GATE3] somebody else’s root is refused', () => {
  expect(refusalOf(edit((doc) => doc.getArray(ben.device).push([message('hi')])))).toBe('gate-foreign-parent')
})

test('[GATE2] somebody else’s client id is refused', () => {
  const foreign = edit((doc) => doc.getArray(anna.device).push([message('hi')]), clientIdOf(place, ben))
  expect(refusalOf(foreign)).toBe('gate-foreign-struct')
})

test('[GATE3] deleting what somebody else wrote is refused', () => {
  const chapter = emptyChapter()
  const { payload: update } = write(chapter, 1, 1, 1, message('of Ben'))
  const doc = new Y.Doc({ gc: false })
  doc.clientID = clientIdOf(place, anna)
  Y.applyUpdate(doc, update)
  const before = Y.encodeStateVector(doc)
  doc.getArray(ben.device).delete(0, 1)
  const admission = admit(chapter, candidate(Y.encodeStateAsUpdate(doc, before)))
  expect(admission).toMatchObject({ verdict: 'refuse', code: 'gate-not-appended' })
})

test('[GATE3] an item that names its own future as origin is refused', () => {
  // Content: one value, null (126).
  expect(refusalOf(handmade(0, hasOrigin | anyItem, ...ownId, 5, 1, 126, 0))).toBe('gate-not-appended')
})

test('[GATE3] an origin of somebody else is refused', () => {
  const benId = varUint(clientIdOf(place, ben))
  expect(refusalOf(handmade(0, hasOrigin | anyItem, ...benId, 0, 1, 126, 0))).toBe('gate-not-appended')
})

test('[GATE2] a clock that leaves a gap is refused', () => {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = clientIdOf(place, anna)
  doc.getArray(anna.device).push([1])
  const before = Y.encodeStateVector(doc)
  doc.getArray(anna.device).push([2])
  expect(refusalOf(Y.encodeStateAsUpdate(doc, before))).toBe('gate-clock-gap')
})

test('[GATE2] the same clocks a second time are refused', () => {
  const chapter = emptyChapter()
  const update = edit((doc) => doc.getArray(anna.device).push([message('hi')]))
  expect(admit(chapter, candidate(update)).verdict).toBe('accept')
  expect(admit(chapter, candidate(update, 2))).toMatchObject({ code: 'gate-clock-reused' })
})

test('[GATE2] skips, subdocuments and deep values are refused', () => {
  expect(refusalOf(handmade(0, 10, 3, 0))).toBe('gate-skip')
  expect(refusalOf(edit((doc) => doc.getArray(anna.device).push([new Y.Doc()])))).toBe('gate-subdocument')
  let deep: unknown = 1
  for (let i = 0; i < 40; i++) deep = [deep]
  expect(refusalOf(edit((doc) => doc.getArray(anna.device).push([deep])))).toBe('gate-too-deep')
})

/** What Anna's device would send after it had said something in two sessions, if it edited its root like this. */
function refusalAfter(change: (root: Y.Array<unknown>, doc: Y.Doc) => void): string {
  const chapter = emptyChapter()
  const doc = new Y.Doc({ gc: false })
  for (const session of [0, 2]) {
    const { payload } = write(chapter, 0, session, session + 1, message('hi'))
    Y.applyUpdate(doc, payload)
  }
  doc.clientID = clientIdOf(place, anna)
  const before = Y.encodeStateVector(doc)
  doc.transact(() => change(doc.getArray(anna.device), doc))
  const admission = admit(chapter, candidate(Y.encodeStateAsUpdate(doc, before), 4))
  return admission.verdict === 'accept' ? 'accepted' : admission.code
}

test('[GATE1] what comes behind all that a device wrote in any session is let through', () => {
  expect(refusalAfter((root) => root.push([message('and')]))).toBe('accepted')
})

const edits: [string, string, (root: Y.Array<unknown>, doc: Y.Doc) => void][] = [
  ['gate-not-appended', 'in front', (root) => root.insert(0, [message('hi')])],
  ['gate-not-appended', 'between', (root) => root.insert(1, [message('hi')])],
  ['gate-not-appended', 'as two entries', (root) => root.push([message('hi'), message('there')])],
  ['gate-not-appended', 'by deleting', (root) => root.delete(1, 1)],
  ['gate-not-appended', 'nothing', () => {}],
  ['gate-not-appended', 'as a type', (root) => root.push([new Y.Map()])],
  ['gate-not-appended', 'as a type with content', (root) => root.push([Y.Array.from([message('hi')])])],
  ['gate-not-appended', 'as bytes', (root) => root.push([new Uint8Array(3)])],
]

test.each(edits)('[GATE3] refused with %s is what a device writes %s', (code, _, change) => {
  expect(refusalAfter(change)).toBe(code)
})

test('[GATE3] what a device writes below a key of its root is refused', () => {
  expect(refusalOf(edit((doc) => doc.getMap(anna.device).set('key', message('hi'))))).toBe(
    'gate-not-appended',
  )
})

test('[GATE3] types inside types are refused, however few each record brings', () => {
  const [typeRef, array, ownParent] = [7, 0, 0]
  const chapter = emptyChapter()
  const outermost = edit((doc) => doc.getArray(anna.device).push([new Y.Array()]))
  expect(admit(chapter, candidate(outermost))).toMatchObject({ code: 'gate-not-appended' })
  write(chapter, 0, 0, 1, message('hi'))
  const inside = handmade(1, typeRef, ownParent, ...ownId, 0, array, 0)
  expect(admit(chapter, candidate(inside, 2))).toMatchObject({ code: 'gate-foreign-parent' })
})

test('[GATE6] Yjs finds the place of the next record in as many steps, however much is there', () => {
  const stepsAfter = (count: number) => {
    const chapter = emptyChapter()
    for (let i = 0; i < count; i++) write(chapter, 0, i % 8, i + 1, message('hi'))
    const payload = chapter.copy().append({ ...anna, session: sessionNumber(9) }, message('next'))
    // What Yjs looks at while it seeks the place of an item, it notes in sets.
    const add = vi.spyOn(Set.prototype, 'add')
    const next = { ...candidate(payload, count + 1), session: sessionNumber(9) }
    const { verdict } = admit(chapter, next)
    const steps = add.mock.calls.length
    add.mockRestore()
    expect(verdict).toBe('accept')
    return steps
  }
  expect(stepsAfter(64)).toBe(stepsAfter(16))
})

test('every truncation and a trailing byte are refused', () => {
  const whole = edit((doc) => doc.getArray(anna.device).push([message('hi')]))
  for (let end = 0; end < whole.length; end++) {
    expect(refusalOf(whole.subarray(0, end)), `${end} bytes`).toBe('gate-unreadable')
  }
  expect(refusalOf(Uint8Array.from([...whole, 0]))).toBe('gate-unreadable')
})

test('[GATE2] an oversize update is refused before it is decoded', () => {
  expect(refusalOf(new Uint8Array(1_000_001))).toBe('gate-too-large')
})

test('values nested until the stack ends are refused', () => {
  const nested = new Uint8Array(900_000).fill(117)
  expect(refusalOf(Uint8Array.from([...handmade(0, anyItem, 1, 1, 97, 1), ...nested]))).toBe(
    'gate-unreadable',
  )
})

test('random bytes and random changes never throw and never change the document when refused', () => {
  const whole = edit((doc) => doc.getArray(anna.device).push([message('hi')]))
  for (let position = 0; position < whole.length; position++) {
    for (const flip of [1, 4, 32, 128, 255]) {
      const changed = whole.slice()
      changed[position] = (changed[position] ?? 0) ^ flip
      const chapter = emptyChapter()
      const admission = admit(chapter, candidate(changed))
      if (admission.verdict === 'refuse' && !admission.spoiled) expect(chapter.entries()).toEqual([])
    }
  }
})

test('a document or kind of record that is not known is refused', () => {
  expect(isKnownDocument(firstChapter, updateKind, chapterRoot)).toBe(true)
  expect(isKnownDocument(firstChapter, 'yjs-2', chapterRoot)).toBe(false)
  expect(isKnownDocument('notes/1', updateKind, chapterRoot)).toBe(false)
})

test('what an entry of another version holds is passed over and harms nothing', () => {
  const chapter = emptyChapter()
  write(chapter, 0, 0, 1, { kind: 'later', x: [1] })
  write(chapter, 0, 0, 2, 'text')
  write(chapter, 0, 0, 3, { kind: 'message', time: 2 ** 60, sentAt: 1, text: 'no time' })
  write(chapter, 0, 0, 4, message(''))
  write(chapter, 0, 0, 5, message('x'.repeat(20_001)))
  write(chapter, 0, 0, 6, message('seen'))
  const messages = chapter.entries().filter(isMessage)
  expect(messages.map(({ entry, sequence }) => [entry.text, sequence])).toEqual([['seen', 6]])
})
