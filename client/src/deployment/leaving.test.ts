import { expect, test } from 'vitest'
import { mayLeave } from './leaving.ts'
import type { Moment } from './leaving.ts'

const choices = [false, true]
const moments: Moment[] = choices.flatMap((asked) =>
  choices.flatMap((justTakenOver) =>
    choices.flatMap((hidden) =>
      choices.flatMap((typing) =>
        choices.map((unsaved) => ({ asked, justTakenOver, hidden, typing, unsaved })),
      ),
    ),
  ),
)

test('no page leaves while something is in its memory alone', () => {
  for (const moment of moments.filter(({ unsaved }) => unsaved)) expect(mayLeave(moment)).toBe(false)
})

test('a page that was asked leaves as soon as nothing is unsaved', () => {
  for (const moment of moments.filter(({ unsaved, asked }) => asked && !unsaved)) {
    expect(mayLeave(moment)).toBe(true)
  }
})

test('a page that was not asked leaves unseen, or at the moment of the change if nobody types there', () => {
  const others = moments.filter(({ unsaved, asked }) => !asked && !unsaved)
  expect(others).toHaveLength(8)
  for (const moment of others) {
    const { hidden, justTakenOver, typing } = moment
    expect([moment, mayLeave(moment)]).toEqual([moment, hidden || (justTakenOver && !typing)])
  }
})
