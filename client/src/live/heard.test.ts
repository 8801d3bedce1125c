import * as encoding from 'lib0/encoding'
import { Awareness, encodeAwarenessUpdate } from 'y-protocols/awareness'
import { writeSyncStep1, writeSyncStep2, writeUpdate } from 'y-protocols/sync'
import { afterEach, expect, test } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { maxMessage, maxStates, readHeard } from './heard.ts'
import { maxStateSize } from './live-state.ts'

const docs: Doc[] = []
afterEach(() => {
  for (const doc of docs.splice(0)) doc.destroy()
})
function makeDoc(): Doc {
  const doc = new Doc()
  docs.push(doc)
  return doc
}

/** As y-webrtc puts it on a connection. */
function message(type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, type)
  write(encoder)
  return encoding.toUint8Array(encoder)
}

function states(values: readonly unknown[]): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, values.length)
  for (const [i, value] of values.entries()) {
    encoding.writeVarUint(encoder, i)
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarString(encoder, JSON.stringify(value))
  }
  return message(1, (whole) => encoding.writeVarUint8Array(whole, encoding.toUint8Array(encoder)))
}

test('[LIV2] messages of the document are dropped', () => {
  const doc = makeDoc()
  doc.getText('text').insert(0, 'not here')
  const update = encodeStateAsUpdate(doc)
  for (const bytes of [
    message(0, (encoder) => writeSyncStep1(encoder, doc)),
    message(0, (encoder) => writeSyncStep2(encoder, doc)),
    message(0, (encoder) => writeUpdate(encoder, update)),
    message(3, () => undefined),
    message(4, (encoder) => encoding.writeVarString(encoder, 'somebody')),
  ]) {
    expect(readHeard(bytes)).toEqual([])
  }
})

test('[LIV2] a message of any other number is dropped, also where it is made like one of states', () => {
  const good = states([{ signed: 'by Ben' }])
  expect(good[0]).toBe(1)
  expect(readHeard(good)).toHaveLength(1)
  for (const type of [0, 2, 3, 4]) expect(readHeard(Uint8Array.of(type, ...good.subarray(1)))).toEqual([])
})

test('[LIV3] a message that is too large is dropped whole, and so is a state that no device signs', () => {
  const around = (size: number) => states([{ signed: 'by Ben', more: 'x'.repeat(size) }])
  expect(readHeard(around(1000))).toHaveLength(1)
  expect(readHeard(around(maxMessage))).toEqual([])
  const large = 'x'.repeat(maxStateSize + 1)
  expect(readHeard(states([{ signed: large }, { signed: large.slice(1) }]))).toHaveLength(1)
})

test('[LIV2] states are read as the library writes them', () => {
  const from = new Awareness(makeDoc())
  from.setLocalState({ signed: 'by Ben' })
  const update = encodeAwarenessUpdate(from, [from.clientID])
  const heard = readHeard(message(1, (encoder) => encoding.writeVarUint8Array(encoder, update)))
  expect(heard).toEqual([{ client: from.clientID, clock: 1, signed: 'by Ben' }])
})

test('[LIV2] states that nobody signed are left out, removals among them', () => {
  const long = 'x'.repeat(maxStateSize + 1)
  const heard = readHeard(states([null, 5, 'text', {}, { signed: 1 }, { signed: long }, { signed: 'good' }]))
  expect(heard).toEqual([{ client: 6, clock: 1, signed: 'good' }])
})

test('[LIV3] messages, states and their number are bounded; what is cut off or no JSON is nothing', () => {
  const one = { signed: 'x' }
  expect(readHeard(states(Array.from({ length: maxStates }, () => one)))).toHaveLength(maxStates)
  expect(readHeard(states(Array.from({ length: maxStates + 1 }, () => one)))).toEqual([])
  expect(readHeard(new Uint8Array(maxMessage + 1).fill(1))).toEqual([])
  const whole = states([one, one])
  for (let length = 0; length < whole.length; length++) {
    expect(readHeard(whole.subarray(0, length))).toEqual([])
  }
  const text = message(1, (encoder) =>
    encoding.writeVarUint8Array(encoder, Uint8Array.of(1, 1, 1, 1, '{'.charCodeAt(0))),
  )
  expect(readHeard(text)).toEqual([])
})
