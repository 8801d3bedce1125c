import { expect, test } from 'vitest'
import { isBlank } from './blank.ts'

test.each([
  ['', 'nothing'],
  [' \t\n\u00a0\u3000', 'spaces'],
  ['\u200b\u200d\u2060\ufeff', 'what joins and parts words'],
  ['\u202e\u2066\u061c', 'what turns text round'],
  ['\u3164\uffa0\u115f\u2800', 'fillers'],
  ['\u{e0041}\u{e007f}\ufe0f', 'tags and variations'],
  ['\u0000\u001f\u007f\u009f', 'controls'],
])('[OPS8] %j shows nothing: %s', (text) => {
  expect(isBlank(text)).toBe(true)
})

test.each(['a', ' a ', '\u200bä', '.', '家', '👩‍👩‍👧', '\u202eא', '\u0301', '\ufffd', '1️⃣'])(
  '[OPS8] %j shows',
  (text) => {
    expect(isBlank(text)).toBe(false)
  },
)
