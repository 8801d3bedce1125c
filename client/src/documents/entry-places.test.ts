import { clientIdOf } from '@clique/crypto'
import * as encoding from 'lib0/encoding'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { Chapter } from './chapter.ts'
import { firstChapter } from './chapter-name.ts'
import { isMessage } from './conversation-fold.ts'
import { deviceNumber, emptyChapter, sessionNumber, testSpace } from './testing/writers.ts'
import { describeUpdate } from './update-description.ts'

const device = deviceNumber(0)
const place = { space: testSpace, document: firstChapter }
const clientOf = (session: number) => clientIdOf(place, { device, session: sessionNumber(session) })
const message = (text: string) => ({ kind: 'message', time: 1, sentAt: 1, text })

/** One device's chain, written by sessions whose client ids are in the one order or the other. */
const orders = [
  [0, 1],
  [1, 0],
] as const

const again = (chapter: Chapter) => new Chapter(testSpace, firstChapter, chapter.encodeState(), chapter.mark)

/** Record, place within it, and text. */
function placesIn(chapter: Chapter): string[] {
  const messages = chapter.entries().filter(isMessage)
  return messages.map(({ sequence, index, entry }) => `${sequence} ${index} ${entry.text}`).toSorted()
}

/** As a record that is stored is taken in. The gate lets none of these in, but has done so: what came then keeps its places. */
function takeIn(chapter: Chapter, sequence: number, update: Uint8Array): void {
  const described = describeUpdate(update)
  expect(chapter.apply({ device, sequence, receivedAt: 1, update, described })).toBe(true)
}

type Change = (root: Y.Array<unknown>) => void

/** A device that edits its root however it likes, one record for each edit; two sessions' in one, where there are two. */
class Editor {
  readonly chapter = emptyChapter()
  readonly #doc = new Y.Doc({ gc: false })
  #sequence = 0

  edit(session: number, change: Change, also?: number, further?: Change): void {
    const updates: Uint8Array[] = []
    const keep = (update: Uint8Array) => updates.push(update)
    this.#doc.on('update', keep)
    this.#doc.clientID = clientOf(session)
    this.#doc.transact(() => change(this.#doc.getArray(device)))
    if (also !== undefined) this.#doc.clientID = clientOf(also)
    if (further !== undefined) this.#doc.transact(() => further(this.#doc.getArray(device)))
    this.#doc.off('update', keep)
    takeIn(this.chapter, ++this.#sequence, Y.mergeUpdates(updates))
  }
}

test.each(orders)('[MOD7] no other record of its author moves a message (%i, %i)', (early, late) => {
  const editor = new Editor()
  editor.edit(early, (root) => root.push([message('one'), message('two')]))
  const before = placesIn(editor.chapter)
  expect(before).toEqual(['1 0 one', '1 1 two'])
  editor.edit(late, (root) => root.insert(0, [message('in front')]))
  editor.edit(early, (root) => root.insert(2, [message('between')]))
  const after = ['1 0 one', '1 1 two', '2 0 in front', '3 0 between']
  expect(placesIn(editor.chapter)).toEqual(after)
  expect(placesIn(again(editor.chapter))).toEqual(after)
})

test.each(orders)('[MOD7] what one record brought under two ids has a place each (%i, %i)', (early, late) => {
  const editor = new Editor()
  editor.edit(early, (root) => root.push([message('one')]))
  editor.edit(late, (root) => root.push([message('two')]))
  editor.edit(
    early,
    (root) => root.push([message('three')]),
    late,
    (root) => root.push([message('four')]),
  )
  const both = clientOf(early) < clientOf(late) ? ['three', 'four'] : ['four', 'three']
  const places = ['1 0 one', '2 0 two', ...both.map((text, i) => `3 ${i} ${text}`)]
  expect(placesIn(editor.chapter)).toEqual(places)
  expect(placesIn(again(editor.chapter))).toEqual(places)
})

test('[MOD7] what is deleted keeps its place', () => {
  const editor = new Editor()
  editor.edit(0, (root) => root.push([message('one'), message('two')]))
  editor.edit(0, (root) => root.push([message('three')]))
  editor.edit(0, (root) => root.delete(0, 1))
  expect(placesIn(editor.chapter)).toEqual(['1 1 two', '2 0 three'])
})

test('an entry hangs in the root itself, and not in something there', () => {
  const editor = new Editor()
  editor.edit(0, (root) => root.push([Y.Array.from([message('within')]), message('one')]))
  expect(editor.chapter.entries().filter(isMessage)).toMatchObject([{ sequence: 1, entry: { text: 'one' } }])
})

interface Id {
  readonly client: number
  readonly clock: number
}

/** An update with one entry between two others, which need not be side by side. */
function between(id: Id, origin: Id | null, rightOrigin: Id | null, text: string): Uint8Array {
  const encoder = encoding.createEncoder()
  for (const number of [1, 1, id.client, id.clock]) encoding.writeVarUint(encoder, number)
  const anyItem = 8
  encoding.writeUint8(encoder, anyItem | (origin ? 0x80 : 0) | (rightOrigin ? 0x40 : 0))
  for (const near of [origin, rightOrigin]) {
    if (near === null) continue
    encoding.writeVarUint(encoder, near.client)
    encoding.writeVarUint(encoder, near.clock)
  }
  if (origin === null && rightOrigin === null) {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarString(encoder, device)
  }
  encoding.writeVarUint(encoder, 1)
  encoding.writeAny(encoder, message(text))
  encoding.writeVarUint(encoder, 0)
  return encoding.toUint8Array(encoder)
}

test.each(orders)(
  '[MOD4] [MOD7] odd origins give the same places before and after a snapshot (%i, %i)',
  (one, other) => {
    const [a, b] = [clientOf(one), clientOf(other)]
    const at = (client: number, clock: number) => ({ client, clock })
    const chapter = emptyChapter()
    takeIn(chapter, 1, between(at(a, 0), null, null, 'first'))
    takeIn(chapter, 2, between(at(a, 1), at(a, 0), null, 'second'))
    takeIn(chapter, 3, between(at(b, 0), at(a, 1), at(a, 0), 'third'))
    takeIn(chapter, 4, between(at(a, 2), at(a, 1), at(a, 1), 'fourth'))
    const places = ['1 0 first', '2 0 second', '3 0 third', '4 0 fourth']
    expect(placesIn(chapter)).toEqual(places)
    expect(placesIn(again(chapter))).toEqual(places)
  },
)
