import type { MemberId } from '@clique/crypto'
import { expect, test } from 'vitest'
import type { MessageRow } from './conversation-view.ts'
import { toParts } from './message-groups.ts'

const noon = new Date(2026, 4, 3, 12).getTime()
const minute = 60_000

function row(key: string, author: string, sentAt: number): MessageRow {
  return {
    key,
    author: author as MemberId,
    authorName: author,
    isGone: false,
    mine: author === 'me',
    text: key,
    files: [],
    hidden: null,
    mayHide: false,
    sentAt,
    state: { kind: 'queued' },
    clockOff: false,
  }
}

function shape(rows: MessageRow[], unreadFrom: string | null = null): string[] {
  return toParts(rows, unreadFrom).map((part) =>
    part.kind === 'group' ? part.rows.map((member) => member.key).join('+') : part.kind,
  )
}

test('messages of one person within five minutes stand together', () => {
  expect(
    shape([
      row('a', 'anna', noon),
      row('b', 'anna', noon + 5 * minute),
      row('c', 'anna', noon + 11 * minute),
    ]),
  ).toEqual(['day', 'a+b', 'c'])
})

test('another author starts another group', () => {
  expect(shape([row('a', 'anna', noon), row('b', 'me', noon + 1), row('c', 'anna', noon + 2)])).toEqual([
    'day',
    'a',
    'b',
    'c',
  ])
})

test('midnight puts a day between messages a minute apart', () => {
  const midnight = new Date(2026, 4, 4).getTime()
  expect(shape([row('a', 'anna', midnight - 30_000), row('b', 'anna', midnight + 30_000)])).toEqual([
    'day',
    'a',
    'day',
    'b',
  ])
})

test('the line of new messages parts a group', () => {
  expect(shape([row('a', 'anna', noon), row('b', 'anna', noon + 1)], 'b')).toEqual(['day', 'a', 'new', 'b'])
})

test('an empty conversation has no parts, and an unknown unread key no line', () => {
  expect(shape([])).toEqual([])
  expect(shape([row('a', 'anna', noon)], 'gone')).toEqual(['day', 'a'])
})

test('a clock that jumps back does not put a whole conversation into one group', () => {
  expect(shape([row('a', 'anna', noon), row('b', 'anna', noon - 60 * minute)])).toEqual(['day', 'a', 'b'])
})
